/**
 * Socket.IO's protocol 5 on Engine.IO's protocol 4, as far as this client needs it: one WebSocket from the start, the main name
 * space, JSON, acknowledgements. (https://socket.io/docs/v4/socket-io-protocol/, …/engine-io-protocol/) The whole
 * client of Socket.IO is half as large again as the rest of this SDK, for transports and reconnecting that are not used here.
 */
import { WebSocket } from '#websocket'

/** What a packet begins with: of Engine.IO, and, within a message, of Socket.IO. */
const OPEN = '0'
const PING = '2'
const PONG = '3'
const MESSAGE = '4'
const CONNECT = '0'
const DISCONNECT = '1'
const EVENT = '2'
const ACK = '3'
const CONNECT_ERROR = '4'

export type WireEvents = {
  connected(): void
  /** What the server says of it; undefined where it was not reached. */
  refused(data?: unknown): void
  /** It was connected, and is no more. */
  lost(): void
  event(name: string, args: unknown[]): void
}
const nothing = () => {}
type Ask = { resolve(answer: unknown): void; reject(reason: Error): void; timer: ReturnType<typeof setTimeout> }

/** One connection, from its opening to its end. */
export class SocketIo {
  connected = false
  readonly #ws: WebSocket
  readonly #auth: object
  readonly #on: WireEvents
  readonly #asked = new Map<number, Ask>()
  #lastAsk = 0
  #over = false
  /** The server says how often it will be heard. */
  #silence = 0
  #watch: ReturnType<typeof setTimeout> | undefined

  constructor(origin: string, path: string, auth: object, on: WireEvents) {
    this.#auth = auth
    this.#on = on
    this.#ws = new WebSocket(`${origin.replace(/^http/, 'ws')}${path.replace(/\/*$/, '/')}?EIO=4&transport=websocket`)
    this.#ws.onmessage = ({ data }) => this.#hear(String(data))
    this.#ws.onclose = () => this.#end()
    this.#ws.onerror = () => this.#end()
  }

  /** Rejects after `ms`, or when the connection ends. */
  ask(name: string, input: unknown, ms: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.connected) return reject(new Error('Not connected'))
      const id = this.#lastAsk++
      const timer = setTimeout(() => {
        this.#asked.delete(id)
        reject(new Error('No answer in time'))
      }, ms)
      this.#asked.set(id, { resolve, reject, timer })
      this.#ws.send(`${MESSAGE}${EVENT}${id}${JSON.stringify([name, input])}`)
    })
  }

  /** Idempotent. Nothing is heard of it afterwards. */
  close(): void {
    if (this.connected) this.#ws.send(MESSAGE + DISCONNECT)
    this.#finish()
  }

  #hear(packet: string): void {
    if (this.#over) return
    this.#watchSilence()
    let act: () => void
    try {
      act = packet[0] === MESSAGE ? this.#read(packet[1], packet.slice(2)) : this.#control(packet[0], packet.slice(1))
    } catch {
      this.#end() // what speaks so is no Socket.IO
      return
    }
    act()
  }

  #control(type: string | undefined, body: string): () => void {
    if (type === PING) return () => this.#ws.send(PONG + body)
    if (type !== OPEN) return nothing
    const { pingInterval, pingTimeout } = JSON.parse(body) as { pingInterval: number; pingTimeout: number }
    return () => {
      this.#silence = pingInterval + pingTimeout
      this.#watchSilence()
      this.#ws.send(MESSAGE + CONNECT + JSON.stringify(this.#auth))
    }
  }

  #read(type: string | undefined, body: string): () => void {
    const begin = body.indexOf('[')
    switch (type) {
      case CONNECT:
        return () => {
          this.connected = true
          this.#on.connected()
        }
      case EVENT: {
        const [name, ...args] = JSON.parse(body.slice(begin)) as [string, ...unknown[]]
        return () => this.#on.event(name, args)
      }
      case ACK: {
        const [answer] = JSON.parse(body.slice(begin)) as unknown[]
        return () => this.#answer(Number(body.slice(0, begin)), answer)
      }
      case CONNECT_ERROR: {
        const { data } = JSON.parse(body) as { data?: unknown }
        return () => this.#refuse(data)
      }
      case DISCONNECT:
        return () => this.#end()
      default:
        return nothing
    }
  }

  #answer(id: number, answer: unknown): void {
    const ask = this.#asked.get(id)
    this.#asked.delete(id)
    clearTimeout(ask?.timer)
    ask?.resolve(answer)
  }

  #watchSilence(): void {
    if (this.#silence === 0) return
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => this.#end(), this.#silence)
  }

  #end(): void {
    if (this.connected) {
      this.#finish()
      this.#on.lost()
    } else this.#refuse()
  }

  #refuse(data?: unknown): void {
    if (this.#over) return
    this.#finish()
    this.#on.refused(data)
  }

  #finish(): void {
    this.#over = true
    this.connected = false
    clearTimeout(this.#watch)
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer)
      reject(new Error('The connection has ended'))
    }
    this.#asked.clear()
    this.#ws.close()
  }
}
