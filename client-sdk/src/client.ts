import type { ParleyError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { RoomId } from '../contract/ids.ts'
import type { RoomSummary } from '../contract/rooms/schema.ts'
import type { SearchPage } from '../contract/search/schema.ts'
import type { Whisper, WhisperName } from '../contract/whispers.ts'
import { fullJitter } from './backoff.ts'
import { Checkpoints } from './checkpoints.ts'
import { Connection } from './connection.ts'
import type { Stage } from './connection-machine.ts'
import { Idle } from './idle.ts'
import { type Inbox, InboxClient } from './inbox.ts'
import { Keep, OURS, partOf } from './keep.ts'
import { guarded, Listeners, type OnError } from './listeners.ts'
import type { ConnectOptions, Parley } from './parley.ts'
import { patient, under } from './patience.ts'
import { givePorts, type Part } from './ports.ts'
import { heard } from './promises.ts'
import { Requests } from './requests.ts'
import type { RoomHost } from './room.ts'
import { RoomClient } from './room-client.ts'
import { type Search, search } from './search.ts'
import { isRoomList } from './shapes.ts'
import { openSocketIo } from './socket.ts'
import { Health, type Status, statusOf } from './status.ts'
import { memoryStorage } from './storage.ts'
import { personOf } from './token.ts'

/** Starts connecting at once, and goes on until it is closed. Throws a `TypeError` on a `url` or a `user` that is none. */
export function connect(options: ConnectOptions): Parley {
  new URL(options.url)
  if (options.user === '') throw new TypeError('`user` is the id of a person')
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
  readonly #requests: Requests
  readonly #host: RoomHost
  readonly #inbox: InboxClient
  readonly #idle: Idle
  readonly #parts: Part[] = []
  readonly #wake = () => this.#connection.tell('wake')
  readonly #health = new Health(() => this.#tellStatus())
  readonly #keep: Keep | null
  #stopped: ParleyError | null = null
  #tried = false
  #told: Status = 'connecting'

  constructor(options: ConnectOptions) {
    const { url, getToken, storage: given = memoryStorage(), user, checkpointKeys: pinned, fetch = globalThis.fetch } = options
    const { ackTimeout = 10_000, path = '/socket.io', openSocket = openSocketIo, onError: tell = console.error } = options
    const onError: OnError = (error) =>
      guarded(
        () => tell(error),
        () => {},
      )
    const storage = patient(given)
    this.#keep =
      user === undefined ? null : new Keep({ storage, user, onError, news: (news) => void this.#rooms.get(news.roomId)?.hear(news) })
    const backoff = fullJitter(options.random)
    this.#listeners = new Listeners(onError)
    this.#requests = new Requests(fetch, url, (stale) => this.#connection.token(stale))
    this.#connection = new Connection(
      { url, path, getToken, user, openSocket, backoff, ackTimeout, onError },
      {
        changed: (_, now) => this.#connectionChanged(now),
        online: () => this.#arrived(),
        offline: () => this.#each((room) => room.attendance.offline()),
        stopped: (reason) => this.#stop(reason),
        events: (events) => this.#deliver(events),
        whisper: (said) => this.#hear(said),
        roomClosed: (roomId) => this.#rooms.get(roomId)?.attendance.closed(),
      },
    )
    this.#inbox = new InboxClient({
      list: (query) => this.#requests.get(`/api/v1/rooms${query}`, isRoomList),
      read: (roomId, seq) => this.#rooms.get(roomId)?.readElsewhere(seq),
      onError,
    })
    this.#idle = new Idle(options.idleAfter ?? 300_000, () => this.#tellAway())
    this.#host = {
      command: (name, input) => this.#health.watch(this.#connection.command(name, input)),
      get: (path, is, read) => this.#requests.get(path, is, read),
      inbox: this.#inbox,
      stirred: () => this.#idle.stirred(),
      left: (roomId, done) => this.#left(roomId, done),
      quiet: (roomId) => this.#leaving.get(roomId) ?? Promise.resolve(),
      keep: (roomId, changed) => this.#keep?.room(roomId, changed) ?? null,
      tell: (news) => this.#keep?.tell(news),
      waits: (roomId, isWaiting) => this.#health.waits(roomId, isWaiting),
      checkpoints: new Checkpoints({
        storage: under(storage, user === undefined ? OURS : partOf(user)),
        fetchKeys: (cache) => this.#requests.keys(cache),
        pinned,
        onError,
      }),
      backoff,
      limits: { window: options.maxMessages ?? 2_000, held: options.maxHeld ?? 1_000 },
      maxPending: options.maxPending ?? 1_000,
      onError,
    }
    givePorts(this, {
      ...this.#host,
      put: (path, body, is) => this.#requests.put(path, body, is),
      person: async () => personOf(await this.#connection.token()),
      join: (part) => this.#join(part),
      room: (roomId) => this.room(roomId),
    })
  }

  #join(part: Part): void {
    this.#parts.push(part)
    if (this.#stopped) part.stop(this.#stopped)
  }

  #arrived(): void {
    this.#each((room) => room.online())
    this.#inbox.online()
    for (const part of this.#parts) part.online()
    if (this.#idle.away) this.#tellAway()
  }

  start(): void {
    if (typeof globalThis.addEventListener === 'function') globalThis.addEventListener('online', this.#wake)
    this.#connection.start()
    if (this.#keep) void this.#sendLeft(this.#keep)
  }

  /** What waits since an earlier visit goes, though nobody has opened its room yet. */
  async #sendLeft(keep: Keep): Promise<void> {
    const rooms = await keep.waiting().catch(this.#host.onError)
    if (rooms && !this.#stopped) for (const roomId of rooms) void this.room(roomId).join()
  }

  get status(): Status {
    return statusOf(this.#connection.stage, this.#tried, this.#health.ailing)
  }

  #connectionChanged(now: Stage): void {
    if (now === 'online' || now === 'waiting') this.#tried = true
    if (now !== 'online') this.#health.forget()
    this.#tellStatus()
  }

  #tellStatus(): void {
    const { status } = this
    if (status === this.#told) return
    this.#told = status
    this.#listeners.notify()
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  room(roomId: string): RoomClient {
    const id = roomId as RoomId
    const known = this.#rooms.get(id)
    if (known) return known
    const room = new RoomClient(id, this.#host)
    this.#rooms.set(id, room)
    if (this.#stopped) room.attendance.stop(this.#stopped)
    if (this.#connection.stage === 'online') room.online()
    return room
  }

  close(): void {
    this.#connection.tell('close')
  }

  async forget(): Promise<void> {
    await this.#keep?.forget()
  }

  /** A frame may carry events of several rooms. */
  #deliver(events: readonly Envelope[]): void {
    const byRoom = new Map<RoomId, Envelope[]>()
    for (const event of events) byRoom.set(event.roomId, [...(byRoom.get(event.roomId) ?? []), event])
    for (const [roomId, its] of byRoom) this.#rooms.get(roomId)?.attendance.receive(its)
  }

  rooms(): Promise<RoomSummary[]> {
    return heard(this.#requests.get('/api/v1/rooms', isRoomList).then(({ rooms }) => rooms))
  }

  get inbox(): Inbox {
    return this.#inbox
  }

  search(query: Search): Promise<SearchPage> {
    return heard(search(this.#host.get, query))
  }

  setAway(away: boolean): void {
    this.#idle.setAway(away)
  }

  #tellAway(): void {
    const away = this.#idle.away
    if (this.#connection.stage !== 'online') return
    this.#connection.command('presence.update', { away }).catch(() => {}) // told again with the next change, or connection
  }

  #hear(said: Whisper<WhisperName>): void {
    if ('rooms' in said) this.#inbox.hear(said.rooms)
    else if ('roomId' in said) this.#rooms.get(said.roomId)?.whispered(said)
    else for (const part of this.#parts) part.hear(said)
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
    this.#requests.stop(reason)
    this.#inbox.end()
    for (const part of this.#parts) part.stop(reason)
    this.#idle.end()
    this.#each((room) => room.attendance.stop(reason))
    this.#keep?.close()
  }
}
