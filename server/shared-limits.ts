import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Redis } from '../persistence/redis.ts'
import { type Limiter, type Rate, type SlowLimiter, TokenBuckets } from './limits.ts'

/** How often a node tells the others what was spent on it, in ms. */
const EVERY = 200
/** Keys told at once; the others wait for the next turn. */
const AT_ONCE = 1_000
/** Keys whose count is remembered between two turns, and blocked keys. */
const MOST = 50_000
/** The longest that spending is counted in one piece, in seconds. */
const LONGEST_WINDOW = 15 * 60
/** Points that nobody reaches: the counter only counts, and the buckets decide. */
const NO_END = Number.MAX_SAFE_INTEGER

const counter = ({ counters }: Redis, name: string, points: number, duration: number) =>
  new RateLimiterRedis({ storeClient: counters, keyPrefix: `parley/${name}`, points, duration, rejectIfRedisNotReady: true })

/**
 * A bucket on each node decides at once. What was spent on it is added up in Redis, a few times a second and once per key,
 * and each node's bucket is charged with what the others spent. So all nodes together allow what one would, but for what is
 * spent before they hear of each other. With Redis away each bucket goes on alone.
 */
export class SharedLimiter implements Limiter {
  readonly #buckets: TokenBuckets
  readonly #counter: RateLimiterRedis
  #spent = new Map<string, number>()
  /** What Redis had counted of a key when it was last told, and when that count ends. */
  readonly #seen = new Map<string, { total: number; until: number }>()

  constructor(redis: Redis, name: string, rate: Rate) {
    this.#buckets = new TokenBuckets(rate)
    // As long as an empty bucket takes to fill: what is older than that has come back.
    const window = Math.min(LONGEST_WINDOW, Math.max(1, Math.ceil(rate.burst / rate.perSecond)))
    this.#counter = counter(redis, name, NO_END, window)
  }

  take(key: string): boolean {
    const allowed = this.#buckets.take(key)
    if (allowed) this.#spent.set(key, (this.#spent.get(key) ?? 0) + 1)
    return allowed
  }

  wait(key: string): number {
    return this.#buckets.wait(key)
  }

  /** What cannot be told is forgotten: a Redis that comes back counts from there. */
  async tell(canTell: boolean): Promise<void> {
    const spent = [...this.#spent]
    this.#spent = new Map(canTell ? spent.slice(AT_ONCE) : [])
    if (canTell) await Promise.all(spent.slice(0, AT_ONCE).map(([key, count]) => this.#tellOne(key, count)))
  }

  async #tellOne(key: string, spent: number): Promise<void> {
    const counted = await this.#counter.consume(key, spent).catch(() => null)
    if (!counted) return
    const now = performance.now()
    const seen = this.#seen.get(key)
    const others = counted.consumedPoints - spent - (seen && seen.until > now ? seen.total : 0)
    if (others > 0) this.#buckets.charge(key, others)
    this.#seen.delete(key)
    if (this.#seen.size >= MOST) this.#seen.delete(this.#seen.keys().next().value!)
    this.#seen.set(key, { total: counted.consumedPoints, until: now + counted.msBeforeNext })
  }
}

/** Until Redis is closed. A slow answer holds up the next turn, so that nothing piles up. */
export function tellOften(redis: Redis, limiters: readonly SharedLimiter[]): void {
  let isTelling = false
  const turn = async () => {
    if (redis.counters.status === 'end') clearInterval(timer)
    if (isTelling) return
    isTelling = true
    const canTell = redis.counters.status === 'ready'
    for (const limiter of limiters) await limiter.tell(canTell)
    isTelling = false
  }
  const timer = setInterval(() => void turn(), EVERY).unref()
}

type Window = { name: string; count: number; seconds: number }

/** So many in a window that all nodes share, asked of Redis each time; while it is away this node's bucket decides alone. */
export class ExactLimiter implements SlowLimiter {
  readonly #buckets: TokenBuckets
  readonly #counter: RateLimiterRedis
  /** Keys that Redis refused, and until when. */
  readonly #refused = new Map<string, number>()

  constructor(redis: Redis, buckets: TokenBuckets, { name, count, seconds }: Window) {
    this.#buckets = buckets
    this.#counter = counter(redis, name, count, seconds)
  }

  async take(key: string): Promise<boolean> {
    if (this.#isRefused(key) || !this.#buckets.take(key)) return false
    try {
      await this.#counter.consume(key)
      return true
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) return true
      if (this.#refused.size >= MOST) this.#refused.delete(this.#refused.keys().next().value!)
      this.#refused.set(key, performance.now() + error.msBeforeNext)
      return false
    }
  }

  wait(key: string): number {
    const until = this.#refused.get(key)
    return until === undefined ? this.#buckets.wait(key) : Math.max(1, Math.ceil((until - performance.now()) / 1_000))
  }

  #isRefused(key: string): boolean {
    const until = this.#refused.get(key) ?? 0
    if (until > performance.now()) return true
    this.#refused.delete(key)
    return false
  }
}
