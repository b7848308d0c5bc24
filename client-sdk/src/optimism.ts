import { drafting, messageOf, reduceMessages, reducePins } from '../contract/chat/reduce.ts'
import type { Message } from '../contract/chat/schema.ts'
import type { Envelope } from '../contract/events.ts'
import type { ActorKey, EventId } from '../contract/ids.ts'
import type { RoomState } from '../contract/reduce.ts'
import { reduceSettings } from '../contract/rooms/reduce.ts'
import { type Outbox, type Pending, type Target, targetOf } from './outbox.ts'

/** Beyond every seq that a log will have. */
const BEYOND = 2 ** 52

export type Expected = Pick<RoomState, 'messages' | 'pins' | 'settings'>
const isReal = (seq: number | null) => seq === null || seq < BEYOND

/**
 * The room as it will be once all that is on its way is done: each command is made the event that it is to become, and the
 * contract's own reducers take it. So nothing is ever undone: what is refused leaves the outbox, and is no longer expected.
 * The messages are those of `room`, one for one, and then those that are still on their way, in order, with a seq of no meaning.
 */
export function expected(room: RoomState, outbox: Outbox, me: ActorKey | null): Expected {
  if (outbox.length === 0) return room
  const places = new Map<Target, number>()
  outbox.forEach(({ commandId, name, place }, i) => {
    if (name !== 'chat.send') return
    places.set(commandId, BEYOND + i)
    if (place) places.set(place.seq, BEYOND + i) // acknowledged, and its event has not come yet
  })
  return drafting(room.messages, (draft) => {
    let now: Expected = { ...room, messages: draft }
    outbox.forEach((pending, i) => {
      const event = foreseen(pending, BEYOND + i, me, places, now)
      const { messages, pins, settings } = now
      if (event)
        now = { messages: reduceMessages(messages, event), pins: reducePins(pins, event), settings: reduceSettings(settings, event) }
    })
    return { ...now, messages: now.messages.map((m, i) => asRead(m, room.messages[i])), pins: now.pins.filter(isReal) }
  })
}

/** What it was read as stays what says how old it is; a place that does not exist yet is told to nobody. */
function asRead(message: Message, read: Message | undefined): Message {
  if (read === message) return message
  if (read) return { ...message, rev: read.rev }
  return { ...message, replyTo: isReal(message.replyTo) ? message.replyTo : null, thread: isReal(message.thread) ? message.thread : null }
}

/** What each command becomes. */
export const types = {
  'chat.send': 'chat.messageSent',
  'chat.edit': 'chat.messageEdited',
  'chat.delete': 'chat.messageDeleted',
  'chat.react': 'chat.reacted',
  'chat.unreact': 'chat.unreacted',
  'chat.pin': 'chat.messagePinned',
  'chat.unpin': 'chat.messageUnpinned',
  'room.configure': 'room.settingsChanged',
} as const

/** The event that a command is to become; null where it is of a message that is not known. */
function foreseen(pending: Pending, seq: number, me: ActorKey | null, places: Map<Target, number>, now: Expected): Envelope | null {
  const { name, input, commandId, eventId, at } = pending
  const find = (target: Target | undefined) => places.get(target as Target) ?? target
  const message = find(targetOf(pending, 'message'))
  const replyTo = find(targetOf(pending, 'replyTo'))
  if (typeof message === 'string' || typeof replyTo === 'string') return null
  if (name === 'chat.pin' && now.pins.includes(message!)) return null // the hub leaves it in its place
  const base = { roomId: '', seq, id: eventId ?? (commandId as string as EventId), type: types[name], version: 1, actor: me ?? '', at }
  const personal = 'text' in input ? { text: input.text } : null
  const deal = () => {
    if (name === 'room.configure') return { ...now.settings, ...input }
    if (name !== 'chat.send') return { ...input, message }
    return replyTo === undefined ? null : { replyTo, thread: messageOf(now.messages, replyTo)?.thread ?? replyTo }
  }
  return { ...base, data: { deal: deal(), personal } } as unknown as Envelope
}
