import type { MessagePage } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { RoomId } from '../contract/ids.ts'
import type { RoomSummary } from '../contract/rooms/schema.ts'
import { fullJitter } from './backoff.ts'
import { type CheckpointKey, Checkpoints } from './checkpoints.ts'
import { Connection } from './connection.ts'
import type { Stage } from './connection-machine.ts'
import { isSessionError, unanswered } from './errors.ts'
import { guarded, Listeners, type OnError } from './listeners.ts'
import { type Fetch, rest } from './rest.ts'
import type { Room, RoomHost } from './room.ts'
import { RoomClient } from './room-client.ts'
import { isPage, malformed } from './shapes.ts'
import { type OpenSocket, openSocketIo } from './socket.ts'
import { type ClientStorage, memoryStorage } from './storage.ts'
import type { GetToken } from './token.ts'
import { Unsettled } from './unsettled.ts'

export type ConnectOptions = {
  /** Where the hub is, such as `https://parley.example.com`. */
  url: string
  /** Asked anew for each connection, and again before a token ends. Rejects with `session.ended` when all is over. */
  getToken: GetToken
  /** Where the last checkpoint of each room is kept; in memory where none is given. */
  storage?: ClientStorage
  /** The hub's checkpoint keys, if known from elsewhere: then the hub is not asked for them. */
  checkpointKeys?: readonly CheckpointKey[]
  /** Hears what has nobody else to tell: listeners and storages that throw. Never a refused command. */
  onError?: OnError
  /** Socket.IO's path on the server. */
  path?: string
  /** How long a command may stay unanswered, in ms. */
  ackTimeout?: number
  /** The most sends of a room that may wait. */
  maxPending?: number
  /** The most messages of a room in memory, unless older ones are asked for. */
  maxMessages?: number
  /** The most events kept beyond a hole in a room's events. */
  maxHeld?: number
  random?: () => number
  openSocket?: OpenSocket
  fetch?: Fetch
}

/**
 * `waiting`: between two attempts. Final are `outdated` (the app must be updated), `signedOut` (sign in, and connect
 * anew) and `closed`.
 */
export type Status = 'connecting' | 'online' | 'waiting' | 'outdated' | 'signedOut' | 'closed'

export interface Parley {
  readonly status: Status
  /** Calls the listener after each change of `status`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** The room of this id, always the same until it is left. It is joined by its `join()`. */
  room(roomId: string): Room
  /** The person's rooms, the last active first. Rejects with `server.unavailable` offline. */
  rooms(): Promise<RoomSummary[]>
  /** Ends all of it, and settles every promise. Idempotent. */
  close(): void
}

/** Starts connecting at once, and goes on until it is closed. Throws a `TypeError` on a `url` that is none. */
export function connect(options: ConnectOptions): Parley {
  new URL(options.url)
  const client = new Client(options)
  client.start()
  return client
}

class Client implements Parley {
  readonly #connection: Connection
  readonly #listeners: Listeners
  readonly #rooms = new Map<RoomId, RoomClient>()
  /** Rooms whose `room.leave` is under way: a new join must not overtake it. */
  readonly #leaving = new Map<RoomId, Promise<unknown>>()
  readonly #requests = new Unsettled()
  readonly #host: RoomHost
  readonly #get: <T>(path: string, token?: string) => Promise<T>
  readonly #wake = () => this.#connection.tell('wake')
  #stopped: ParleyError | null = null

  constructor(options: ConnectOptions) {
    const { url, getToken, storage = memoryStorage(), checkpointKeys: pinned, fetch = globalThis.fetch } = options
    const { ackTimeout = 10_000, path = '/socket.io', openSocket = openSocketIo, onError: tell = console.error } = options
    const onError: OnError = (error) =>
      guarded(
        () => tell(error),
        () => {},
      )
    const backoff = fullJitter(options.random)
    this.#listeners = new Listeners(onError)
    this.#get = (path, token) => this.#requests.track(rest(fetch, url, path, token === undefined ? {} : { token }))
    const fetchKeys = (cache?: 'reload') =>
      this.#requests.track(rest(fetch, url, '/.well-known/parley-checkpoint-keys.json', cache ? { cache } : {}))
    this.#connection = new Connection(
      { url, path, getToken, openSocket, backoff, ackTimeout, onError },
      {
        changed: (before, now) => statuses[before] !== statuses[now] && this.#listeners.notify(),
        online: () => this.#each((room) => room.attendance.online()),
        offline: () => this.#each((room) => room.attendance.offline()),
        stopped: (reason) => this.#stop(reason),
        events: (events) => this.#deliver(events),
        roomClosed: (roomId) => this.#rooms.get(roomId)?.attendance.closed(),
      },
    )
    this.#host = {
      command: (name, input) => this.#connection.command(name, input),
      page: (roomId, before, limit) => this.#page(roomId, before, limit),
      left: (roomId, done) => this.#left(roomId, done),
      quiet: (roomId) => this.#leaving.get(roomId) ?? Promise.resolve(),
      checkpoints: new Checkpoints({ storage, fetchKeys, pinned, onError }),
      backoff,
      limits: { window: options.maxMessages ?? 2_000, held: options.maxHeld ?? 1_000 },
      maxPending: options.maxPending ?? 1_000,
      onError,
    }
  }

  start(): void {
    if (typeof globalThis.addEventListener === 'function') globalThis.addEventListener('online', this.#wake)
    this.#connection.start()
  }

  get status(): Status {
    return statuses[this.#connection.stage]
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  room(roomId: string): Room {
    const id = roomId as RoomId
    const known = this.#rooms.get(id)
    if (known) return known
    const room = new RoomClient(id, this.#host)
    this.#rooms.set(id, room)
    if (this.#stopped) room.attendance.stop(this.#stopped)
    if (this.#connection.stage === 'online') room.attendance.online()
    return room
  }

  close(): void {
    this.#connection.tell('close')
  }

  /** A frame may carry events of several rooms. */
  #deliver(events: readonly Envelope[]): void {
    const byRoom = new Map<RoomId, Envelope[]>()
    for (const event of events) byRoom.set(event.roomId, [...(byRoom.get(event.roomId) ?? []), event])
    for (const [roomId, its] of byRoom) this.#rooms.get(roomId)?.attendance.receive(its)
  }

  async rooms(): Promise<RoomSummary[]> {
    const reply = await this.#authorised<{ rooms?: RoomSummary[] } | null>('/api/v1/rooms')
    if (!Array.isArray(reply?.rooms)) throw unanswered(malformed('list of rooms'))
    return reply.rooms
  }

  async #page(roomId: RoomId, before: number | undefined, limit: number): Promise<MessagePage> {
    const query = new URLSearchParams({ limit: String(limit), ...(before !== undefined && { before: String(before) }) })
    const page = await this.#authorised<unknown>(`/api/v1/rooms/${encodeURIComponent(roomId)}/messages?${query}`)
    if (!isPage(page)) throw unanswered(malformed('page of messages'))
    return page
  }

  /** With the token at hand, and once more with a new one if that was refused. */
  async #authorised<T>(path: string): Promise<T> {
    const token = await this.#connection.token()
    try {
      return await this.#get<T>(path, token)
    } catch (error) {
      if (!(error instanceof ParleyError) || !isSessionError(error.code)) throw error
      return this.#get<T>(path, await this.#connection.token(token))
    }
  }

  #left(roomId: RoomId, done: Promise<unknown>): void {
    this.#rooms.delete(roomId)
    this.#leaving.set(roomId, done)
    done.finally(() => {
      if (this.#leaving.get(roomId) === done) this.#leaving.delete(roomId)
    })
  }

  #each(run: (room: RoomClient) => void): void {
    for (const room of [...this.#rooms.values()]) run(room)
  }

  #stop(reason: ParleyError): void {
    this.#stopped ??= reason
    if (typeof globalThis.removeEventListener === 'function') globalThis.removeEventListener('online', this.#wake)
    this.#requests.fail(reason)
    this.#each((room) => room.attendance.stop(reason))
  }
}

const statuses: Record<Stage, Status> = {
  authorising: 'connecting',
  connecting: 'connecting',
  online: 'online',
  waiting: 'waiting',
  outdated: 'outdated',
  signedOut: 'signedOut',
  closed: 'closed',
}
