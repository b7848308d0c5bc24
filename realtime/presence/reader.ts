import type { Pool } from 'pg'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { type NodeId, readNodes } from '../../persistence/presence.ts'
import { Elsewhere } from './elsewhere.ts'

/** After so long without a look, rooms may have been forgotten that were never read as empty: all is read again, in ms. */
const STALE = 30_000
/** How long other nodes have to come back to tables that a crash has emptied, in ms. */
const GRACE = 7_000
const ALL = '0'

type Read = {
  /** Rooms where somebody came or went. */
  changed: RoomId[]
  /** Whether the database knows this node. */
  isKnown: boolean
  /** There is more to read at once. */
  isIncomplete: boolean
  /** There are other nodes that are dead. */
  hasDead: boolean
}

/** Reads what other nodes wrote, and finds out which of them are dead. By this process's clock only how long something took. */
export class Reader {
  readonly elsewhere = new Elsewhere()
  readonly #pool: Pool
  readonly #node: NodeId
  #horizon = ALL
  #readAt = Number.NEGATIVE_INFINITY
  #graceUntil = Number.NEGATIVE_INFINITY
  #known: ReadonlySet<NodeId> = new Set()
  readonly #now: () => number

  /** `now` in ms, never going back. */
  constructor(pool: Pool, node: NodeId, now = () => performance.now()) {
    this.#pool = pool
    this.#node = node
    this.#now = now
  }

  async read(): Promise<Read> {
    const startedAt = this.#now()
    const since = startedAt - this.#readAt > STALE ? ALL : this.#horizon
    const { horizon, alive, dead, changed: written } = await readNodes(this.#pool, this.#node, since)
    this.#readAt = startedAt
    const isKnown = alive.has(this.#node)
    if (!isKnown && !dead.has(this.#node)) this.#graceUntil = startedAt + GRACE
    const isGrace = startedAt < this.#graceUntil
    // Who was taken for dead and is not may have written before the horizon.
    const isIncomplete = since !== ALL && [...alive].some((node) => !this.#known.has(node))
    this.#horizon = isIncomplete || isGrace ? ALL : horizon
    this.#known = alive
    const told = written.filter(({ node }) => alive.has(node))
    const changed = since === ALL && !isGrace ? this.elsewhere.replace(told) : this.elsewhere.learn(told)
    if (!isGrace) changed.push(...this.elsewhere.keep(alive))
    return { changed, isKnown, isIncomplete, hasDead: [...dead].some((node) => node !== this.#node) }
  }
}
