import { eventId } from '../contract/chain.ts'
import type { Place } from '../contract/chat/schema.ts'
import type { ActorKey, CommandId, MessageId } from '../contract/ids.ts'
import type { RoomState } from '../contract/reduce.ts'
import { digest } from './digest.ts'

/**
 * One message on its way. `messageId` is what the hub will call it, known once we know who we are in the room. `sending`:
 * its outcome is open. `sent`: acknowledged, and its event has not come yet.
 */
export type Send = {
  readonly commandId: CommandId
  readonly messageId: MessageId | null
  readonly text: string
  readonly at: string
  readonly stage: 'queued' | 'sending' | 'sent'
  readonly place: Place | null
}
/** What one room has still to send or to see, in the order in which it was said. */
export type Outbox = readonly Send[]

/** Null where `limit` sends wait already. */
export function queued(outbox: Outbox, limit: number, say: Pick<Send, 'commandId' | 'text' | 'at'>, me: ActorKey | null): Outbox | null {
  if (outbox.length >= limit) return null
  return [...outbox, { ...say, messageId: me && idOf(say.commandId, me), stage: 'queued', place: null }]
}

/** A message is the first event of its command. */
const idOf = (commandId: CommandId, me: ActorKey): MessageId => eventId(digest, commandId, me, 0)

export const identified = (outbox: Outbox, me: ActorKey): Outbox => outbox.map((send) => ({ ...send, messageId: idOf(send.commandId, me) }))

/** The one whose turn it is. Only one is under way at a time: the hub promises no order among those of one socket. */
export const nextToSend = (outbox: Outbox): Send | undefined => outbox.find((send) => send.stage !== 'sent')

export const sending = (outbox: Outbox, commandId: CommandId): Outbox => changed(outbox, commandId, { stage: 'sending' })
export const acknowledged = (outbox: Outbox, commandId: CommandId, place: Place): Outbox =>
  changed(outbox, commandId, { stage: 'sent', place, messageId: place.messageId })
/** Back in its place in the queue: it may or may not have arrived, so it goes again under the same command id. */
export const interrupted = (outbox: Outbox): Outbox =>
  outbox.map((send) => (send.stage === 'sending' ? { ...send, stage: 'queued' } : send))
export const without = (outbox: Outbox, commandId: CommandId): Outbox => outbox.filter((send) => send.commandId !== commandId)

const changed = (outbox: Outbox, commandId: CommandId, change: Partial<Send>): Outbox =>
  outbox.map((send) => (send.commandId === commandId ? { ...send, ...change } : send))

/** Where each send came to stand that the room now shows itself, and the outbox without them. */
export function settled(outbox: Outbox, room: RoomState): { outbox: Outbox; places: ReadonlyMap<CommandId, Place> } {
  const places = new Map<CommandId, Place>()
  for (const { commandId, messageId, place } of outbox) {
    const message = messageId && room.messages.findLast((m) => m.id === messageId)
    if (message) places.set(commandId, { messageId: message.id, seq: message.seq, at: message.at })
    else if (place && place.seq <= room.rev) places.set(commandId, place) // applied, and trimmed since
  }
  return places.size === 0 ? { outbox, places } : { outbox: outbox.filter((send) => !places.has(send.commandId)), places }
}
