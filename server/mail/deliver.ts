import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { MailId } from '../../client-sdk/contract/index.ts'
import { claimMail, dropMail, dueMail, handMailOver, layMailAside, releaseMail } from '../../persistence/mail.ts'
import type { Mailer } from '../ports.ts'
import type { Links } from './render.ts'
import { attempt, CLAIM } from './send-mail.ts'

/** In seconds. */
const FIRST_PAUSE = 15
const LONGEST_PAUSE = 3_600
/** Nobody waits longer for a mail (RFC 5321, section 4.5.4.1), and what it lets in is to lie about no longer. */
const GIVE_UP = 5 * 86_400
/** When to look again at what somebody else carries. */
const CARRIED = 3_600
/** At once. */
const BATCH = 5
/** In ms. */
const POLL = 1_000
const LONGEST_WAIT = 30_000
/** How long whoever could carry a mail may take to say so. */
const CARRY_PATIENCE = 5_000
/** How long a stop waits for what is on its way. */
const FAREWELL = 5_000

type Told = { id: MailId; tries: number; failure: string; gaveUp: boolean }
type Ports = {
  pool: Pool
  mailer: Mailer
  links: Links
  /** Hands a mail to somebody who brings it to its server, however often it is handed over; false where that cannot be done now. */
  carry?(mailId: MailId): Promise<boolean>
  failed?(mail: Told): void
  /** The database's; the next look is later. */
  broken?(error: unknown): void
  /** For tests: in ms, and in seconds. */
  poll?: number
  firstPause?: number
}
export type Delivery = { stop(): Promise<void> }

/**
 * Looks after what waits, until it is stopped: hands it over where somebody carries it, else sends it. Any number of processes may: each
 * mail is claimed by one, and is gone once it is sent. Who dies in between leaves a mail that may go a second time, under the same id.
 */
export function deliverMail({ pool, mailer, links, carry, failed, broken, poll = POLL, firstPause = FIRST_PAUSE }: Ports): Delivery {
  const stopping = new AbortController()

  async function look(id: MailId): Promise<void> {
    if (carry && (await isCarried(carry, id))) return handMailOver(pool, id, CARRIED)
    const mail = await claimMail(pool, id, CLAIM)
    if (mail === null || mail === 'held') return
    const failure = await attempt(mailer, links, mail)
    if (!failure) return dropMail(pool, mail)
    const { message: why } = failure
    const gaveUp = failure.isFinal || mail.age > GIVE_UP
    failed?.({ id, tries: mail.tries, failure: why, gaveUp })
    if (gaveUp) await layMailAside(pool, id, why)
    else await releaseMail(pool, mail, why, pauseAfter(mail.tries, firstPause))
  }

  async function run(): Promise<void> {
    for (let faults = 0; !stopping.signal.aborted; ) {
      try {
        const due = await dueMail(pool, BATCH, CLAIM)
        const looked = await Promise.allSettled(due.map(look))
        const fault = looked.find((one) => one.status === 'rejected')
        if (fault) throw fault.reason
        faults = 0
        if (due.length < BATCH) await pause(poll)
      } catch (error) {
        broken?.(error)
        await pause(Math.min(poll * 2 ** ++faults, LONGEST_WAIT))
      }
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})
  const running = run()
  const stop = async () => {
    stopping.abort()
    const patience = new AbortController()
    await Promise.race([running, sleep(FAREWELL, undefined, { signal: patience.signal }).catch(() => {})])
    patience.abort()
  }
  return { stop }
}

/** Whoever does not say so in time may carry it all the same: a mail is in one pair of hands at a time. */
async function isCarried(carry: NonNullable<Ports['carry']>, id: MailId): Promise<boolean> {
  const patience = new AbortController()
  const tooLate = sleep(CARRY_PATIENCE, false, { signal: patience.signal }).catch(() => false)
  const answer = await Promise.race([carry(id).catch(() => false), tooLate])
  patience.abort()
  return answer
}

/** Twice as long after each try, in seconds. */
export const pauseAfter = (tries: number, first = FIRST_PAUSE) => Math.min(first * 2 ** (tries - 1), LONGEST_PAUSE)
