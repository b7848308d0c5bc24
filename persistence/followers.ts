import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool, PoolClient } from 'pg'
import type { Envelope } from '../client-sdk/contract/index.ts'
import type { Database } from './database.ts'
import { EVENT_COLUMNS, type EventRow, fromRow } from './log/read.ts'
import { query } from './sql.ts'

/**
 * A durable consumer of the log. `handle` gets events in order of commit, each stream's in order of seq, in the transaction
 * that moves the cursor: what it writes with `em` happens once. What it does outside may happen again after a crash. It has
 * 10 s a batch, and an open write holds every follower back, so it must be quick.
 */
export type Follower = {
  name: string
  /** How many processes may share the work, each taking streams of its own; 1 unless said. Fixed once it has begun. */
  shards?: number
  /** Events a batch; 500 unless said. */
  batch?: number
  /**
   * The part of the time that it may be at work, so that it gives way to what people do: while this process has time to spare, and
   * while it has not. All of it unless said.
   */
  share?: { quiet: number; busy: number }
  handle(em: EntityManager, events: Envelope[]): Promise<void>
}

/**
 * A durable consumer that acts outside of PostgreSQL, at least once: the cursor moves on after `tell`, and no transaction is open meanwhile,
 * so what is slow or away out there holds up nobody but this one. `begin`: before the first batch, which begins with what is committed
 * after it; what was there before, it sees to by itself. `silence`: a process that is frozen for so long has lost its turn, in ms.
 */
export type Teller = Pick<Follower, 'name' | 'batch' | 'share'> & {
  silence?: number
  begin(): Promise<void>
  tell(events: Envelope[]): Promise<void>
}

export type Following = {
  /** Something was committed here: look now rather than at the next poll. */
  wake(): void
  /** Resolves once the batch in hand is done. */
  stop(): Promise<void>
  /** The last failure, null after a success. */
  failure(): unknown
}

const POLL = 1_000
const LONGEST_WAIT = 30_000
/** A process that is at work for more of the time than this has none to spare. */
const BUSY = 0.3

/** Starts a follower. Any number of processes may: a shard's cursor row is owned by whoever holds its lock. */
export function follow(db: Database, follower: Follower | Teller, poll = POLL): Following {
  const { share } = follower
  let load = performance.eventLoopUtilization()
  const stopping = new AbortController()
  let failure: unknown = null
  let failures = 0
  let nudge = () => {}
  let woken = false

  const pause = (ms: number) =>
    new Promise<void>((done) => {
      const timer = setTimeout(done, ms)
      nudge = () => {
        clearTimeout(timer)
        done()
      }
      if (woken || stopping.signal.aborted) nudge()
    })

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false
      try {
        const began = performance.now()
        const more = await ('tell' in follower ? stepOutside(db, follower) : step(db, follower))
        const worked = performance.now() - began
        failure = null
        failures = 0
        if (!more) await pause(poll)
        else if (share) await rest(Math.min(worked * (1 / (isBusy() ? share.busy : share.quiet) - 1), LONGEST_WAIT))
      } catch (error) {
        failure = error
        failures++
        woken = false
        await pause(Math.min(poll * 2 ** failures, LONGEST_WAIT))
      }
    }
  }

  /** Since it was last asked. */
  const isBusy = () => {
    const before = load
    load = performance.eventLoopUtilization()
    return performance.eventLoopUtilization(load, before).utilization > BUSY
  }
  /** Unlike a pause it is not cut short by news. */
  const rest = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})

  const running = run()
  const wake = () => {
    woken = true
    if (failures === 0) nudge()
  }
  const stop = () => {
    stopping.abort()
    nudge()
    return running
  }
  return { wake, stop, failure: () => failure }
}

/** One batch of each shard that nobody else has in hand. True if there may be more. */
async function step(db: Database, follower: Follower): Promise<boolean> {
  const { name, shards = 1, batch = BATCH, handle } = follower
  let more = false
  for (let shard = 0; shard < shards; shard++) {
    const size = await db.orm.em.fork().transactional(async (em) => {
      await query(em, 'insert into follower (name, shard, shards) values ($1, $2, $3) on conflict do nothing', [name, shard, shards])
      type Cursor = { tx: string; pos: string; shards: number }
      const [cursor] = await query<Cursor>(
        em,
        'select tx, pos, shards from follower where name = $1 and shard = $2 for update skip locked',
        [name, shard],
      )
      if (!cursor) return 0
      if (cursor.shards !== shards) throw new Error(`The follower ${name} has ${cursor.shards} shards, not ${shards}`)
      const rows = await query<EventRow & { tx: string; pos: string }>(em, BEYOND, [cursor.tx, cursor.pos, shards, shard, batch])
      const last = rows.at(-1)
      if (!last) return 0
      await handle(em as EntityManager, rows.map(fromRow))
      await query(em, 'update follower set tx = $3, pos = $4 where name = $1 and shard = $2', [name, shard, last.tx, last.pos])
      return rows.length
    })
    more ||= size === batch
  }
  return more
}

const BATCH = 500
const SILENCE = 15_000
/** The same of what acts outside: whoever has the lock of its name, which goes with the connection, is the only one at it. */
async function stepOutside({ pool }: Database, teller: Teller): Promise<boolean> {
  const client = await pool.connect()
  const lost = () => {} // a connection that ends while it waits says so by an event; the next query says it, too
  client.on('error', lost)
  let fault: Error | undefined
  try {
    const lock = `follower ${teller.name}`
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as got', [lock])
    if (!rows[0]!.got) return false
    await client.query(`set idle_session_timeout = ${teller.silence ?? SILENCE}`)
    const more = await stepAlone(client, teller)
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lock])
    await client.query('reset idle_session_timeout')
    return more
  } catch (error) {
    fault = error as Error // the connection's end gives the lock back, whatever happened
    throw error
  } finally {
    client.off('error', lost)
    client.release(fault)
  }
}

/** Shows that this process is alive, so that its connection lasts for as long as this takes. */
async function alive<T>(client: PoolClient, silence: number, work: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const beats = async () => {
    while (await sleep(silence / 5, true, { signal: over.signal }).catch(() => false)) await client.query('select 1')
  }
  const beating = beats().catch(() => {}) // the next query fails, too
  try {
    return await work()
  } finally {
    over.abort()
    await beating
  }
}

async function stepAlone(client: PoolClient, { name, batch = BATCH, silence = SILENCE, begin, tell }: Teller): Promise<boolean> {
  type Cursor = { tx: string; pos: string }
  const { rows: cursors } = await client.query<Cursor>('select tx, pos from follower where name = $1 and shard = 0', [name])
  const [cursor] = cursors
  if (!cursor) {
    const { rows } = await client.query<{ tx: string }>(`select ${HORIZON} - 1 as tx`)
    await alive(client, silence, begin)
    await client.query(`insert into follower (name, shard, shards, tx, pos) values ($1, 0, 1, $2, ${LAST_POS})`, [name, rows[0]!.tx])
    return true
  }
  const { rows } = await client.query<EventRow & Cursor>(BEYOND, [cursor.tx, cursor.pos, 1, 0, batch])
  const last = rows.at(-1)
  if (!last) return false
  await alive(client, silence, () => tell(rows.map(fromRow)))
  await client.query('update follower set tx = $2, pos = $3 where name = $1 and shard = 0', [name, last.tx, last.pos])
  return rows.length === batch
}

/** Forgets followers of such names, but for one: they are of something that is no more. */
export async function forgetFollowers(pool: Pool, prefix: string, except: string): Promise<void> {
  await pool.query('delete from follower where starts_with(name, $1) and name <> $2', [prefix, except])
}

const LAST_POS = '9223372036854775807'
/** Nothing that commits later has a lower transaction id. */
const HORIZON = `(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (select max(tx_offset) from log_epoch))`
/**
 * Only below the horizon: above it a transaction that is still open may yet commit an event that sorts earlier. By the
 * stored columns: an alias of the same name would sort as text.
 */
const BEYOND = `select ${EVENT_COLUMNS}, tx, pos from event
  where (event.tx, event.pos) > ($1::bigint, $2::bigint)
    and event.tx < ${HORIZON}
    and get_byte(uuid_send(stream_id), 15) % $3::int = $4::int
  order by event.tx, event.pos limit $5`
