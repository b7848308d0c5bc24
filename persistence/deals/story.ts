import type { Pool } from 'pg'
import type { Envelope, Part, Role, RoomId } from '../../client-sdk/contract/index.ts'
import { IS_OF_DEAL } from '../deals.ts'
import { EVENT_COLUMNS, type EventRow, fromRow, instant } from '../log/read.ts'
import { read } from '../sql.ts'
import type { Known } from './people.ts'

/** How many messages still say something between two of a deal's events, 1,000 at most, and the first and the last of them. */
export type Talk = { first: number; last: number; count: number; from: string; to: string }
/** One of a deal's events, with what was said since the one before it; or, after the last, what was said since. */
export type Step = { talk: Talk | null; event: Envelope | null; who: Known | null }
/** Some of a deal's steps in order, after the event `after`. */
export type Steps = { after: number; steps: Step[] }

const COUNTED = 1_000
/** Of one stretch of talk, so many that were taken back are told from the others. Who takes back more costs nobody more than that. */
const TAKEN_BACK = 10_000

/** Of a room's messages, those of gap `g`. */
const IN_GAP = 'from message m where m.room_id = $1 and m.seq > g.after and m.seq < g.before'
const SAYS = (nth: string) => `(not m.deleted or m.n = ${nth})`
/** Between every two events: `n` of the first and the last message that say something, less those between them that do not. */
const FOLD = `select g.before, f.seq as first, l.seq as last, least(l.n - f.n + 1 - d.count, ${COUNTED}) as count
  from gap g
  cross join lateral (select m.n ${IN_GAP} order by m.seq limit 1) a
  cross join lateral (select m.n ${IN_GAP} order by m.seq desc limit 1) z
  cross join lateral (select m.seq, m.n ${IN_GAP} and ${SAYS(`a.n + ${TAKEN_BACK}`)} order by m.seq limit 1) f
  cross join lateral (select m.seq, m.n ${IN_GAP} and ${SAYS(`z.n - ${TAKEN_BACK}`)} order by m.seq desc limit 1) l
  cross join lateral (select count(*) from (select from message m where m.room_id = $1 and m.seq >= f.seq and m.seq <= l.seq and m.deleted
    limit ${TAKEN_BACK}) t) d
  where l.n - f.n + 1 > d.count`

/** `$2`: the event to go on from, or null for the one before the newest `$3`; `$3`: how many events. */
const STEPS = `with start as materialized (
    select coalesce($2::bigint, (select seq from event where stream_id = $1 and ${IS_OF_DEAL} order by event.seq desc offset $3 limit 1), 0) as seq),
  e as materialized (
    select ${EVENT_COLUMNS} from event where stream_id = $1 and seq > (select seq from start) and ${IS_OF_DEAL} order by event.seq limit $3),
  gap as materialized (
    select lag(e.seq, 1, (select seq from start)) over (order by e.seq) as after, e.seq as before from e
    union all
    select coalesce((select max(e.seq) from e), (select seq from start)), s.last_seq + 1
      from stream s where s.id = $1 and (select count(*) from e) < $3),
  fold as materialized (${FOLD})
  select (select seq from start) as start, e.*, m.role, w.personal::json ->> 'name' as name,
         f.first, f.last, f.count, ${instant('b.at')} as talk_from, ${instant('c.at')} as talk_to
    from e full join fold f on f.before = e.seq
    left join event b on b.stream_id = $1 and b.seq = f.first
    left join event c on c.stream_id = $1 and c.seq = f.last
    left join member m on m.room_id = $1 and m.actor_key = e.actor_key
    left join event w on w.stream_id = $1 and w.seq = m.since
   order by coalesce(e.seq, f.before)`

type Row = { [K in keyof EventRow]: EventRow[K] | null } & {
  start: string
  role: Role | null
  name: string | null
  first: string | null
  last: string
  count: string
  talk_from: string
  talk_to: string
}

/**
 * So many of a deal's events with what was said in between, all of one moment: those after `after`, or, where that is null, the
 * newest. Costs what it shows, however much was said.
 */
export async function stepsOf(pool: Pool, roomId: RoomId, { after, events }: { after: number | null; events: number }): Promise<Steps> {
  const rows = await read<Row>(pool, 'story', STEPS, [roomId, after, events])
  return { after: Number(rows[0]?.start ?? after ?? 0), steps: rows.map(toStep) }
}

const toStep = (row: Row): Step => ({
  talk:
    row.first === null
      ? null
      : { first: Number(row.first), last: Number(row.last), count: Number(row.count), from: row.talk_from, to: row.talk_to },
  event: row.seq === null ? null : fromRow(row as EventRow),
  who: row.role === null ? null : { role: row.role, name: row.name },
})

/** The last version of the terms that was proposed before a seq, if any was. */
export async function proposalBefore(pool: Pool, roomId: RoomId, seq: number): Promise<Part<'offer.proposed', 'deal'> | undefined> {
  const [row] = await read<{ deal: string }>(
    pool,
    'proposal_before',
    `select deal from event where stream_id = $1 and seq < $2 and type = 'offer.proposed' and ${IS_OF_DEAL} order by event.seq desc limit 1`,
    [roomId, seq],
  )
  return row && (JSON.parse(row.deal) as Part<'offer.proposed', 'deal'>)
}
