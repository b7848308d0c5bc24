import { connect, type Socket } from 'node:net'
import { PROTOCOL_VERSION } from '../../client-sdk/contract/version.ts'
import { type WhisperName, whispers } from '../../client-sdk/contract/whispers.ts'
import { END, readFrames, textFrame } from './frames.ts'

/** Who connects, and the room they belong to. */
export type Seat = { roomId: string; token: string }
/** What a client tells of the messages under way; `stamp` is the number that a message's text begins with. */
export type Ear = {
  heard(client: Client, stamp: number, seq: number): void
  /** `seq` is null where the message was refused. */
  answered(n: number, seq: number | null): void
  broken(error: Error): void
}

/** What came of one kind of event. */
type Traffic = { frames: number; bytes: number }

/** Digits at the start of every text. */
export const STAMP = 12
/** Engine.IO's packets; those of Socket.IO begin with a 4. */
const PING = '2'
const PONG = '3'
const MESSAGES = '42["room.event"'
/** Waits in the place of a request. */
const OPENED = -1
/** All clients read into it: each read is handled before the next one begins. */
const shared = Buffer.allocUnsafe(1 << 18)
/** Longer than any answer should take, in ms. */
const PATIENCE = 30_000

/**
 * The least that speaks Socket.IO 4 over a WebSocket, for thousands of connections in one process: a full client would be
 * the bottleneck. It counts messages, however many come in a frame, and looks into them without parsing them.
 */
export class Client {
  readonly seat: Seat
  /** Who hears of the messages now. */
  ear: Ear | null = null
  /** Hears every event in place of the ear, and `closed` when the connection is lost. */
  listener: ((event: string, packet: string) => void) | null = null
  /** The seq of the last message heard. */
  seq = 0
  /** Of the last request's answer. */
  answerBytes = 0
  /** What was said beside messages: presence, typing, read marks, what is unread. */
  readonly whispered: Partial<Record<WhisperName, Traffic>> = {}
  readonly #socket: Socket
  readonly #waiting = new Map<number, (answer: string) => void>()
  #rest: Buffer | null = null
  #upgraded = false
  #requests = 0
  /** Where nobody waits for an answer, a lost connection is the ear's. */
  #fail: (error: Error) => void = () => {}
  readonly #opened: Promise<void>

  private constructor(port: number, seat: Seat) {
    this.seat = seat
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: shared, callback: (n, bytes) => this.#read(n, bytes) },
    })
    this.#opened = new Promise((done, fail) => {
      this.#waiting.set(OPENED, () => done())
      this.#fail = fail
    })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server closed a connection')))
    this.#socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: cGFybGV5IGJlbmNobWFyaw==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
  }

  /** Resolves once the server has let it in. */
  static async open(port: number, seat: Seat): Promise<Client> {
    const client = new Client(port, seat)
    await client.#opened
    client.#fail = client.#lost
    return client
  }

  /** Sends a command and resolves with its answer's data; throws what the server refuses. One at a time. */
  async request<T>(command: string, input: unknown): Promise<T> {
    const id = this.#requests++ * 2 // even: requests; odd: messages under way
    const answered = new Promise<string>((done, fail) => {
      this.#waiting.set(id, done)
      this.#fail = fail
    })
    this.#write(`42${id}${JSON.stringify([command, input])}`)
    const late = setTimeout(() => this.#fail(new Error(`${command} was not answered`)), PATIENCE)
    const text = await answered.finally(() => clearTimeout(late))
    this.#fail = this.#lost
    this.answerBytes = text.length
    const [answer] = JSON.parse(text) as [{ ok: boolean; data: T; error?: unknown }]
    if (!answer.ok) throw new Error(`${command} was refused: ${JSON.stringify(answer.error)}`)
    return answer.data
  }

  /** Sends message `n`; its answer goes to the ear. `json` is the command's input. */
  say(n: number, json: string): void {
    this.#write(`42${n * 2 + 1}["chat.send",${json}]`)
  }

  /** As a lost network does it: without a word. */
  cut(): void {
    this.#fail = () => {}
    this.#socket.destroy()
  }

  /** Reads nothing more until `resume`: what comes then waits, here and at the server. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  readonly #lost = (error: Error): void => {
    if (this.listener) this.listener('closed', '')
    else this.ear?.broken(error)
  }

  #write(packet: string): void {
    this.#socket.write(textFrame(packet))
  }

  #read(length: number, buffer: Uint8Array): boolean {
    let bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length)
    if (this.#rest) bytes = Buffer.concat([this.#rest, bytes])
    this.#rest = null
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end === -1) return this.#keep(bytes)
      const status = bytes.toString('latin1', 0, 12)
      if (status !== 'HTTP/1.1 101') this.#fail(new Error(`no WebSocket: ${status}`))
      this.#upgraded = true
      bytes = bytes.subarray(end + 4)
    }
    const used = readFrames(bytes, this.#take)
    return used === bytes.length || this.#keep(bytes.subarray(used))
  }

  #keep(bytes: Buffer): true {
    this.#rest = Buffer.from(bytes)
    return true
  }

  readonly #take = (packet: string): void => {
    const kind = packet[0] === '4' ? packet.slice(0, 2) : packet[0]
    if (this.listener === null && packet.startsWith(MESSAGES)) this.#hear(packet)
    else if (kind === '42') this.#overhear(packet)
    else if (kind === '43') this.#answer(packet)
    else if (kind === PING) this.#write(PONG)
    else if (kind === '0') this.#write(`40${JSON.stringify({ token: this.seat.token, sdk: 'bench', protocol: PROTOCOL_VERSION })}`)
    else if (kind === '40') this.#waiting.get(OPENED)?.('')
    else if (kind === END || kind === '41') this.#socket.destroy()
    else this.#fail(new Error(`the server said ${packet.slice(0, 200)}`))
  }

  #hear(packet: string): void {
    for (let at = packet.indexOf('"seq":'); at !== -1; at = packet.indexOf('"seq":', at)) {
      const seq = number(packet, at + 6)
      const text = packet.indexOf('"text":"', at)
      if (text === -1) return // whatever it tells, it is no message
      at = text + 8
      this.ear?.heard(this, number(packet, at), seq)
    }
  }

  /** What is not a message: a whisper is counted, anything else ends the trial. */
  #overhear(packet: string): void {
    const event = packet.slice(4, packet.indexOf('"', 4))
    if (event in whispers) {
      const { frames, bytes } = this.whispered[event as WhisperName] ?? { frames: 0, bytes: 0 }
      this.whispered[event as WhisperName] = { frames: frames + 1, bytes: bytes + packet.length }
    } else if (!this.listener) this.#fail(new Error(`the server said ${packet.slice(0, 200)}`))
    this.listener?.(event, packet)
  }

  #answer(packet: string): void {
    const id = number(packet, 2)
    if (id % 2 === 1) {
      const isOk = packet.includes('[{"ok":true')
      this.ear?.answered((id - 1) / 2, isOk ? number(packet, packet.indexOf('"seq":') + 6) : null)
      return
    }
    this.#waiting.get(id)?.(packet.slice(packet.indexOf('[')))
    this.#waiting.delete(id)
  }
}

/** The digits from there on. */
function number(text: string, at: number): number {
  let value = 0
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at)) value = value * 10 + code - 48
  return value
}
