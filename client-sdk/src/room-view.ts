import type { Message } from '../contract/chat/schema.ts'
import type { ActorKey, CommandId, MessageId } from '../contract/ids.ts'
import { can } from '../contract/permissions.ts'
import type { RoomKind } from '../contract/roles.ts'
import type { Member, RoomSettings } from '../contract/rooms/schema.ts'
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
export type RoomMessage = SentMessage | PendingMessage

/** All that an app shows of a room. Immutable: another object after each change, and the same messages where they are. */
export type RoomView = {
  readonly status: RoomStatus
  readonly title: string | null
  readonly kind: RoomKind | null
  readonly me: Member | null
  readonly members: readonly Member[]
  readonly settings: RoomSettings
  /** Seqs of the pinned messages, loaded or not, in the order in which they were pinned. */
  readonly pins: readonly number[]
  /** In order of seq, and what is still on its way at the end. */
  readonly messages: readonly RoomMessage[]
  /** There are older ones: `loadOlder()`. */
  readonly more: boolean
  /** How many of our sends and changes are still on their way. All else shows them as done. */
  readonly waiting: number
  /** Slow mode lets us speak again at this time, as `Date.now()` counts; null where that is now. */
  readonly maySpeakAt: number | null
  /** The seq of the last event applied. */
  readonly rev: number
}

/** `known` keeps a shown message the same object for as long as it says the same. */
export function viewOf(store: RoomStore, outbox: Outbox, left: boolean, known: WeakMap<Message, SentMessage>): RoomView {
  const { room, kind } = store
  const me = store.me && (room.members[store.me.key] ?? store.me)
  const { messages, pins, settings } = expected(room, outbox, me?.key ?? null)
  const sends = outbox.filter(({ name }) => name === 'chat.send')
  const shown = (read: Message, i: number): SentMessage => {
    const message = messages[i]!
    const now: SentMessage = { ...message, mine: read.author === me?.key, pending: message === read ? null : 'changing' }
    const before = known.get(read)
    if (before && same(before, now)) return before
    known.set(read, now)
    return now
  }
  const pending = ({ commandId, eventId, stage }: Pending, i: number): PendingMessage => {
    const { rev: _rev, ...message } = messages[room.messages.length + i]!
    return { ...message, id: eventId ?? commandId, seq: null, author: me?.key ?? null, mine: true, pending: stage }
  }
  return {
    status: left ? 'left' : statusOf(store),
    title: room.title,
    kind,
    me,
    members: Object.values(room.members),
    settings,
    pins,
    messages: [...room.messages.map(shown), ...sends.map(pending)],
    more: room.more,
    waiting: outbox.length,
    maySpeakAt: kind && me && !can('announce', { kind, role: me.role, ...settings }) ? nextSlot(room.messages, me.key, settings) : null,
    rev: room.rev,
  }
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
