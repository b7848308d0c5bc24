import type { Pool } from 'pg'
import { read } from './sql.ts'

/** How things stand in the database. Ages are in seconds. */
export type Gauges = {
  /** Transactions that began after the oldest one still open: followers wait for it. */
  horizon: number
  mails: number
  /** That nobody took, and that wait for an administrator. */
  deadMails: number
  /** Since the longest waiting mail was written, or sent again; 0 without one. */
  mailAge: number
  /** Since the moment at which the sweep should have closed a campaign that still takes applications, or expired an offer; 0 without one. */
  overdue: number
  /** Since the oldest event was committed that a follower has not had; 0 without one. */
  followers: { name: string; shard: number; lag: number }[]
}

/** One cheap statement: each follower looks at one event by index. */
export async function readGauges(pool: Pool): Promise<Gauges> {
  const [gauges] = await read<Gauges>(
    pool,
    'gauges',
    `select (pg_snapshot_xmax(s.now)::text::bigint - pg_snapshot_xmin(s.now)::text::bigint)::float8 as horizon,
       (select count(*)::float8 from mail where died_at is null) as mails,
       (select count(*)::float8 from mail where died_at is not null) as "deadMails",
       (select coalesce(extract(epoch from clock_timestamp() - min(coalesce(revived_at, created_at))), 0)::float8
          from mail where died_at is null) as "mailAge",
       (select coalesce(extract(epoch from clock_timestamp() - least(
         (select min(opens_at) from campaign where state = 'draft' and opens_at <= clock_timestamp()),
         (select min(apply_by) from campaign where state in ('open', 'paused') and apply_by <= clock_timestamp()),
         (select min(expires_at) from application where expires_at <= clock_timestamp()))), 0)::float8) as overdue,
       (select coalesce(json_agg(json_build_object('name', f.name, 'shard', f.shard, 'lag', coalesce(behind.lag, 0))), '[]')
          from follower f left join lateral (
            select greatest(0, extract(epoch from clock_timestamp() - event.at))::float8 as lag from event
             where (event.tx, event.pos) > (f.tx, f.pos) and get_byte(uuid_send(stream_id), 15) % f.shards = f.shard
             order by event.tx, event.pos limit 1) behind on true) as followers
       from (select pg_current_snapshot() as now) s`,
    [],
  )
  return gauges!
}
