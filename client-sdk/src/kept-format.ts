import { fromSnapshot } from '../contract/reduce.ts'
import type { Member, Snapshot } from '../contract/rooms/schema.ts'
import type { Order } from './outbox.ts'
import type { RoomStore } from './room-store.ts'
import { isKeptCommand, isKeptRoom } from './shapes.ts'

/** Of what is stored. It rises whenever older text would be misread; what has another number counts as nothing. */
const FORMAT = 1
/** The most messages of a room that are kept, the newest. */
const KEPT_MESSAGES = 200

export type KeptRoom = { format: number; me: Member | null; kind: RoomStore['kind']; snapshot: Snapshot }
/** What it takes to give a command its turn again. */
export type KeptCommand = Order

export function roomText({ room, me, kind }: RoomStore): string {
  const { rev: asOf, title, members, settings, subject, pins, messages } = room
  const more = room.more || messages.length > KEPT_MESSAGES
  const snapshot = {
    asOf,
    title,
    members: Object.values(members),
    settings,
    subject,
    pins: [...pins],
    messages: messages.slice(-KEPT_MESSAGES),
    more,
  }
  return JSON.stringify({ format: FORMAT, me, kind, snapshot } satisfies KeptRoom)
}

/** The room as it was kept; throws where the text says no such thing, and null where it is of another format. */
export function roomFrom(text: string, store: RoomStore): RoomStore | null {
  const kept = parsed(text)
  if (!kept) return null
  if (!isKeptRoom(kept)) throw new TypeError('What was stored as a room is none')
  const room = fromSnapshot(kept.snapshot)
  return { ...store, stage: 'away', room, head: room.rev, me: kept.me, kind: kept.kind }
}

export const commandText = ({ commandId, name, input, at }: KeptCommand): string =>
  JSON.stringify({ format: FORMAT, commandId, name, input, at })

export function commandFrom(text: string): KeptCommand | null {
  const kept = parsed(text)
  if (!kept) return null
  if (!isKeptCommand(kept)) throw new TypeError('What was stored as a command is none')
  return kept
}

const parsed = (text: string): object | null => {
  const kept: unknown = JSON.parse(text)
  if (typeof kept !== 'object' || kept === null) throw new TypeError('What was stored is no object')
  return 'format' in kept && kept.format === FORMAT ? kept : null
}
