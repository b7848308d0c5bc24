import { z } from 'zod'

const uuid = <B extends string>() => z.uuid().lowercase().brand<B>()

/** A room; also the id of its stream. */
export const RoomId = uuid<'RoomId'>()
export type RoomId = z.output<typeof RoomId>
/** A person; also the id of that person's own stream. */
export const UserId = uuid<'UserId'>()
export type UserId = z.output<typeof UserId>
/** Made by the client, once per order: sent again, it is the same order. */
export const CommandId = uuid<'CommandId'>()
export type CommandId = z.output<typeof CommandId>
/** UUIDv5 of its command, actor and place in the command. */
export const EventId = uuid<'EventId'>()
export type EventId = z.output<typeof EventId>
/** The id of the event that sent the message. */
export const MessageId = EventId
export type MessageId = EventId
/** Who acted, as this room knows them: random per member and room, so that its tie to a person can be cut. */
export const ActorKey = uuid<'ActorKey'>()
export type ActorKey = z.output<typeof ActorKey>
export const SessionId = uuid<'SessionId'>()
export type SessionId = z.output<typeof SessionId>

/** An ordered log: one per room, one per person, one for the platform. */
export type StreamId = RoomId | UserId | typeof PLATFORM
export const PLATFORM = '00000000-0000-8000-8000-000000000000' as string & z.BRAND<'Platform'>
/** What acts when no person does: deadlines, sweeps, the seed. */
export const SYSTEM = '00000000-0000-8000-8000-000000000001' as ActorKey

/** A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function newId<T extends string>(now = Date.now()): T {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 0x10000))
  new DataView(bytes.buffer).setUint16(4, now % 0x10000)
  return formatUuid(bytes, 7) as T
}

/** Sixteen bytes as the text of a UUID of this version, variant 1. */
export function formatUuid(bytes: Uint8Array, version: number): string {
  const b = Uint8Array.from(bytes.subarray(0, 16))
  b[6] = (b[6]! & 0x0f) | (version << 4)
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = Array.from(b, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
