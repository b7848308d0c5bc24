import type { MessagePage } from '../contract/chat/schema.ts'
import type { Envelope } from '../contract/events.ts'
import { addPage, emptyRoom, fromSnapshot, passed, type RoomState, reduce, reduceAll } from '../contract/reduce.ts'
import type { RoomKind } from '../contract/roles.ts'
import type { Joined, Member, Synced } from '../contract/rooms/schema.ts'

/**
 * `new`: never joined. `away`: joined before, not on this connection. `attached`: the hub has answered the join on this
 * connection, so its events apply. `removed` and `forked` take nothing more.
 */
export type RoomStage = 'new' | 'away' | 'attached' | 'removed' | 'forked'

/**
 * What is known of one room. `head` is the highest seq known to exist; what came beyond a hole is `held`, by seq. `news` are the
 * events that were applied last.
 */
export type RoomStore = {
  readonly stage: RoomStage
  readonly room: RoomState
  readonly head: number
  readonly held: ReadonlyMap<number, Envelope>
  readonly news: readonly Envelope[]
  readonly me: Member | null
  readonly kind: RoomKind | null
  readonly limits: Limits
}
/** `window`: the most messages in memory; `held`: the most events beyond a hole. */
export type Limits = { readonly window: number; readonly held: number }

export const newStore = (limits: Limits): RoomStore => ({
  stage: 'new',
  room: emptyRoom,
  head: 0,
  held: new Map(),
  news: [],
  me: null,
  kind: null,
  limits,
})

export const isBehind = ({ stage, room, head }: RoomStore): boolean => stage === 'attached' && room.rev < head
export const isLive = ({ stage, room, head }: RoomStore): boolean => stage === 'attached' && room.rev >= head
const isOver = ({ stage }: RoomStore): boolean => stage === 'removed' || stage === 'forked'

/** The connection is gone, and with it what was held: the next join answers with all that is missing. */
export const detached = (store: RoomStore): RoomStore => ({
  ...store,
  stage: store.stage === 'attached' ? 'away' : store.stage,
  head: store.room.rev,
  held: new Map(),
})

/** The answer to a join. A snapshot replaces what was there; a head below what we have means that the log lost its end. */
export function joined(store: RoomStore, { me, kind, head, events, snapshot }: Joined): RoomStore {
  if (isOver(store)) return store
  if (head < store.room.rev) return { ...store, stage: 'forked', held: new Map() }
  const attached = { ...store, stage: 'attached', me, kind, head: Math.max(head, store.head) } as const
  return received(snapshot ? { ...attached, room: fromSnapshot(snapshot) } : attached, events)
}

export const synced = (store: RoomStore, { head, events }: Synced): RoomStore =>
  received({ ...store, head: Math.max(head, store.head) }, events)

/**
 * Takes events in any order, any number of times, and applies them strictly by seq. Before the join is answered all are
 * held: until then it is not known whether the log is the one of last time.
 */
export function received(store: RoomStore, events: readonly Envelope[]): RoomStore {
  if (isOver(store)) return store
  const held = new Map(store.held)
  let head = store.head
  for (const event of events) {
    if (event.seq > store.room.rev) held.set(event.seq, event)
    head = Math.max(head, event.seq)
  }
  const news = store.stage === 'attached' ? takeNext(held, store.room.rev) : []
  const room = trimmed(applied(store.room, news), store.limits.window)
  if (held.size > store.limits.held) held.clear() // `head` still says that they are missing
  return { ...store, room, head, held, news }
}

/** Takes out what follows `rev` without a hole, in order. */
function takeNext(held: Map<number, Envelope>, rev: number): Envelope[] {
  for (const seq of held.keys()) if (seq <= rev) held.delete(seq)
  const ready: Envelope[] = []
  for (let event = held.get(rev + 1); event; event = held.get(event.seq + 1)) ready.push(event)
  for (const { seq } of ready) held.delete(seq)
  return ready
}

/** An event that cannot be read, say of a later version, moves `rev` on like one of an unknown type. */
function applied(room: RoomState, ready: readonly Envelope[]): RoomState {
  if (ready.length === 0) return room
  try {
    return reduceAll(room, ready)
  } catch {
    return ready.reduce((now, event) => appliedAlone(now, event), room)
  }
}

function appliedAlone(room: RoomState, event: Envelope): RoomState {
  try {
    return reduce(room, event)
  } catch {
    return passed(room, event)
  }
}

/** Forgets the oldest messages, a tenth more than it must, so that a full window is not cut at every message. */
function trimmed(room: RoomState, window: number): RoomState {
  if (room.messages.length <= window) return room
  return { ...room, messages: room.messages.slice(-Math.max(1, Math.floor(window * 0.9))), more: true }
}

/** The oldest loaded message's seq; undefined where none is loaded. */
export const oldest = ({ room }: RoomStore): number | undefined => room.messages[0]?.seq

/**
 * Adds the page before `before`. Null where it has to be fetched again: it may show what was changed since, or a hole could
 * stay, as the store's oldest message is another one by now, or one that the page was read before. What was asked for
 * widens the window.
 */
export function withPage(store: RoomStore, before: number | undefined, page: MessagePage): RoomStore | null {
  if (oldest(store) !== before || page.asOf < (before ?? 0)) return null
  const room = addPage(store.room, page)
  if (!room) return null
  const window = Math.max(store.limits.window, Math.ceil(room.messages.length / 0.9))
  return { ...store, room, limits: { ...store.limits, window } }
}
