import { type ErrorCode, ParleyError } from '../contract/errors.ts'
import type { RoomId } from '../contract/ids.ts'
import type { CommandName, Envelope, Output } from '../contract/index.ts'
import { PROTOCOL_VERSION } from '../contract/version.ts'
import type { Whisper, WhisperName } from '../contract/whispers.ts'
import type { Backoff } from './backoff.ts'
import { type Effect, type Happening, next, type Stage, type State, start } from './connection-machine.ts'
import { asWireError, isSessionError, RemoteError, unanswered } from './errors.ts'
import { guarded, type OnError } from './listeners.ts'
import { isClosed, isEnvelope, isReply, isWhisper, malformed, whisperNames } from './shapes.ts'
import type { CommandInput, OpenSocket, Socket } from './socket.ts'
import { type GetToken, personOf, renewIn } from './token.ts'
import { Unsettled } from './unsettled.ts'
import { SDK_VERSION } from './version.ts'

/** Milliseconds. */
const HANDSHAKE = 15_000
const STEADY = 10_000
const SOONEST_RENEWAL = 1_000

type Timer = 'wait' | 'handshake' | 'steady' | 'renewal'

export type ConnectionOptions = {
  url: string
  path: string
  getToken: GetToken
  /** The only person whose tokens are taken; whosoever where undefined. */
  user: string | undefined
  openSocket: OpenSocket
  backoff: Backoff
  ackTimeout: number
  onError: OnError
}
export type ConnectionEvents = {
  changed(before: Stage, now: Stage): unknown
  online(): void
  offline(): void
  /** For good. */
  stopped(reason: ParleyError): void
  events(events: readonly Envelope[]): void
  roomClosed(roomId: RoomId): void
  whisper(said: Whisper<WhisperName>): void
}

/** The shell of the machine: it owns the one socket and the timers, tells the machine what happens, does what it says. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #on: ConnectionEvents
  readonly #asked = new Unsettled()
  readonly #timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {}
  #state: State = start.state
  #socket: Socket | null = null
  #token: string | undefined
  /** Counts what the hub has said: a command that times out in silence means that the socket is dead. */
  #heard = 0

  constructor(options: ConnectionOptions, on: ConnectionEvents) {
    this.#options = options
    this.#on = on
  }

  get stage(): Stage {
    return this.#state.stage
  }

  start(): void {
    for (const effect of start.effects) this.#run(effect)
  }

  tell(happening: Happening): void {
    const before = this.#state.stage
    const { state, effects } = next(this.#state, happening)
    this.#state = state
    if (before === 'online' && state.stage !== 'online') this.#on.offline()
    for (const effect of effects) this.#run(effect)
    if (before !== state.stage) this.#on.changed(before, state.stage)
  }

  /** Rejects with a `RemoteError`, or, where the outcome is unknown, with a retryable `server.unavailable`. */
  async command<C extends CommandName>(name: C, input: CommandInput<C>): Promise<Output<C>> {
    const socket = this.#socket
    if (!socket || this.stage !== 'online') throw unanswered()
    const heard = this.#heard
    const reply: unknown = await this.#asked.track(socket.emitWithAck(name, input, this.#options.ackTimeout)).catch((cause: unknown) => {
      if (this.#heard === heard) this.#tellOf(socket, 'lost')
      throw unanswered(cause)
    })
    this.#heard++
    if (!isReply<Output<C>>(name, reply)) throw unanswered(this.#misheard(`answer to ${name}`))
    if (reply.ok) return reply.data
    const refusal = new RemoteError(asWireError(reply.error) ?? reply.error)
    if (!isSessionError(refusal.code)) throw refusal
    this.#tellOf(socket, 'refused')
    throw unanswered(refusal)
  }

  /** A token for REST: the last one, or another in place of a refused one. */
  async token(stale?: string): Promise<string> {
    if (this.#token === undefined || this.#token === stale) this.#token = await this.#getToken(stale)
    return this.#token
  }

  /** Another person's token ends the client: what is kept would go out under their name. */
  async #getToken(stale: string | undefined): Promise<string> {
    const { getToken, user, onError } = this.#options
    const token = await getToken(stale)
    if ((personOf(token) ?? user) === user || user === undefined) return token
    const error = refusalOf('session.badCredentials')
    if (this.stage !== 'signedOut') onError(error)
    this.tell('stranger')
    throw error
  }

  #run(effect: Effect): void {
    switch (effect.do) {
      case 'askToken':
        void this.#askToken(effect.stale)
        break
      case 'open':
        this.#open()
        break
      case 'drop':
        this.#drop()
        break
      case 'arrive':
        this.#arrive()
        break
      case 'wait':
        this.#after('wait', this.#options.backoff(effect.failed), () => this.tell('timer'))
        break
      case 'stopWaiting':
        clearTimeout(this.#timers.wait)
        break
      case 'stop':
        this.#on.stopped(refusalOf(effect.code))
    }
  }

  async #askToken(stale: boolean): Promise<void> {
    try {
      this.#token = await this.#getToken(stale ? this.#token : undefined)
      this.tell('token')
    } catch (error) {
      this.#tokenFailed(error)
    }
  }

  #tokenFailed(error: unknown): void {
    const over = error instanceof ParleyError && isSessionError(error.code)
    if (!(error instanceof ParleyError)) this.#options.onError(error)
    this.tell(over ? 'tokenRefused' : 'tokenFailed')
  }

  #open(): void {
    const { url, path, openSocket } = this.#options
    const socket = openSocket(url, path, { token: this.#token ?? '', sdk: SDK_VERSION, protocol: PROTOCOL_VERSION })
    this.#socket = socket
    const current = (run: () => void) => {
      if (this.#socket !== socket) return
      this.#heard++
      guarded(run, this.#options.onError)
    }
    const verdict = (code: ErrorCode | undefined): Happening =>
      code === 'client.upgradeRequired' ? 'outdated' : code && isSessionError(code) ? 'refused' : 'lost'
    socket.on('connect', () => current(() => this.tell('connected')))
    socket.on('connect_error', (refusal) => current(() => this.tell(verdict(refusal?.code))))
    socket.on('disconnect', () => current(() => this.tell('lost')))
    socket.on('session.ending', (said) =>
      current(() => {
        const error = asWireError(said)
        if (error) this.tell(verdict(error.code))
        else this.#misheard('session.ending')
      }),
    )
    socket.on('room.event', (said) => current(() => this.#hear(said)))
    socket.on('room.closed', (said) =>
      current(() => void (isClosed(said) ? this.#on.roomClosed(said.roomId) : this.#misheard('room.closed'))),
    )
    for (const name of whisperNames) {
      const hear = (said: unknown) => void (isWhisper(name, said) ? this.#on.whisper(said) : this.#misheard(name))
      socket.on(name, (said: unknown) => current(() => hear(said)))
    }
    this.#after('handshake', HANDSHAKE, () => this.tell('lost'))
  }

  /** Events that are sound are not lost with one that is not: it leaves a hole, and that is asked for. */
  #hear(said: unknown): void {
    const events = Array.isArray(said) ? said.filter(isEnvelope) : []
    if (!Array.isArray(said) || events.length < said.length) this.#misheard('room.event')
    if (events.length > 0) this.#on.events(events)
  }

  /** Tells the app that the hub is out of its mind; what it said counts for nothing. */
  #misheard(what: string): TypeError {
    const error = malformed(what)
    this.#options.onError(error)
    return error
  }

  #arrive(): void {
    clearTimeout(this.#timers.handshake)
    this.#after('steady', STEADY, () => this.tell('steady'))
    this.#renewLater()
    this.#on.online()
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    for (const name of ['handshake', 'steady', 'renewal'] as const) clearTimeout(this.#timers[name])
    socket?.close()
    this.#asked.fail(unanswered())
  }

  #renewLater(soonest = SOONEST_RENEWAL): void {
    const due = renewIn(this.#token ?? '', Date.now())
    if (due !== null) this.#after('renewal', Math.max(due, soonest), () => void this.#renew(0))
  }

  /** Until it works or the hub closes the socket: what is open stays open as long as it can. */
  async #renew(failed: number): Promise<void> {
    const socket = this.#socket
    try {
      const token = await this.#getToken(this.#token)
      if (this.#socket !== socket) return
      this.#token = token
      await this.command('session.renew', { token })
      if (this.#socket === socket) this.#renewLater()
    } catch (error) {
      if (this.#socket !== socket) return
      if (error instanceof ParleyError && isSessionError(error.code)) return this.tell('tokenRefused')
      if (!(error instanceof ParleyError)) this.#options.onError(error)
      const again = Math.max(this.#options.backoff(failed), SOONEST_RENEWAL)
      this.#after('renewal', again, () => void this.#renew(failed + 1))
    }
  }

  #tellOf(socket: Socket, happening: Happening): void {
    if (this.#socket === socket) this.tell(happening)
  }

  #after(name: Timer, ms: number, run: () => void): void {
    clearTimeout(this.#timers[name])
    this.#timers[name] = setTimeout(run, ms)
  }
}

const reasons: Partial<Record<ErrorCode, string>> = {
  'session.ended': 'The session has ended; sign in again',
  'session.badCredentials': '`getToken` gave the token of a person who is not `user`',
  'client.upgradeRequired': 'This app is too old for its server',
  'client.closed': 'The client was closed',
}
const refusalOf = (code: ErrorCode) => new ParleyError(code, reasons[code] ?? code)
