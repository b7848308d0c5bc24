import { z } from 'zod'
import { type Envelope, type EventDef, events as known, RoomId, type StreamId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'

/** What one node tells the others of a commit: all of it, or, where that is too much, how far the stream reaches. */
export type Announced = Committed | { streamId: StreamId; seq: number }

/** Beyond this a batch is announced by its heads alone, in UTF-16 units of its JSON: the others read it from the database. */
export const MOST_ANNOUNCED = 512 * 1_024

export const headsOf = (batch: readonly Committed[]): Announced[] =>
  batch.flatMap(({ streamId, events }) => (events.length > 0 ? [{ streamId, seq: events.at(-1)!.seq }] : []))

/**
 * Whoever can write to Redis can say this, and so can another version of the program. What has another shape is left out: the
 * tail finds what was meant. All but an event's parts by hand, since it is on the way of every message.
 */
export function announcedFrom(said: unknown): Announced[] {
  return Array.isArray(said) ? said.filter(isAnnounced) : []
}

function isAnnounced(value: unknown): value is Announced {
  if (!isRecord(value) || !isId(value.streamId)) return false
  if (!('events' in value)) return isCount(value.seq)
  const { streamId, accessVersion, events } = value
  return isCount(accessVersion) && Array.isArray(events) && events.every((event) => isEvent(event, streamId as string))
}

function isEvent(value: unknown, streamId: string): value is Envelope {
  if (!isRecord(value) || value.roomId !== streamId || !isCount(value.seq) || !isCount(value.version)) return false
  if (!isId(value.id) || !isId(value.actor) || typeof value.type !== 'string' || typeof value.at !== 'string') return false
  return isRecord(value.data) && fits(known, value.type, value.data)
}

/** What is read from an event is as the contract has it. Of a type that is not known here nothing is read. */
function fits(types: Record<string, EventDef>, type: string, { deal, personal }: Record<string, unknown>): boolean {
  if (!Object.hasOwn(types, type)) return typeof deal === 'object' && typeof personal === 'object'
  const def = types[type]!
  const isDeal = def.deal === null ? deal === null : def.deal.safeParse(deal).success
  return isDeal && (personal === null || def.personal?.safeParse(personal).success === true)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isId = (value: unknown) => typeof value === 'string' && value.length === 36
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

const RoomIds = z.array(RoomId).max(10_000)
export const roomIdsFrom = (said: unknown): RoomId[] => RoomIds.safeParse(said).data ?? []
