import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { claimMail, type DueMail, dropMail, putMailOff } from '../../persistence/mail.ts'
import { type Mailer, MailFailure } from '../ports.ts'

/** In seconds. A claim outlasts a sending: while one is under way, nobody else sends the same. */
const CLAIM = 120
const FIRST_PAUSE = 15
const LONGEST_PAUSE = 3_600
/** Nobody waits longer for a mail (RFC 5321, section 4.5.4.1), and what it lets in is to lie about no longer. */
const GIVE_UP = 5 * 86_400
/** At once. */
const BATCH = 5
/** In ms. */
const POLL = 1_000
const LONGEST_WAIT = 30_000
/** How long a stop waits for what is on its way. */
const FAREWELL = 5_000

type Told = { id: string; tries: number; failure: string; gaveUp: boolean }
type Ports = {
  pool: Pool
  mailer: Mailer
  failed?(mail: Told): void
  /** The database's; the next look is later. */
  broken?(error: unknown): void
  /** For tests: in ms, and in seconds. */
  poll?: number
  firstPause?: number
}
export type Delivery = {
  /** Why nothing could be sent, and since when; null while it can. */
  failure(): { since: Date; why: string } | null
  stop(): Promise<void>
}

/**
 * Sends what waits, until it is stopped. Any number of processes may: each mail is claimed by one, and is gone once it is sent. Who
 * dies in between leaves a mail that may go a second time, under the same id.
 */
export function deliverMail({ pool, mailer, failed, broken, poll = POLL, firstPause = FIRST_PAUSE }: Ports): Delivery {
  const stopping = new AbortController()
  let failure: { since: Date; why: string } | null = null

  async function send(mail: DueMail): Promise<void> {
    try {
      await mailer.send({ id: mail.id, to: mail.to, subject: mail.subject, text: mail.text })
      failure = null
    } catch (error) {
      const why = error instanceof MailFailure ? error.message : 'the mailer broke'
      const isReached = error instanceof MailFailure && error.ofMail
      failure = isReached ? null : { since: failure?.since ?? new Date(), why }
      const gaveUp = mail.age > GIVE_UP
      failed?.({ id: mail.id, tries: mail.tries, failure: why, gaveUp })
      if (!gaveUp) return putMailOff(pool, mail, pauseAfter(mail.tries, firstPause), why)
    }
    await dropMail(pool, mail)
  }

  async function run(): Promise<void> {
    for (let faults = 0; !stopping.signal.aborted; ) {
      try {
        const due = await claimMail(pool, BATCH, CLAIM)
        const sent = await Promise.allSettled(due.map(send))
        const fault = sent.find((one) => one.status === 'rejected')
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
  return { failure: () => failure, stop }
}

/** Twice as long after each try, in seconds. */
export const pauseAfter = (tries: number, first = FIRST_PAUSE) => Math.min(first * 2 ** (tries - 1), LONGEST_PAUSE)
