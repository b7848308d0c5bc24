import { changesOlder, drafting, type Messages, messageOf, placeOf, reduceMessages, reducePins } from './chat/reduce.ts'
import type { MessagePage } from './chat/schema.ts'
import type { Envelope } from './events.ts'
import { defaultSettings, type Members, reduceMembers, reduceSettings, reduceSubject, reduceTitle } from './rooms/reduce.ts'
import type { RoomSettings, Snapshot, Subject } from './rooms/schema.ts'

/**
 * The loaded part of a room. `rev` is the last event applied, or the `asOf` of the snapshot it began with. `changedAt` is
 * the last that may have changed a message sent before it, loaded or not; a snapshot does not tell, so there it is `asOf`.
 */
export type RoomState = {
  rev: number
  changedAt: number
  title: string | null
  members: Members
  settings: RoomSettings
  subject: Subject | null
  /** Seqs of the pinned messages, loaded or not, in the order in which they were pinned. */
  pins: readonly number[]
  messages: Messages
  more: boolean
}

export const emptyRoom: RoomState = {
  rev: 0,
  changedAt: 0,
  title: null,
  members: {},
  settings: defaultSettings,
  subject: null,
  pins: [],
  messages: [],
  more: false,
}

/**
 * Event → state: what a room is, said once for the server, the SDK and the verifier. An event seen before changes
 * nothing; a type it does not know only moves `rev` on. Events must come in order, without a hole.
 */
export function reduce(room: RoomState, event: Envelope): RoomState {
  if (event.seq <= room.rev) return room
  return {
    ...passed(room, event),
    title: reduceTitle(room.title, event),
    members: reduceMembers(room.members, event),
    settings: reduceSettings(room.settings, event),
    subject: reduceSubject(room.subject, event),
    pins: reducePins(room.pins, event),
    messages: reduceMessages(room.messages, event),
  }
}

/** Moves on past an event without a look inside: all that can be done with one that cannot be read. */
export const passed = (room: RoomState, event: Envelope): RoomState => ({
  ...room,
  rev: event.seq,
  changedAt: changesOlder(event) ? event.seq : room.changedAt,
})

/** The same as `reduce` for one after the other, at the cost of one copy of the messages instead of one for each. */
export const reduceAll = (room: RoomState, events: Iterable<Envelope>): RoomState =>
  drafting(room.messages, (messages) => {
    let now: RoomState = { ...room, messages }
    for (const event of events) now = reduce(now, event)
    return now
  })

export const fromSnapshot = ({ asOf, title, members, settings, subject = null, pins, messages, more }: Snapshot): RoomState => ({
  rev: asOf,
  changedAt: asOf,
  title,
  members: Object.fromEntries(members.map((m) => [m.key, m])),
  settings,
  subject,
  pins,
  messages: [...messages].sort((a, b) => a.seq - b.seq),
  more,
})

/**
 * Adds an older page, which must end where `room` begins. Null where the page was read before an event that may have
 * changed what it shows: it has to be fetched again. Messages sent since change no older one, so a busy room takes pages.
 */
export function addPage(room: RoomState, page: MessagePage): RoomState | null {
  if (page.asOf < room.changedAt) return null
  const older = page.messages.filter((m) => !messageOf(room.messages, m.seq)).sort((a, b) => a.seq - b.seq)
  const begin = placeOf(older, room.messages[0]?.seq ?? Number.POSITIVE_INFINITY)
  return { ...room, messages: [...older.slice(0, begin), ...room.messages], more: page.more }
}
