import type { RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { RoomSummary } from '../contract/rooms/schema.ts'
import type { InboxChange } from '../contract/whispers.ts'
import { Listeners, type OnError } from './listeners.ts'
import { heard } from './promises.ts'
import type { RoomStore } from './room-store.ts'
import type { isRoomList } from './shapes.ts'

/** What is to be read, room by room. Immutable. */
export type InboxView = {
  /** False until the first `load()` has come back: nothing is known yet. */
  readonly loaded: boolean
  /** The last active first. `last` is null where its preview was not asked for. */
  readonly rooms: readonly RoomSummary[]
  /** Messages that are not read, in rooms that are not muted. */
  readonly unread: number
  /** Of us, and not read; in muted rooms too. */
  readonly mentions: number
}
/** A person's rooms and what is unread in them, kept right from its first `load()` on, through every reconnect. */
export interface Inbox {
  /** The same object until something changes. */
  readonly state: InboxView
  /** Calls the listener after each change of `state`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** All rooms, in one request. */
  load(): Promise<InboxView>
  /** Adds the beginnings of the newest messages, of so many more rooms from the top; resolves with whether there are more rooms. */
  loadPreviews(limit?: number): Promise<boolean>
}

type List = typeof isRoomList extends (value: unknown) => value is infer T ? T : never
export type InboxPorts = {
  /** A list of rooms; `query` begins with a question mark, or is empty. */
  list(query: string): Promise<List>
  /** How far is read, as another device has it, or the list. */
  read(roomId: RoomId, seq: number): void
  onError: OnError
}

/** After a change that a list alone can tell of, it is asked for after so long, in ms. */
const SOON = 1_000
/** And again after so long, where it did not come. */
const LATER = 15_000
const PREVIEW = 140

export class InboxClient implements Inbox {
  readonly #ports: InboxPorts
  readonly #listeners: Listeners
  readonly #rooms = new Map<RoomId, RoomSummary>()
  /** What was heard while a list was on its way may be younger than the list. */
  #heard: InboxChange[] = []
  #loads = 0
  #loaded = false
  #wanted = false
  #previews = 0
  #cursor: string | null = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #view: InboxView | null = null

  constructor(ports: InboxPorts) {
    this.#ports = ports
    this.#listeners = new Listeners(ports.onError)
  }

  get state(): InboxView {
    this.#view ??= viewOf([...this.#rooms.values()], this.#loaded)
    return this.#view
  }
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  load(): Promise<InboxView> {
    return heard(this.#load())
  }
  loadPreviews(limit = 50): Promise<boolean> {
    return heard(this.#loadPreviews(limit))
  }

  async #load(): Promise<InboxView> {
    this.#wanted = true
    const { rooms } = await this.#list('')
    const before = new Map(this.#rooms)
    this.#rooms.clear()
    for (const room of rooms) this.#rooms.set(room.roomId, { ...room, last: before.get(room.roomId)?.last ?? null })
    this.#loaded = true
    for (const change of this.#heard.splice(0)) this.#apply(change)
    for (const { roomId, read } of rooms) this.#ports.read(roomId, read)
    this.#changed()
    return this.state
  }

  async #loadPreviews(limit: number): Promise<boolean> {
    const cursor = this.#cursor
    if (cursor === null) return false
    const page = await this.#list(`?limit=${limit}&previews=true${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    if (cursor === this.#cursor) {
      this.#cursor = page.cursor
      this.#previews += limit
    }
    for (const { roomId, last } of page.rooms) this.#change(roomId, { last })
    this.#changed()
    return page.cursor !== null
  }

  /** The connection is there again: whatever was whispered meanwhile is lost. */
  online(): void {
    if (this.#wanted) this.load().catch(() => this.#reloadSoon())
    if (this.#previews > 0) this.#reloadSoon()
  }

  hear(changes: readonly InboxChange[]): void {
    if (this.#loads > 0) this.#heard.push(...changes)
    for (const change of changes) this.#apply(change)
    this.#changed()
  }

  /** What a room that is open here has said. */
  said(store: RoomStore, roomId: RoomId): void {
    const room = this.#rooms.get(roomId)
    if (!room) return
    const me = store.me?.key
    const news = store.news.filter(({ seq }) => seq > room.head)
    const said = news.filter((event) => event.type === 'chat.messageSent')
    const others = said.filter(({ actor, seq }) => actor !== me && seq > room.read)
    const mentions = others.filter(({ data }) => data.personal?.text.includes(`<@${me}>`))
    const last = store.room.messages.findLast(({ text }) => text !== null)
    const preview = last && {
      seq: last.seq,
      author: last.author,
      at: last.at,
      text: [...last.text!.slice(0, 2 * PREVIEW)].slice(0, PREVIEW).join(''),
    }
    this.#change(roomId, {
      head: Math.max(room.head, store.room.rev),
      lastAt: said.at(-1)?.at ?? room.lastAt,
      unread: room.unread + others.length,
      mentions: room.mentions + mentions.length,
      last: this.#previews > 0 ? (preview ?? null) : room.last,
    })
    this.#changed()
  }

  /** Read on this device: at once as if the hub had said so, which it then does. */
  marked(roomId: RoomId, seq: number, unread: Output<'room.read'> | null): void {
    const room = this.#rooms.get(roomId)
    if (!room) return
    this.#change(roomId, unread ?? (seq >= room.head ? { read: seq, unread: 0, mentions: 0 } : { read: Math.max(seq, room.read) }))
    this.#changed()
  }

  /** How far a room is known to go. */
  headOf(roomId: RoomId): number {
    return this.#rooms.get(roomId)?.head ?? 0
  }

  closed(roomId: RoomId): void {
    if (this.#rooms.delete(roomId)) this.#changed()
  }
  end(): void {
    clearTimeout(this.#timer)
    this.#wanted = false
    this.#previews = 0
  }

  async #list(query: string): Promise<List> {
    this.#loads++
    try {
      return await this.#ports.list(query)
    } finally {
      this.#loads--
    }
  }

  /** One that is older than what is known changes nothing; one of a room that is not known makes the list be read again. */
  #apply({ roomId, ...change }: InboxChange): void {
    const room = this.#rooms.get(roomId)
    if (!room) this.#reloadSoon()
    if (!room || (change.head < room.head && change.read <= room.read)) return
    if (change.head > room.head && this.#previews > 0) this.#reloadSoon()
    this.#change(roomId, { ...change, head: Math.max(change.head, room.head) })
    this.#ports.read(roomId, change.read)
  }

  #change(roomId: RoomId, change: Partial<RoomSummary>): void {
    const room = this.#rooms.get(roomId)
    if (room) this.#rooms.set(roomId, { ...room, ...change })
  }

  #reloadSoon(ms = SOON): void {
    if (!this.#wanted && this.#previews === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#reload()
    }, ms)
  }

  /** The list again, and the previews as far as they were asked for. */
  async #reload(): Promise<void> {
    try {
      const previews = this.#previews
      if (this.#wanted) await this.load()
      if (previews === 0) return
      this.#cursor = ''
      this.#previews = 0
      await this.loadPreviews(Math.min(previews, 200))
    } catch {
      this.#reloadSoon(LATER)
    }
  }

  #changed(): void {
    this.#view = null
    this.#listeners.notify()
  }
}

function viewOf(rooms: RoomSummary[], loaded: boolean): InboxView {
  const sum = (of: (room: RoomSummary) => number) => rooms.reduce((all, room) => all + of(room), 0)
  const sortKey = ({ lastAt, roomId }: RoomSummary) => `${lastAt ?? ''}_${roomId}`
  return {
    loaded,
    rooms: rooms.sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1)),
    unread: sum(({ muted, unread }) => (muted ? 0 : unread)),
    mentions: sum(({ mentions }) => mentions),
  }
}
