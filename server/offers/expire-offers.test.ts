import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Envelope, openOffer, type RoomId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { declineCancelled, expireDueApplications } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { eventsOf, pass } from '../applications/testing.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { accept, agreed, dealNow, type Parties, parties, propose } from '../deals/testing.ts'
import { cancel, handIn, rowOf } from '../deals/testing-work.ts'
import { type Sweeping, sweep } from '../sweep/sweep.ts'
import { commandId, type World, world } from '../testing.ts'
import { expireOffers } from './expire-offers.ts'
import { expiresAt, lapsing, soon, until } from './testing.ts'
import { everything } from './testing-refusals.ts'

let w: World
let superuser: pg.Client
const sweeping: Sweeping[] = []
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterEach(() => Promise.all(sweeping.splice(0).map((one) => one.stop())))
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const lapsed = (count: number): Promise<Parties[]> => Promise.all(Array.from({ length: count }, () => lapsing(w)))
const expiries = async ({ roomId }: { roomId: RoomId }): Promise<Envelope[]> =>
  (await eventsOf(w, roomId)).filter(({ type }) => type === 'offer.expired')
/** The log and the row agree that nothing waits any more. */
async function assertNothingWaits(its: Parties): Promise<void> {
  const deal = await dealNow(w, its)
  expect(openOffer(deal)).toBeNull()
  expect(await rowOf(w, its)).toMatchObject({ state: deal.state, version: deal.version })
  expect(await expiresAt(w, its)).toBeNull()
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
}

test('offers whose time is over expire once, however many sweep, by the platform, and the applications stay as they are', async () => {
  const deals = await lapsed(6)
  const ctx = w.asSystem
  const moved = await Promise.all([expireOffers(ctx()), expireOffers(ctx()), expireOffers(ctx())])
  expect(moved.reduce((sum, n) => sum + n)).toBe(6)
  for (const its of deals) {
    expect(await expiries(its)).toMatchObject([{ actor: SYSTEM, data: { deal: { offer: 1 }, personal: null } }])
    expect(await dealNow(w, its)).toMatchObject({ state: 'negotiating', version: 2, offers: [{ state: 'expired' }] })
    await assertNothingWaits(its)
  }
  const before = await everything(w)
  expect(await expireOffers(ctx())).toBe(0)
  expect(await everything(w)).toEqual(before)
})

test('an offer is good until its moment, and one without any for ever', async () => {
  const [limited, unlimited] = [await parties(w), await parties(w)]
  await propose(w, limited.creator, limited, { validUntil: soon(60_000) })
  await propose(w, unlimited.creator, unlimited)
  const before = await everything(w)
  expect(await expireOffers(w.asSystem())).toBe(0)
  expect(await everything(w)).toEqual(before)
  expect(await expiresAt(w, unlimited)).toBeNull()
  expect(await expiresAt(w, limited)).toBe((await dealNow(w, limited)).offers[0]!.validUntil)
})

test('what is answered in time expires no more, and the next version has its own time', async () => {
  const its = await parties(w)
  const validUntil = soon(1_500)
  const { offer, hash } = await propose(w, its.campaign.manager, its, { validUntil })
  await accept(w, its.creator, its, { offer, hash })
  const next = soon(1_500)
  await propose(w, its.campaign.manager, its, { basedOn: 1, validUntil: next })
  expect(await expiresAt(w, its)).toBe(next)
  await until(next)
  expect(await expireOffers(w.asSystem())).toBe(1)
  expect(await expiries(its)).toMatchObject([{ data: { deal: { offer: 2 } } }])
  expect(await dealNow(w, its)).toMatchObject({ state: 'agreed', binding: 1 })
  await assertNothingWaits(its)
})

test('a proposal after the time is over tells first that it is, and the sweep has nothing left to say', async () => {
  const its = await lapsing(w)
  const { offer } = await propose(w, its.creator, its)
  expect(offer).toBe(2)
  const told = (await eventsOf(w, its.roomId)).slice(-2)
  expect(told).toMatchObject([{ type: 'offer.expired', actor: SYSTEM }, { type: 'offer.proposed' }])
  expect((await dealNow(w, its)).offers.map(({ state }) => state)).toEqual(['expired', 'proposed'])
  const before = await everything(w)
  expect(await expireOffers(w.asSystem())).toBe(0)
  expect(await everything(w)).toEqual(before)
})

test('what is in other hands is left for the next time', async () => {
  const [held, free] = await Promise.all([lapsing(w), lapsing(w)])
  await superuser.query('begin')
  try {
    await superuser.query('select from application where id = $1 for update', [held.applicationId])
    expect(await expireOffers(w.asSystem())).toBe(1)
  } finally {
    await superuser.query('rollback')
  }
  expect([await expiries(held), await expiries(free)]).toMatchObject([[], [{}]])
  expect(await expireOffers(w.asSystem())).toBe(1)
  await assertNothingWaits(held)
})

test('one that fails holds up no other, is told of, and is tried again', async () => {
  const [broken, others] = await Promise.all([lapsing(w), lapsed(2)])
  await superuser.query(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'out of order'; end $$`)
  await superuser.query(
    `create trigger refuse before insert on event for each row when (new.stream_id = '${broken.roomId}') execute function refuse()`,
  )
  try {
    const failure = await expireOffers(w.asSystem()).catch((error) => error)
    expect(failure).toMatchObject({
      message: '1 offers could not be expired',
      errors: [{ message: expect.stringContaining('out of order') }],
    })
    for (const its of others) await assertNothingWaits(its)
    expect(await expiresAt(w, broken)).not.toBeNull()
  } finally {
    await superuser.query('drop trigger refuse on event')
    await superuser.query('drop function refuse')
  }
  expect(await expireOffers(w.asSystem())).toBe(1)
  await assertNothingWaits(broken)
})

test('the sweep does it', async () => {
  const its = await lapsing(w)
  sweeping.push(sweep(w.house, (error) => expect(error).toBeUndefined(), { every: 20 }))
  await expect.poll(async () => (await expiries(its)).length).toBe(1)
  await assertNothingWaits(its)
})

/** How an application ends whose offer waits, by whoever ends it. */
const endings: Record<string, (its: Parties) => Promise<unknown>> = {
  declined: (its) => moveApplication(w.as(its.campaign.manager), { ...order(its), move: 'decline', reason: 'Too late' }),
  withdrawn: (its) => moveApplication(w.as(its.creator), { ...order(its), move: 'withdraw' }),
  expired: async ({ campaign }) => {
    await pass(superuser, campaign.campaignId, 'decide_by')
    await expireDueApplications(w.asSystem())
  },
  'declined by the platform': async ({ campaign: { owner, campaignId } }) => {
    await moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' })
    await declineCancelled(w.asSystem())
  },
}
const order = ({ applicationId }: Parties) => ({ commandId: commandId(), applicationId, version: 2 })

test.each(Object.entries(endings))('an application that is %s leaves no offer open', async (_, end) => {
  const its = await parties(w)
  const validUntil = soon(1_500)
  await propose(w, its.creator, its, { validUntil })
  await end(its)
  const [offer] = (await dealNow(w, its)).offers
  expect(offer).toMatchObject({ state: 'expired', closed: (await eventsOf(w, its.roomId)).at(-1)!.seq })
  await assertNothingWaits(its)
  await until(validUntil)
  expect(await expireOffers(w.asSystem())).toBe(0)
  expect(await expiries(its)).toEqual([]) // its ending says it
})

test('a deal that is cancelled leaves no amendment open', async () => {
  const its = await agreed(w)
  await propose(w, its.creator, its, { basedOn: 1, validUntil: soon(60_000) })
  await cancel(w, its.creator, its, 'cancel.request')
  expect(await expiresAt(w, its)).not.toBeNull()
  await cancel(w, its.campaign.owner, its, 'cancel.confirm')
  expect((await dealNow(w, its)).offers.map(({ state }) => state)).toEqual(['accepted', 'expired'])
  await assertNothingWaits(its)
})

test('work that is done leaves no amendment open', async () => {
  const its = await agreed(w)
  await propose(w, its.campaign.owner, its, { basedOn: 1, validUntil: soon(60_000) })
  await handIn(w, its, 1)
  expect(await expiresAt(w, its)).not.toBeNull()
  await handIn(w, its, 2)
  expect(await dealNow(w, its)).toMatchObject({ state: 'completed', offers: [{ state: 'accepted' }, { state: 'expired' }] })
  await assertNothingWaits(its)
})
