import type { Message } from '../contract/chat/schema.ts'
import type { ActorKey, MessageId } from '../contract/ids.ts'
import type { RoomKind } from '../contract/permissions.ts'
import type { Member } from '../contract/rooms/schema.ts'
import type { Outbox, Send } from './outbox.ts'
import { isLive, type RoomStore } from './room-store.ts'

/**
 * `joining`: nothing seen yet. `behind`: what is shown may be old, as while offline. `removed`: the room is out of reach.
 * `forked`: its past is not the one seen before, so nothing more of it is shown. `left`: by `leave()`.
 */
export type RoomStatus = 'joining' | 'live' | 'behind' | 'removed' | 'forked' | 'left'

/** A message of the log. */
export type SentMessage = Message & { readonly mine: boolean; readonly pending: null }
/** One of ours whose event has not come yet. `id` is the one that it will have, so a list keyed by it does not jump. */
export type PendingMessage = {
  readonly id: MessageId | Send['commandId']
  readonly seq: null
  readonly author: ActorKey | null
  readonly at: string
  readonly text: string
  readonly mine: true
  readonly pending: Send['stage']
}
export type RoomMessage = SentMessage | PendingMessage

/** All that an app shows of a room. Immutable: another object after each change, and the same messages where they are. */
export type RoomView = {
  readonly status: RoomStatus
  readonly title: string | null
  readonly kind: RoomKind | null
  readonly me: Member | null
  readonly members: readonly Member[]
  /** In order of seq, and what is still on its way at the end. */
  readonly messages: readonly RoomMessage[]
  /** There are older ones: `loadOlder()`. */
  readonly more: boolean
  /** The seq of the last event applied. */
  readonly rev: number
}

/** `known` keeps a shown message the same object for as long as it says the same. */
export function viewOf(store: RoomStore, outbox: Outbox, left: boolean, known: WeakMap<Message, SentMessage>): RoomView {
  const { room, kind } = store
  const me = store.me && (room.members[store.me.key] ?? store.me)
  const shown = (message: Message): SentMessage => {
    const mine = message.author === me?.key
    const before = known.get(message)
    if (before?.mine === mine) return before
    const now = { ...message, mine, pending: null }
    known.set(message, now)
    return now
  }
  const pending = ({ commandId, messageId, text, at, stage }: Send): PendingMessage => {
    return { id: messageId ?? commandId, seq: null, author: me?.key ?? null, at, text, mine: true, pending: stage }
  }
  return {
    status: left ? 'left' : statusOf(store),
    title: room.title,
    kind,
    me,
    members: Object.values(room.members),
    messages: [...room.messages.map(shown), ...outbox.map(pending)],
    more: room.more,
    rev: room.rev,
  }
}

function statusOf(store: RoomStore): Exclude<RoomStatus, 'left'> {
  if (store.stage === 'removed' || store.stage === 'forked') return store.stage
  if (store.stage === 'new') return 'joining'
  return isLive(store) ? 'live' : 'behind'
}
