import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type ApplicationPlace, ParleyError, ProposeOffer } from '../client-sdk/contract/index.ts'
import { rest } from '../client-sdk/src/rest.ts'
import { randomFrom } from '../persistence/testing/random.ts'
import { submitApplication } from '../server/applications/submit-application.ts'
import { openCampaign, submission } from '../server/applications/testing.ts'
import { someTerms } from '../server/deals/testing.ts'
import { foreseen } from '../server/foreseen.ts'
import { proposeOffer } from '../server/offers/propose-offer.ts'
import { soon } from '../server/offers/testing.ts'
import { commandId, type TestPerson, type World } from '../server/testing.ts'

/** At once, as many as the machine takes. */
const LANES = 8
export async function inLanes<T>(count: number, one: (n: number, lane: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (which: number) => {
    while (next < count) {
      const n = next++
      results[n] = await one(n, which)
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, which) => lane(which)))
  return results
}

/** The same again, while PostgreSQL does not answer in time: this machine has a lot to do. */
async function insisting<T>(order: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await order()
    } catch (error) {
      const known = foreseen(error)
      if (tries > 20 || !(known instanceof ParleyError && known.retryable)) throw error
    }
  }
}

type Deal = ApplicationPlace & { manager: TestPerson; creator: TestPerson }
/** So many applications, to a campaign for each lane. */
export async function applications(w: World, count: number): Promise<Deal[]> {
  const campaigns = await Promise.all(Array.from({ length: LANES }, () => openCampaign(w)))
  return inLanes(count, async (_n, lane) => {
    const { campaignId, manager } = campaigns[lane]!
    const creator = await insisting(() => w.person())
    const order = submission(campaignId)
    return { ...(await insisting(() => submitApplication(w.as(creator), order))), manager, creator }
  })
}

/** `said`: what the hub has answered whoever accepted; null for nobody who did. */
export type Played = Deal & { until: string; said: Promise<string | null> }
type Play = { url: string; seed: number; window: { least: number; most: number } }
/**
 * The brand proposes terms to each, that run out within the window, in ms; about a third are accepted near the end: from 8 s before to half a
 * second after. Whoever gets no answer asks again, by the same id, for as long as it takes.
 */
export function play(w: World, deals: readonly Deal[], { url, seed, window: { least, most } }: Play): Promise<Played[]> {
  const random = randomFrom(seed)
  return inLanes(deals.length, async (n) => {
    const deal = deals[n]!
    const validUntil = soon(least + random() * (most - least))
    const order = ProposeOffer.parse({ commandId: commandId(), applicationId: deal.applicationId, terms: someTerms(), validUntil })
    const { hash } = await insisting(() => proposeOffer(w.as(deal.manager), order))
    const moment = Date.parse(validUntil) - 8_000 + random() * 8_500
    const said = random() < 1 / 3 ? accept(w, deal, { url, hash, moment }) : Promise.resolve(null)
    return { ...deal, until: validUntil, said }
  })
}

const PATIENCE = 120_000
type Accepting = { url: string; hash: string; moment: number }
async function accept(w: World, { creator, applicationId }: Deal, { url, hash, moment }: Accepting): Promise<string> {
  await sleep(Math.max(0, moment - Date.now()))
  let token: string | undefined
  const id = commandId()
  const keyed: typeof fetch = (input, init) => fetch(input, { ...init, headers: { ...init?.headers, 'idempotency-key': id } })
  for (const until = Date.now() + PATIENCE; ; await sleep(200)) {
    try {
      token ??= (await w.session(creator)).accessToken
      await rest(keyed, url, `/api/v1/applications/${applicationId}/offers/1/accept`, { method: 'POST', token, body: { hash } })
      return 'ok'
    } catch (error) {
      const { code, retryable } = error as { code?: string; retryable?: boolean }
      if (retryable === false || Date.now() > until) return code ?? String(error)
    }
  }
}

export type Outcome = {
  applicationId: string
  state: string
  /** Of its one version: what ended it, in order, when, and what the hub swears when. */
  ends: string[]
  at: Date
  attested: Date | null
  until: Date
  /** How many there are, and how many differ. */
  reminders: number
  different: number
}
/** What the log says of each application. */
export async function outcomes(superuser: pg.Client): Promise<Map<string, Outcome>> {
  const { rows } = await superuser.query<Outcome>(
    `select a.id as "applicationId", a.state, e.ends, e.at, e.attested, v.until, r.reminders, r.different
       from application a
       join lateral (select (deal::json ->> 'validUntil')::timestamptz as until
         from event where stream_id = a.room_id and type = 'offer.proposed') v on true
       cross join lateral (select array_agg(type order by seq) as ends, min(at) as at,
           min((deal::json -> 'attestation' ->> 'at')::timestamptz) as attested
         from event where stream_id = a.room_id and type in ('offer.accepted', 'offer.expired', 'offer.declined', 'offer.withdrawn')) e
       cross join lateral (select count(*)::int as reminders, count(distinct (type, deal))::int as different
         from event where stream_id = a.room_id and type like '%.reminded') r`,
  )
  return new Map(rows.map((row) => [row.applicationId, row]))
}
