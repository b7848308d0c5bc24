import type { Redis } from '../persistence/redis.ts'
import type { Config } from './config.ts'
import { type Limits, type Rate, TokenBuckets } from './limits.ts'
import { ExactLimiter, SharedLimiter, tellOften } from './shared-limits.ts'

/** Sign-ins are counted over this, in seconds. */
const SIGN_IN_WINDOW = 15 * 60
/** So many times what one address may. */
const ANYWHERE = 10
/** Mails that one person has us write in a day; and to one address, of which one comes back every so many seconds. */
const MAILS_A_DAY = { perSecond: 2_000 / 86_400, burst: 2_000 }
const MAILS_TO_ONE = { perSecond: 1 / 600, burst: 3 }
/** A day's. */
const CAMPAIGNS = { perSecond: 500 / 86_400, burst: 500 }
const SEARCHES = { perSecond: 2, burst: 20 }
/** A proof may be as long as a room's whole log. */
const PROOFS = { perSecond: 1 / 10, burst: 10 }

type Settings = Pick<Config, 'rate' | 'socketRate' | 'roomRate' | 'addressRate' | 'signInsPerAddress' | 'signInsPerEmail'>

/** With Redis the nodes count together; while it is away, and without it, each node counts for itself. */
export function limitsFrom(config: Settings, redis: Redis | null = null): Limits {
  const shared: SharedLimiter[] = []
  const limiter = (name: string, rate: Rate) => {
    if (!redis) return new TokenBuckets(rate)
    shared.push(new SharedLimiter(redis, name, rate))
    return shared.at(-1)!
  }
  const signIns = (name: string, count: number) => {
    const local = new TokenBuckets({ perSecond: count / SIGN_IN_WINDOW, burst: count })
    return redis ? new ExactLimiter(redis, local, { name, count, seconds: SIGN_IN_WINDOW }) : local
  }
  const limits: Limits = {
    commands: limiter('commands', config.rate),
    sockets: new TokenBuckets(config.socketRate),
    rooms: limiter('rooms', config.roomRate),
    addresses: limiter('addresses', config.addressRate),
    signInsByAddress: signIns('sign-ins/address', config.signInsPerAddress),
    signInsByEmail: signIns('sign-ins/email', config.signInsPerEmail),
    signInsAnywhere: signIns('sign-ins/anywhere', config.signInsPerEmail * ANYWHERE),
    mails: limiter('mails', MAILS_A_DAY),
    mailsTo: limiter('mails/to', MAILS_TO_ONE),
    campaigns: limiter('campaigns', CAMPAIGNS),
    searches: limiter('searches', SEARCHES),
    proofs: limiter('proofs', PROOFS),
  }
  if (redis) tellOften(redis, shared)
  return limits
}
