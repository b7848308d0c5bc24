import type { Pool } from 'pg'
import type { ActorKey, Envelope, EventId, RoomId, StreamId } from '../../client-sdk/contract/index.ts'
import type { LogEntry } from '../../client-sdk/contract/verify.ts'
import { batched } from '../batched.ts'
import { read } from '../sql.ts'

/** A moment as the chain has it: UTC to the millisecond. */
export const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
/** To the microsecond, for cursors: a moment in milliseconds would lose its place among others. */
export const exactly = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
export const EVENT_COLUMNS = `stream_id, seq, id, type, version, actor_key, ${instant('at')} as at, deal, personal`

export type EventRow = {
  stream_id: string
  seq: string
  id: string
  type: string
  version: number
  actor_key: string
  at: string
  deal: string | null
  personal: string | null
}

export const fromRow = (row: EventRow): Envelope =>
  ({
    roomId: row.stream_id as RoomId,
    seq: Number(row.seq),
    id: row.id as EventId,
    type: row.type,
    version: row.version,
    actor: row.actor_key as ActorKey,
    at: row.at,
    data: { deal: row.deal === null ? null : JSON.parse(row.deal), personal: row.personal === null ? null : JSON.parse(row.personal) },
  }) as Envelope

/** The words of a message that was taken back are told to nobody who has not heard them yet. */
export const TAKEN_BACK = `case type when 'chat.messageSent' then exists (select from message m where m.room_id = stream_id and m.seq = event.seq and m.deleted)
  when 'chat.messageEdited' then exists (select from message m
    where m.room_id = stream_id and m.seq = (event.deal::json ->> 'message')::bigint and m.deleted)
  else false end`
const TOLD_COLUMNS = EVENT_COLUMNS.replace(/personal$/, `case when ${TAKEN_BACK} then null else personal end as personal`)

/** One page holds at most this many UTF-16 units of payload, but always one event. */
const PAGE_UNITS = 512 * 1_024

/** Part of a stream, and where the stream itself stood at that moment. */
export type Reading = { head: number; accessVersion: number; events: Envelope[] }

type Question = { streamId: StreamId; after: number; limit: number }
type Answer = Partial<EventRow> & { i: number; head: string; access: string }

/** Pages can be megabytes long. */
const AT_ONCE = 20
const questionId = ({ streamId, after, limit }: Question) => `${streamId} ${after} ${limit}`

/** A stream's events after `after`, oldest first, without a hole; fewer than `limit` where they are long. */
export const readAfter = batched<Question, Reading>({ id: questionId, most: AT_ONCE }, async (pool, questions) => {
  const rows = await read<Answer>(
    pool,
    'read_after',
    `select k.i::int, s.last_seq as head, s.access_version as access, e.*
       from unnest($1::uuid[], $2::bigint[], $3::int[]) with ordinality as k (id, after, most, i)
       join stream s on s.id = k.id left join lateral (
         select ${TOLD_COLUMNS} from event where stream_id = k.id and seq > k.after order by event.seq limit k.most) e on true
      order by k.i, e.seq`,
    [questions.map((q) => q.streamId), questions.map((q) => q.after), questions.map((q) => q.limit)],
  )
  const answers = Map.groupBy(rows, (row) => row.i)
  return questions.map((_question, i) => toReading(answers.get(i + 1) ?? []))
})

function toReading(rows: readonly Answer[]): Reading {
  let units = 0
  const fits = ({ deal, personal }: Answer, i: number) => {
    units += (deal?.length ?? 0) + (personal?.length ?? 0)
    return i === 0 || units <= PAGE_UNITS
  }
  const end = rows.findIndex((row, i) => !row.seq || !fits(row, i))
  const events = rows.slice(0, end === -1 ? rows.length : end).map((row) => fromRow(row as EventRow))
  return { head: Number(rows[0]?.head ?? 0), accessVersion: Number(rows[0]?.access ?? 0), events }
}

/** A stream from its first event on with all that proves it, a page at a time. */
export async function* proofOf(pool: Pool, streamId: StreamId, page = 1_000): AsyncGenerator<LogEntry> {
  type Row = EventRow & { deal_salt: Buffer | null; personal_salt: Buffer | null; erased: Buffer | null; hash: Buffer }
  for (let after = 0; ; ) {
    const rows = await read<Row>(
      pool,
      'proof_of',
      `select ${EVENT_COLUMNS}, deal_salt, personal_salt, erased, hash from event where stream_id = $1 and seq > $2 order by seq limit $3`,
      [streamId, after, page],
    )
    for (const row of rows) {
      const { seq, id, actor } = fromRow(row)
      const { type, version, at, deal, personal, deal_salt: dealSalt, personal_salt: personalSalt, erased, hash } = row
      yield { seq, id, type, version, actor, at, deal, dealSalt, personal, personalSalt, erased, hash }
      after = seq
    }
    if (rows.length < page) return
  }
}
