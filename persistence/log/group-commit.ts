import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ParleyError, type StreamId } from '../../client-sdk/contract/index.ts'
import { isUnavailable } from '../unavailable.ts'
import { APPEND, appendArguments, type Row, refusal } from './call.ts'
import type { Prepared } from './entry.ts'

/** A bigger batch is no faster per event, and its neighbours wait longer. */
const BATCH = 200
/** Entries waiting beyond this, about a second's worth, are refused at once: better than an answer that comes too late. */
const WAITING = 5_000
/** Connections for busy rooms, each with one call in flight. */
const SIDE_LANES = 4
/** A call that takes longer has lost its connection, in ms. */
const CALL = 4_000
/** How long a lost connection is retried with the same ids before the outcome is called unknown, in ms. */
const PATIENCE = 5_000

type Waiting = { prepared: Prepared; since: number; done(row: Row): void; fail(error: unknown): void }

/**
 * Many rooms, one call in flight: what arrives while it runs goes into the next. A stream that another transaction
 * holds leaves for a side lane, with all that follows it, so that it holds up no other and its order stays.
 */
export class GroupCommit {
  readonly #pool: pg.Pool
  readonly #committed: (written: { prepared: Prepared; row: Row }[]) => void
  #queue: Waiting[] = []
  #running = false
  readonly #busy = new Map<StreamId, Waiting[]>()
  readonly #undrained: StreamId[] = []
  #sideLanes = 0

  /** `committed` hears of every batch once it is on disk, before its senders do. */
  constructor(pool: pg.Pool, committed: (written: { prepared: Prepared; row: Row }[]) => void) {
    this.#pool = pool
    this.#committed = committed
  }

  /** Resolves once PostgreSQL has the entry on disk. */
  submit(prepared: Prepared): Promise<Row> {
    return new Promise((done, fail) => {
      const waiting = { prepared, since: performance.now(), done, fail }
      const lane = this.#busy.get(prepared.entry.streamId) ?? this.#queue
      if (lane.length >= WAITING) return fail(new ParleyError('server.unavailable', 'Too much is waiting; try again'))
      lane.push(waiting)
      if (lane === this.#queue && !this.#running) {
        this.#running = true
        setImmediate(() => void this.#drain()) // lets everything that came in with it join the first batch
      }
    })
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) this.#moveToSideLanes(await this.#write(this.#queue.splice(0, BATCH), false))
    this.#running = false
  }

  /** What the queue still has for the same streams goes along, or it would overtake. */
  #moveToSideLanes(busy: readonly Waiting[]): void {
    if (busy.length === 0) return
    const lanes = Map.groupBy(busy, (waiting) => waiting.prepared.entry.streamId)
    for (const waiting of this.#queue) lanes.get(waiting.prepared.entry.streamId)?.push(waiting)
    this.#queue = this.#queue.filter((waiting) => !lanes.has(waiting.prepared.entry.streamId))
    for (const [streamId, lane] of lanes) {
      this.#busy.set(streamId, lane)
      this.#undrained.push(streamId)
      void this.#drainSideLanes()
    }
  }

  async #drainSideLanes(): Promise<void> {
    if (this.#sideLanes === SIDE_LANES) return
    this.#sideLanes++
    for (let streamId = this.#undrained.shift(); streamId; streamId = this.#undrained.shift()) {
      const lane = this.#busy.get(streamId)!
      while (lane.length > 0) await this.#write(lane.splice(0, BATCH), true)
      this.#busy.delete(streamId)
    }
    this.#sideLanes--
  }

  /** Writes a batch and answers its senders; returns those whose stream was busy. Never rejects. */
  async #write(batch: Waiting[], wait: boolean): Promise<Waiting[]> {
    try {
      const rows = await this.#call(batch, wait)
      const written = rows.flatMap((row) => (row.outcome === 'appended' ? [{ prepared: batch[row.i - 1]!.prepared, row }] : []))
      if (written.length > 0) this.#committed(written)
      return rows.filter((row) => !answer(batch[row.i - 1]!, row)).map((row) => batch[row.i - 1]!)
    } catch (error) {
      if (batch.length === 1 || error instanceof ParleyError) {
        for (const waiting of batch) waiting.fail(error)
        return []
      }
      const busy: Waiting[] = [] // a bad entry among them: each alone, so that only it fails
      for (const waiting of batch) {
        const follows = busy.some((b) => b.prepared.entry.streamId === waiting.prepared.entry.streamId) // or it would overtake
        busy.push(...(follows ? [waiting] : await this.#write([waiting], wait)))
      }
      return busy
    }
  }

  /** A connection lost before the answer leaves the outcome unknown: the same ids again find out what it was. */
  async #call(batch: Waiting[], wait: boolean): Promise<Row[]> {
    const values = appendArguments(
      batch.map((waiting) => waiting.prepared),
      wait,
    )
    const question = () => ({ name: 'append_events', text: APPEND, values, query_timeout: CALL }) // pg keeps its own things in it
    const until = Math.max(...batch.map((waiting) => waiting.since)) + PATIENCE
    for (let isRetry = false; ; isRetry = true) {
      try {
        // When a database moves house, all the connections of a pool are dead and none of them says so.
        return isRetry ? await this.#onNewConnection(question()) : (await this.#pool.query<Row>(question())).rows
      } catch (error) {
        if (!isUnavailable(error)) throw error
        if (performance.now() > until)
          throw new ParleyError('server.unavailable', 'The database is out of reach; try again', { cause: error })
        await sleep(100)
      }
    }
  }

  async #onNewConnection(question: pg.QueryConfig): Promise<Row[]> {
    const client = new pg.Client(this.#pool.options)
    client.on('error', () => {}) // the question's own promise says it
    try {
      await client.connect()
      return (await client.query<Row>(question)).rows
    } finally {
      client.end().catch(() => {})
    }
  }
}

/** False if there is no answer yet. */
function answer(waiting: Waiting, row: Row): boolean {
  if (row.outcome === 'busy') return false
  const error = refusal(row.outcome)
  if (error) waiting.fail(error)
  else waiting.done(row)
  return true
}
