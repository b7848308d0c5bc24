import type { Message } from '../contract/chat/schema.ts'
import type { ActorKey, CommandId, MessageId } from '../contract/ids.ts'
import { can } from '../contract/permissions.ts'
import type { RoomKind } from '../contract/roles.ts'
import type { Member, RoomSettings, Subject } from '../contract/rooms/schema.ts'
import type { CompanyView } from './company.ts'
import { expected } from './optimism.ts'
import type { Outbox, Pending } from './outbox.ts'
import { isLive, type RoomStore } from './room-store.ts'

/**
 * `joining`: nothing seen yet. `behind`: what is shown may be old, as while offline. `removed`: the room is out of reach.
 * `forked`: its past is not the one seen before, so nothing more of it is shown. `left`: by `leave()`.
 */
export type RoomStatus = 'joining' | 'live' | 'behind' | 'removed' | 'forked' | 'left'

/** A message of the log. `changing`: it is shown as it will be once what we did to it is in the log too. */
export type SentMessage = Message & { readonly mine: boolean; readonly pending: 'changing' | null }
/**
 * One of ours whose event has not come yet. `id` is the one that it will have, so a list keyed by it does not jump; `replyTo` and
 * `thread` are null while they are themselves on their way.
 */
export type PendingMessage = Omit<Message, 'id' | 'seq' | 'rev' | 'author'> & {
  readonly id: MessageId | CommandId
  readonly seq: null
  readonly author: ActorKey | null
  readonly mine: true
  readonly pending: Pending['stage']
}
/** A message as a room shows it. */
export type RoomMessage = SentMessage | PendingMessage

/** All that an app shows of a room. Immutable: another object after each change, and the same messages where they are. */
export type RoomView = CompanyView & {
  readonly status: RoomStatus
  readonly title: string | null
  readonly kind: RoomKind | null
  readonly me: Member | null
  readonly members: readonly Member[]
  readonly settings: RoomSettings
  /** What the room is about, and how that stands; null where it is about nothing but itself. */
  readonly subject: Subject | null
  /** Seqs of the pinned messages, loaded or not, in the order in which they were pinned. */
  readonly pins: readonly number[]
  /** In order of seq, and what is still on its way at the end. */
  readonly messages: readonly RoomMessage[]
  /** There are older ones: `loadOlder()`. */
  readonly more: boolean
  /** How many of our sends and changes are still on their way. All else shows them as done. */
  readonly waiting: number
  /** How many of these would be lost if the page were closed now: those that are not in the storage yet. */
  readonly unsaved: number
  /** Slow mode lets us speak again at this time, as `Date.now()` counts; null where that is now. */
  readonly maySpeakAt: number | null
  /** The seq of the last event applied. */
  readonly rev: number
}

/** Keeps a shown message the same object for as long as it says the same. */
export type Known = WeakMap<Message, SentMessage>

/** What the store and the outbox say of it. `before` is what was shown last. */
export function viewOf(
  store: RoomStore,
  outbox: Outbox,
  left: boolean,
  known: Known,
  before: RoomView | null,
): Omit<RoomView, keyof CompanyView | 'unsaved'> {
  const { room, kind } = store
  const me = store.me && (room.members[store.me.key] ?? store.me)
  const { messages, pins, settings } = expected(room, outbox, me?.key ?? null)
  const shown = shownOf(room.messages, messages, outbox, me?.key ?? null, known)
  return {
    status: left ? 'left' : statusOf(store),
    title: room.title,
    kind,
    me,
    members: kept(before?.members, Object.values(room.members)),
    settings,
    subject: room.subject,
    pins,
    messages: kept(before?.messages, shown),
    more: room.more,
    waiting: outbox.length,
    maySpeakAt: kind && me && !can('announce', { kind, role: me.role, ...settings }) ? nextSlot(room.messages, me.key, settings) : null,
    rev: room.rev,
  }
}

/** The same list where it has the same in it. */
const kept = <T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] =>
  before?.length === now.length && now.every((item, i) => item === before[i]) ? before : now

/** Messages as they are shown: those that were read, as they are expected to be, and those that are still on their way. */
export function shownOf(
  read: readonly Message[],
  now: readonly Message[],
  outbox: Outbox,
  me: ActorKey | null,
  known: Known,
): RoomMessage[] {
  const sent = read.map((message, i): SentMessage => {
    const shown: SentMessage = { ...now[i]!, mine: message.author === me, pending: now[i] === message ? null : 'changing' }
    const before = known.get(message)
    if (before && same(before, shown)) return before
    known.set(message, shown)
    return shown
  })
  const sends = outbox.filter(({ name }) => name === 'chat.send')
  const pending = sends.map(({ commandId, eventId, stage }, i): PendingMessage => {
    const { rev: _rev, ...message } = now[read.length + i]!
    return { ...message, id: eventId ?? commandId, seq: null, author: me, mine: true, pending: stage }
  })
  return [...sent, ...pending]
}

/** What is not on its way has changed where it is another object of the store; then it is not looked up at all. */
const same = (a: SentMessage, b: SentMessage): boolean =>
  a.mine === b.mine && a.pending === b.pending && (a.pending === null || JSON.stringify(a) === JSON.stringify(b))

function nextSlot(messages: readonly Message[], me: ActorKey, { slowMode }: RoomSettings): number | null {
  const last = slowMode > 0 ? messages.findLast(({ author }) => author === me) : undefined
  const at = last ? Date.parse(last.at) + slowMode * 1_000 : 0
  return at > Date.now() ? at : null
}

function statusOf(store: RoomStore): Exclude<RoomStatus, 'left'> {
  if (store.stage === 'removed' || store.stage === 'forked') return store.stage
  if (store.stage === 'new') return 'joining'
  return isLive(store) ? 'live' : 'behind'
}
