import type { EventSubscriber, TransactionEventArgs } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type Envelope, ParleyError, type StreamId } from '../client-sdk/contract/index.ts'
import { APPEND, appendArguments, type Checked, type Row, refusal } from './log/call.ts'
import { type Appended, type Entry, type Prepared, prepare, toEnvelope } from './log/entry.ts'
import { GroupCommit } from './log/group-commit.ts'
import { type Reading, readAfter } from './log/read.ts'
import { query, read, transactionOf } from './sql.ts'

export type { Appended, Entry } from './log/entry.ts'
/** What one commit added to one stream, in order. `accessVersion`: the stream's, at that commit. */
export type Committed = { streamId: StreamId; accessVersion: number; events: Envelope[] }

/** `listed`: the first and the last seq of what changes lists. */
export type Grown = { horizon: bigint; heads: Map<StreamId, number>; listed: Map<StreamId, { first: number; last: number }> }
/** `like`: of a thousand events that costs a tenth of a millisecond, and as a regular expression a whole one. */
const IS_LISTED = `type like 'application.%' or type like 'campaign.%' or type like 'brand.%'`

/**
 * The one file that writes events. Followers read this log in order of commit; there is no outbox, and use cases publish
 * nothing themselves: whoever listens with `onCommit` hears of this process's commits, after they are on disk.
 */
export class EventLog implements EventSubscriber {
  readonly #pool: Pool
  readonly #commits: GroupCommit
  readonly #listeners = new Set<(committed: Committed[]) => void>()
  readonly #uncommitted = new WeakMap<object, Committed[]>()

  constructor(pool: Pool) {
    this.#pool = pool
    this.#commits = new GroupCommit(pool, (written) => this.#publish(grouped(written)))
  }

  /**
   * Adds entries to the caller's transaction, the nth as event n of its command. Locks their streams in id order, so it
   * comes after every entity's lock and only once: any other order deadlocks. `raises`: streams whose access changes with
   * it (member, block, room state). Their `access_version` rises under the same locks, so nothing checked before commits
   * after. `checked`: streams that the permission rests on though they get no entry. Throws `access.changed`,
   * `command.reused`, `resource.notFound`: the transaction must then be rolled back.
   */
  async append(
    em: EntityManager,
    entries: readonly Entry[],
    raises: readonly StreamId[] = [],
    checked: readonly Checked[] = [],
  ): Promise<Appended[]> {
    const transaction = transactionOf(em)
    if ('savepointName' in transaction)
      throw new Error('append belongs to the outermost transaction: it holds locks and announces the commit')
    const numbers = numbered(entries)
    const batch = entries.map((entry, i) => prepare(entry, numbers[i]!))
    const rows = await query<Row>(em, APPEND, appendArguments(batch, true, raises, checked))
    const written = rows.map((row) => {
      // A command that this stream has seen, in a transaction that thinks it new: it was used for something else.
      const error = refusal(row.outcome === 'repeat' ? 'reused' : row.outcome)
      if (error) throw error
      return { prepared: batch[row.i - 1]!, row }
    })
    this.#uncommitted.set(transaction, [...(this.#uncommitted.get(transaction) ?? []), ...grouped(written)])
    return written.map(appended)
  }

  /**
   * Adds one entry, and its `message` row, through the group commit; resolves once PostgreSQL has it on disk. A repeat gets
   * the first one's answer; with other content it is `command.reused`. Rejects for this entry alone: a bad one fails no
   * neighbour, a busy room holds up no other. A connection lost at COMMIT is retried with the same ids before
   * `server.unavailable`: the outcome is never guessed.
   */
  async submit(entry: Entry): Promise<Appended> {
    const prepared = prepare(entry, 0)
    return appended({ prepared, row: await this.#commits.submit(prepared) })
  }

  /** A stream's events after `after`, oldest first and without a hole: joining, and the gate's repairs. */
  readAfter(streamId: StreamId, after: number, limit: number): Promise<Reading> {
    return readAfter(this.#pool, { streamId, after, limit })
  }

  /**
   * Streams that grew since `horizon`, with their last seq, and the next horizon: nothing that commits later has a lower
   * tx. Null for the first call, which only sets out. On the primary; an open write anywhere in the cluster holds it back,
   * so what grew may be told again. `listed`: the same, of facts that change what lists of brands and deals show.
   */
  async grownSince(horizon: bigint | null): Promise<Grown> {
    type Row = { horizon: string; stream_id: StreamId | null; seq: string; first: string | null; last: string | null }
    const rows = await read<Row>(
      this.#pool,
      'grown_since',
      `select h.horizon, g.stream_id, g.seq, g.first, g.last
         from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (select max(tx_offset) from log_epoch) as horizon) h
         left join (select stream_id, max(seq) as seq, min(seq) filter (where ${IS_LISTED}) as first, max(seq) filter (where ${IS_LISTED}) as last
                      from event where tx >= $1 group by 1) g on true`,
      [horizon ?? '9223372036854775807'],
    )
    const heads = new Map<StreamId, number>()
    const listed: Grown['listed'] = new Map()
    for (const { stream_id, seq, first, last } of rows) {
      if (stream_id) heads.set(stream_id, Number(seq))
      if (stream_id && last !== null) listed.set(stream_id, { first: Number(first), last: Number(last) })
    }
    return { horizon: BigInt(rows[0]!.horizon), heads, listed }
  }

  /** Hears of what this process commits. Returns how to stop. */
  onCommit(listener: (committed: Committed[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** MikroORM calls this once a transaction is committed. */
  afterTransactionCommit({ transaction }: TransactionEventArgs): void {
    const committed = transaction && this.#uncommitted.get(transaction)
    if (committed) this.#publish(committed)
  }

  #publish(committed: Committed[]): void {
    for (const listener of this.#listeners) listener(committed)
  }
}

/** What `n` holds: a change of a team with more rooms than that is one command, too. */
const MOST_NUMBERED = 32_768
/** Which event of its command each is; where there are more than there are numbers, which of its stream. */
function numbered(entries: readonly Entry[]): number[] {
  if (entries.length <= MOST_NUMBERED) return entries.map((_, i) => i)
  const next = new Map<StreamId, number>()
  return entries.map(({ streamId }) => {
    const n = next.get(streamId) ?? 0
    next.set(streamId, n + 1)
    return n
  })
}

type Written = { prepared: Prepared; row: Row }

const appended = ({ prepared, row }: Written): Appended => ({
  id: prepared.id,
  streamId: prepared.entry.streamId,
  seq: Number(row.seq),
  at: row.at,
})

function grouped(written: readonly Written[]): Committed[] {
  const byStream = Map.groupBy(written, ({ prepared }) => prepared.entry.streamId)
  return Array.from(byStream, ([streamId, its]) => ({
    streamId,
    accessVersion: Number(its[0]!.row.access),
    events: its.map(({ prepared, row }) => toEnvelope(prepared, Number(row.seq), row.at)).sort((a, b) => a.seq - b.seq),
  }))
}

/** Creates an empty stream in the caller's transaction. */
export async function createStream(em: EntityManager, id: StreamId, kind: 'room' | 'user' | 'brand'): Promise<void> {
  await query(em, 'select create_stream($1, $2)', [id, kind])
}

/** Throws where the row of an id is asked for and is not there. */
export const notFound = (what: string) => new ParleyError('resource.notFound', `No such ${what}`)
