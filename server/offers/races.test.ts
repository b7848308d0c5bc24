import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ErrorCode, type Offer, openOffer, ParleyError } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { declineCancelled } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { countsOf, eventsOf } from '../applications/testing.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import type { Ctx } from '../ctx.ts'
import { counter, dealNow, type Parties, parties, propose, provedBy } from '../deals/testing.ts'
import { dealContradictions } from '../deals/testing-contradictions.ts'
import { rowOf } from '../deals/testing-work.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { acceptOffer } from './accept-offer.ts'
import { expireOffers } from './expire-offers.ts'
import { closeOffer, expiresAt, soon, until } from './testing.ts'

const ROUNDS = 12
let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  const all = Object.entries(dealContradictions).map(([name, sql]) => `select '${name}' as name where exists (${sql})`)
  expect((await superuser.query(all.join(' union all '))).rows).toEqual([])
  await superuser.end()
  await w.close()
})

type Scene = Parties & Pick<Offer, 'offer' | 'hash'>
/** An offer by one side; `ms`: how long it is good. */
async function scene(by: 'creator' | 'manager', ms?: number): Promise<Scene & { validUntil: string | null }> {
  const its = await parties(w)
  const validUntil = ms === undefined ? null : soon(ms)
  const { offer, hash } = await propose(w, by === 'creator' ? its.creator : its.campaign.manager, its, { validUntil })
  return { ...its, offer, hash, validUntil }
}
/** Whose session is open already, so that only the acceptance itself is left. */
async function acceptance(its: Scene, who: TestPerson): Promise<() => Promise<unknown>> {
  const ctx = await provedBy(w, who)
  const { applicationId, offer, hash } = its
  return () => acceptOffer(ctx, { commandId: commandId(), applicationId, offer, hash })
}
const move =
  (who: TestPerson, { applicationId }: Scene, move: 'decline' | 'withdraw') =>
  () =>
    moveApplication(w.as(who), { commandId: commandId(), applicationId, version: 2, move })

type Outcome = 'ok' | ErrorCode
/** All at once, each a little later or earlier than it would be. */
const race = (...orders: (() => Promise<unknown>)[]): Promise<Outcome[]> =>
  Promise.all(
    orders.map(async (order): Promise<Outcome> => {
      try {
        await new Promise((done) => setTimeout(done, Math.random() * 4))
        await order()
        return 'ok'
      } catch (error) {
        if (error instanceof ParleyError) return error.code
        throw error
      }
    }),
  )

/** Nothing has two outcomes, and the row says what the log says. Says which outcomes there are. */
async function settled(its: Scene): Promise<string[]> {
  const deal = await dealNow(w, its)
  const row = await rowOf(w, its)
  expect(row).toMatchObject({ state: deal.state, version: deal.version })
  expect(await expiresAt(w, its)).toBe(openOffer(deal)?.validUntil ?? null)
  const events = await eventsOf(w, its.roomId)
  const ends = events.filter(({ type }) => /^offer\.(accepted|declined|withdrawn|expired)$/.test(type))
  expect(ends.length).toBeLessThanOrEqual(1)
  expect(deal.binding !== null).toBe(ends[0]?.type === 'offer.accepted')
  const moves = events.filter(({ type }) => type === 'application.statusChanged')
  expect(moves.map((event) => (event.data.deal as { version: number }).version)).toEqual(moves.map((_, i) => i + 2))
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
  const { counted, real } = await countsOf(w, its.campaign.campaignId)
  expect(counted).toEqual(real)
  return [...ends.map(({ type }) => type), deal.state]
}
const rounds = async (round: () => Promise<void>) => {
  for (let n = 0; n < ROUNDS; n += 3) await Promise.all([round(), round(), round()])
}
/** Again until it is done: another round may have it in hand. */
const swept = async (step: (ctx: Ctx) => Promise<number>, isDone: () => Promise<boolean>) =>
  expect.poll(async () => (await step(w.asSystem())) >= 0 && isDone()).toBe(true)
const PATIENCE = { timeout: 60_000 }

test('of two acceptances one binds, whoever gives them, and the other is told so', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('creator')
    const { owner, manager } = its.campaign
    const outcomes = await race(await acceptance(its, owner), await acceptance(its, manager), await acceptance(its, manager))
    expect(outcomes.sort()).toEqual(['offer.accepted', 'offer.accepted', 'ok'])
    expect(await settled(its)).toEqual(['offer.accepted', 'agreed'])
  })
})

test('what is accepted and withdrawn at once is one of the two', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('manager')
    const [accepted, withdrawn] = await race(await acceptance(its, its.creator), () =>
      closeOffer(w, 'withdraw', its.campaign.owner, its, 1),
    )
    expect(`${accepted} ${withdrawn}`).toBe(accepted === 'ok' ? 'ok offer.accepted' : 'offer.withdrawn ok')
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['offer.withdrawn', 'negotiating'])
  })
})

test('what is accepted and declined at once by two of a team is one of the two', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('creator')
    const [accepted, declined] = await race(await acceptance(its, its.campaign.owner), () =>
      closeOffer(w, 'decline', its.campaign.manager, its, 1),
    )
    expect(`${accepted} ${declined}`).toBe(accepted === 'ok' ? 'ok offer.accepted' : 'offer.declined ok')
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['offer.declined', 'negotiating'])
  })
})

test('what is accepted and countered at once by two of a team is one of the two', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('creator')
    const [accepted, countered] = await race(await acceptance(its, its.campaign.owner), () => counter(w, its.campaign.manager, its, 1))
    expect(`${accepted} ${countered}`).toBe(accepted === 'ok' ? 'ok offer.accepted' : 'offer.countered ok')
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['negotiating'])
    expect(openOffer(await dealNow(w, its))?.offer).toBe(accepted === 'ok' ? undefined : 2)
  })
})

test('what is accepted in the moment in which it runs out is one of the two, by one clock', PATIENCE, async () => {
  await rounds(async () => {
    const { validUntil, ...its } = await scene('manager', 1_000)
    if (!validUntil) throw new Error('It is good for ever')
    const accept = await acceptance(its, its.creator)
    await until(new Date(Date.parse(validUntil) - 5 - Math.random() * 80).toISOString())
    const [accepted] = await race(accept, async () => {
      for (let n = 0; n < 10; n++) await expireOffers(w.asSystem())
    })
    await until(validUntil)
    await swept(expireOffers, async () => (await expiresAt(w, its)) === null)
    expect(['ok', 'offer.expired']).toContain(accepted)
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['offer.expired', 'negotiating'])
    const { acceptance: proof } = (await dealNow(w, its)).offers[0]!
    if (proof) expect(proof.attestation.at <= proof.at && proof.at < validUntil).toBe(true)
  })
})

test('what had to wait for the log until its time was over is not accepted', PATIENCE, async () => {
  const { validUntil, ...its } = await scene('manager', 1_000)
  if (!validUntil) throw new Error('It is good for ever')
  const accept = await acceptance(its, its.creator)
  await superuser.query('begin')
  await superuser.query('select 1 from stream where id = $1 for update', [its.roomId])
  const accepted = race(accept)
  await until(validUntil)
  await superuser.query('commit')
  expect(await accepted).toEqual(['offer.expired'])
  await swept(expireOffers, async () => (await expiresAt(w, its)) === null)
  expect(await settled(its)).toEqual(['offer.expired', 'negotiating'])
})

test('somebody who accepts while they are taken out of the team has done it before, or not at all', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('creator')
    const { owner, manager, brandId } = its.campaign
    const [accepted, removed] = await race(await acceptance(its, manager), () =>
      removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId }),
    )
    expect(removed).toBe('ok')
    expect(['ok', 'resource.notFound']).toContain(accepted)
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['negotiating'])
    const types = (await eventsOf(w, its.roomId)).map(({ type }) => type)
    expect(types.indexOf('offer.accepted')).toBeLessThan(types.indexOf('room.memberRemoved'))
  })
})

test('what is accepted while the campaign is cancelled is agreed, or is declined by the platform', PATIENCE, async () => {
  await rounds(async () => {
    const its = await scene('manager')
    const { owner, campaignId } = its.campaign
    const [accepted, cancelled] = await race(await acceptance(its, its.creator), () =>
      moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' }),
    )
    expect(cancelled).toBe('ok')
    await swept(declineCancelled, async () => (await rowOf(w, its)).state !== 'negotiating')
    expect(['ok', 'application.illegalMove']).toContain(accepted)
    expect(await settled(its)).toEqual(accepted === 'ok' ? ['offer.accepted', 'agreed'] : ['declined'])
  })
})

test.each(['decline', 'withdraw'] as const)(
  'what is accepted while the application is ended (%s) is one of the two',
  PATIENCE,
  async (ending) => {
    await rounds(async () => {
      const its = await scene(ending === 'decline' ? 'creator' : 'manager')
      const { owner, manager } = its.campaign
      const accepter = ending === 'decline' ? manager : its.creator
      const ender = ending === 'decline' ? owner : its.creator
      const [accepted, ended] = await race(await acceptance(its, accepter), move(ender, its, ending))
      expect(`${accepted} ${ended}`).toBe(accepted === 'ok' ? 'ok resource.stale' : 'offer.expired ok')
      expect(await settled(its)).toEqual(
        accepted === 'ok' ? ['offer.accepted', 'agreed'] : [ending === 'decline' ? 'declined' : 'withdrawn'],
      )
    })
  },
)

test('of proposals at once one is made', PATIENCE, async () => {
  await rounds(async () => {
    const its = await parties(w)
    const { owner, manager } = its.campaign
    const outcomes = await race(...[owner, manager, its.creator].map((who) => () => propose(w, who, its)))
    expect(outcomes.sort()).toEqual(['offer.exists', 'offer.exists', 'ok'])
    expect(await settled({ ...its, offer: 1, hash: '' })).toEqual(['negotiating'])
  })
})
