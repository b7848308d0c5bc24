import { isIPv6 } from 'node:net'
import type { Config } from './config.ts'

/** Spends one of this key's share; false when it is used up. */
export interface Limiter {
  take(key: string): boolean
}
/** `burst` at once, and `perSecond` of them come back each second. */
export type Rate = { perSecond: number; burst: number }
/** One process's limits. `commands` is by person, over the socket and REST together. */
export type Limits = {
  commands: Limiter
  signInsByAddress: Limiter
  /** Of one e-mail from one address: guessing from elsewhere must not lock the owner out. */
  signInsByEmail: Limiter
  /** Of one e-mail from everywhere together: guessing from many addresses has an end, too. */
  signInsAnywhere: Limiter
}

/** So many keys are known at once; each takes about 200 bytes. */
const MOST = 50_000

/**
 * A token bucket per key. Memory is bounded: beyond `most` the key that was asked about longest ago is forgotten, whose
 * bucket is the likeliest to be full again.
 */
export class TokenBuckets implements Limiter {
  readonly #rate: Rate
  readonly #now: () => number
  readonly #most: number
  /** The one asked about longest ago first. */
  readonly #buckets = new Map<string, { left: number; at: number }>()

  /** `now` in milliseconds, never going back. */
  constructor(rate: Rate, now = () => performance.now(), most = MOST) {
    this.#rate = rate
    this.#now = now
    this.#most = most
  }

  take(key: string): boolean {
    const now = this.#now()
    const bucket = this.#buckets.get(key) ?? { left: this.#rate.burst, at: now }
    bucket.left = Math.min(this.#rate.burst, bucket.left + ((now - bucket.at) / 1_000) * this.#rate.perSecond)
    bucket.at = now
    const allowed = bucket.left >= 1
    if (allowed) bucket.left -= 1
    this.#buckets.delete(key)
    if (this.#buckets.size >= this.#most) this.#buckets.delete(this.#buckets.keys().next().value!)
    this.#buckets.set(key, bucket)
    return allowed
  }
}

/** Sign-ins are counted over this, in seconds. */
const SIGN_IN_WINDOW = 15 * 60
/** So many times what one address may. */
const ANYWHERE = 10
const signIns = (count: number) => new TokenBuckets({ perSecond: count / SIGN_IN_WINDOW, burst: count })

export const limitsFrom = (config: Pick<Config, 'rate' | 'signInsPerAddress' | 'signInsPerEmail'>): Limits => ({
  commands: new TokenBuckets(config.rate),
  signInsByAddress: signIns(config.signInsPerAddress),
  signInsByEmail: signIns(config.signInsPerEmail),
  signInsAnywhere: signIns(config.signInsPerEmail * ANYWHERE),
})

/** What one household or machine cannot change at will: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  const first = [...groups, ...zeros, ...rest].slice(0, 4)
  return `${first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
