import { type OpenSocket, openSocketIo, type Socket } from '../../client-sdk/src/socket.ts'
import { randomFrom } from '../../persistence/testing/random.ts'

/** What a seed makes of the network: probabilities in [0, 1], times in ms. */
export type Weather = {
  /** A frame arrives twice. */
  twice: number
  /** A frame or an answer never arrives. */
  lost: number
  /** Frames, questions and answers arrive up to this late, each on its own: they overtake each other. */
  delay: number
}
export const calm: Weather = { twice: 0, lost: 0, delay: 0 }

/** A real Socket.IO connection behind a bad network. `cut` takes every open one down, as a dead router would. */
export class Network {
  weather: Weather = calm
  readonly #random: () => number
  /** Each open connection, and how it is cut. */
  readonly #open = new Map<Socket, () => void>()

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  readonly open: OpenSocket = (url, path, handshake) => {
    const socket = openSocketIo(url, path, handshake)
    let refuse: (refusal: null) => void = () => {}
    let lose = () => {}
    this.#open.set(socket, () => {
      const wasConnecting = !socket.connected
      socket.close() // of which it says nothing itself
      if (wasConnecting) refuse(null)
      else lose()
    })
    return {
      get connected() {
        return socket.connected
      },
      on: (event, listener) => {
        if (event === 'connect_error') refuse = listener as typeof refuse
        if (event === 'disconnect') lose = listener as typeof lose
        const hear = listener as (...args: unknown[]) => void
        const frame = (...args: unknown[]) => this.#deliver(() => socket.connected && hear(...args))
        socket.on(event, (event === 'room.event' ? frame : hear) as typeof listener)
      },
      emitWithAck: async (name, input, ms) => {
        await this.#wait()
        const reply = await socket.emitWithAck(name, input, ms)
        await this.#wait()
        if (this.#random() < this.weather.lost) throw new Error('the answer was lost')
        return reply
      },
      close: () => {
        this.#open.delete(socket)
        socket.close()
      },
    }
  }

  cut(): void {
    for (const [socket, cut] of this.#open) {
      this.#open.delete(socket)
      cut()
    }
  }

  #deliver(hear: () => void): void {
    if (this.#random() < this.weather.lost) return
    for (let copies = this.#random() < this.weather.twice ? 2 : 1; copies > 0; copies--) void this.#wait().then(hear)
  }

  async #wait(): Promise<void> {
    if (this.weather.delay > 0) await new Promise((done) => setTimeout(done, this.#random() * this.weather.delay))
  }
}
