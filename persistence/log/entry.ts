import { randomFillSync } from 'node:crypto'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import { commitment, eventId } from '../../client-sdk/contract/chain.ts'
import {
  type ActorKey,
  type CommandId,
  type Envelope,
  type EventId,
  type EventName,
  events,
  type Part,
  type RoomId,
  type StreamId,
} from '../../client-sdk/contract/index.ts'
import { digest } from '../digest.ts'

/**
 * An event to be: the log gives it its place, id, salts, hash and time. `accessVersion` is what the permission check
 * saw, null for the system; if it is another by now, the entry fails with `access.changed`. `mentions`: whom a message names.
 */
type By = { streamId: StreamId; actor: ActorKey; commandId: CommandId; accessVersion: number | null; mentions?: readonly ActorKey[] }
export type Entry = { [E in EventName]: By & { type: E; deal: Part<E, 'deal'>; personal: Part<E, 'personal'> } }[EventName]
export type Appended = { id: EventId; streamId: StreamId; seq: number; at: string }

/** An entry with everything that can be made before its stream is locked. */
export type Prepared = {
  entry: Entry
  id: EventId
  /** Which event of its command. */
  n: number
  version: number
  deal: Sealed
  personal: Sealed
}
/** A part as it is stored: its canonical bytes, its salt, and what the chain takes of it. */
type Sealed = { bytes: string | null; salt: Uint8Array | null; commitment: Uint8Array }

export function prepare(entry: Entry, n: number): Prepared {
  const id = eventId(digest, entry.commandId, entry.actor, n)
  return { entry, id, n, version: events[entry.type].version, deal: seal(entry.deal), personal: seal(entry.personal) }
}

const NO_PART: Sealed = { bytes: null, salt: null, commitment: new Uint8Array(32) }
function seal(part: Entry['deal'] | Entry['personal']): Sealed {
  if (part === null) return NO_PART
  const bytes = canonical(part as Json)
  const salt = newSalt()
  return { bytes, salt, commitment: commitment(digest, bytes, salt) }
}

const random = Buffer.alloc(4_096)
let used = random.length
/** 128 random bits. Drawn 256 at a time: the system call costs more than the bytes. */
function newSalt(): Uint8Array {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  used += 16
  return Uint8Array.from(random.subarray(used - 16, used))
}

/** The event as the room's clients will see it. */
export function toEnvelope({ entry, id, version }: Prepared, seq: number, at: string): Envelope {
  const { streamId, type, actor, deal, personal } = entry
  return { roomId: streamId as RoomId, seq, id, type, version, actor, at, data: { deal, personal } } as Envelope
}
