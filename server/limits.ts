import { ParleyError } from '../client-sdk/contract/index.ts'

/** Spends one of this key's share; false when it is used up. `wait`: whole seconds until there is one again, at least 1. */
export interface Limiter {
  take(key: string): boolean
  wait(key: string): number
}
/** `burst` at once, and `perSecond` of them come back each second. */
export type Rate = { perSecond: number; burst: number }

/** One process's limits, each by its own key. With Redis what other nodes spent counts too, but for `sockets`. */
export type Limits = {
  /** By person, over the socket and REST together. */
  commands: Limiter
  /** By socket: one of them that is out of its mind leaves its person's others their share. */
  sockets: Limiter
  /** By room: writes, from everybody together. */
  rooms: Limiter
  /** By address: new sockets, and requests without a session. */
  addresses: Limiter
  signInsByAddress: SlowLimiter
  /** Of one e-mail from one address: guessing from elsewhere must not lock the owner out. */
  signInsByEmail: SlowLimiter
  /** Of one e-mail from everywhere together: guessing from many addresses has an end, too. */
  signInsAnywhere: SlowLimiter
  /** By person: mails that they have us write to people of their choice. */
  mails: Limiter
  /** By person and address: nobody is buried in invitations. */
  mailsTo: Limiter
  /** By person: campaigns made. A change of a brand's team writes into every room that the brand has. */
  campaigns: Limiter
  /** By person: campaigns looked for by words, which can cost more than anything else that is read. */
  searches: Limiter
  /** By person: proofs, each of which reads all of a room's log. */
  proofs: Limiter
}
/** May ask other nodes first. */
export type SlowLimiter = { take(key: string): boolean | Promise<boolean>; wait(key: string): number }

/** What is beyond which limit, and the variable that sets it. */
const words: Record<keyof Limits, string> = {
  commands: 'Too many commands from you (RATE_PER_SECOND)',
  sockets: 'Too many commands on this connection (SOCKET_RATE_PER_SECOND)',
  rooms: 'Too much is written in this room (ROOM_RATE_PER_SECOND)',
  addresses: 'Too many connections or requests from your address (ADDRESS_RATE_PER_SECOND)',
  signInsByAddress: 'Too many attempts to sign in from your address (SIGN_INS_PER_ADDRESS)',
  signInsByEmail: 'Too many attempts to sign in (SIGN_INS_PER_EMAIL)',
  signInsAnywhere: 'Too many attempts to sign in (SIGN_INS_PER_EMAIL)',
  mails: 'You have invited too many people today',
  mailsTo: 'You have invited this address too often',
  campaigns: 'You have made too many campaigns today',
  searches: 'Too many searches from you',
  proofs: 'Too many proofs for you',
}

/** The error for whom a limit has just refused, with when to come again. */
export function limited(limits: Limits, name: keyof Limits, key: string): ParleyError {
  const retryAfter = limits[name].wait(key)
  return new ParleyError('rate.limited', `${words[name]}; wait ${retryAfter} s`, { retryAfter })
}

/** Takes so many commands of a person's rate for one, of which the door has taken the first. Throws `rate.limited`. */
export function spendAs(limits: Limits, userId: string, commands: number): void {
  for (let i = 1; i < commands; i++) if (!limits.commands.take(userId)) throw limited(limits, 'commands', userId)
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
    const bucket = this.#filled(key)
    const allowed = bucket.left >= 1
    if (allowed) bucket.left -= 1
    this.#buckets.delete(key)
    if (this.#buckets.size >= this.#most) this.#buckets.delete(this.#buckets.keys().next().value!)
    this.#buckets.set(key, bucket)
    return allowed
  }

  /** What was spent elsewhere of a key that is known here. No debt is longer than it takes to fill the bucket once. */
  charge(key: string, spent: number): void {
    if (!this.#buckets.has(key)) return
    const bucket = this.#filled(key)
    bucket.left = Math.max(-this.#rate.burst, bucket.left - spent)
  }

  wait(key: string): number {
    return Math.max(1, Math.ceil((1 - this.#filled(key).left) / this.#rate.perSecond))
  }

  /** With what came back since it was last asked about. */
  #filled(key: string): { left: number; at: number } {
    const now = this.#now()
    const bucket = this.#buckets.get(key) ?? { left: this.#rate.burst, at: now }
    bucket.left = Math.min(this.#rate.burst, bucket.left + ((now - bucket.at) / 1_000) * this.#rate.perSecond)
    bucket.at = now
    return bucket
  }
}

/** Limits that nobody reaches: tools, benches and tests. */
export function unlimited(): Limits {
  const plenty = new TokenBuckets({ perSecond: 1_000_000, burst: 1_000_000 })
  return {
    commands: plenty,
    sockets: plenty,
    rooms: plenty,
    addresses: plenty,
    signInsByAddress: plenty,
    signInsByEmail: plenty,
    signInsAnywhere: plenty,
    mails: plenty,
    mailsTo: plenty,
    campaigns: plenty,
    searches: plenty,
    proofs: plenty,
  }
}
