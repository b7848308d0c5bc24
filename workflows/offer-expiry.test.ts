import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moveApplication } from '../server/applications/move-application.ts'
import { eventsOf, pass, versionOf } from '../server/applications/testing.ts'
import { inDays } from '../server/campaigns/testing.ts'
import { accept, counter, type Parties, parties, propose } from '../server/deals/testing.ts'
import { age, mailsTo, remindersOf, timeKeeper } from '../server/deals/testing-time.ts'
import { closeOffer, soon } from '../server/offers/testing.ts'
import { DAY, MINUTE } from '../server/spans.ts'
import { commandId, type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

const PATIENCE = { timeout: 40_000, interval: 100 }
let w: World
let superuser: pg.Client
let server: TestServer
let temporal: Temporal
beforeAll(async () => {
  w = await world()
  superuser = await timeKeeper(w)
  server = await testServer()
  temporal = await testWorker(w, server)
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await superuser.end()
  await w.close()
})

const run = ({ applicationId }: Parties, offer = 1) => temporal.client()!.workflow.getHandle(`offer:${applicationId}:${offer}`)
async function stateOf(its: Parties, offer = 1): Promise<string | undefined> {
  try {
    return (await run(its, offer).describe()).status.name
  } catch {
    return undefined // not yet
  }
}
const is = (its: Parties, name: string, offer = 1) => expect.poll(() => stateOf(its, offer), PATIENCE).toBe(name)
/** Its run looks again, as it does within a day by itself. */
const wake = (its: Parties, offer = 1) => run(its, offer).signal('changed')
const typesOf = async ({ roomId }: Parties) => (await eventsOf(w, roomId)).map(({ type }) => type)

test('an offer expires at its time, and its run is over', async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its, { validUntil: soon(2_000) })
  await expect.poll(async () => (await typesOf(its)).at(-1), PATIENCE).toBe('offer.expired')
  await is(its, 'COMPLETED')
})

test('whoever is to answer is told, is reminded, and the offer ends with its application at the campaign’s deadline', async () => {
  const its = await parties(w, { applyBy: inDays(1), decideBy: inDays(1) })
  await propose(w, its.campaign.manager, its)
  await is(its, 'RUNNING')
  expect(await mailsTo(w, its.creator)).toEqual([])
  await age(superuser, its, 2 * MINUTE)
  await wake(its)
  await expect.poll(() => mailsTo(w, its.creator), PATIENCE).toHaveLength(1)
  expect(await remindersOf(w, its)).toEqual([])
  await age(superuser, its, 2 * DAY)
  await wake(its)
  await expect.poll(() => remindersOf(w, its), PATIENCE).toEqual([{ offer: 1, kind: 'expiring', to: 'creator' }])
  expect((await mailsTo(w, its.creator)).map(({ kind }) => kind)).toEqual(['offers', 'offers'])
  await pass(superuser, its.campaign.campaignId, 'decide_by')
  await wake(its)
  await is(its, 'COMPLETED')
  expect((await typesOf(its)).filter((type) => type === 'application.statusChanged')).toHaveLength(2) // negotiating, expired
})

/** What ends version 1, and version 2 begins with it where it is a counter-offer. */
const answers: [string, (its: Parties, place: { offer: number; hash: string }) => Promise<unknown>][] = [
  ['countered', (its, { offer }) => counter(w, its.creator, its, offer)],
  ['accepted', (its, place) => accept(w, its.creator, its, place)],
  ['declined', (its, { offer }) => closeOffer(w, 'decline', its.creator, its, offer)],
  ['withdrawn', (its, { offer }) => closeOffer(w, 'withdraw', its.campaign.manager, its, offer)],
  [
    'over with its application',
    async (its) => {
      const { applicationId } = its
      const version = await versionOf(w, applicationId)
      await moveApplication(w.as(its.creator), { commandId: commandId(), applicationId, version, move: 'withdraw' })
    },
  ],
]
test('the run of an offer is over at once when it is countered, accepted, declined, withdrawn, or its application ends', async () => {
  const deals = await Promise.all(
    answers.map(async ([how, answer]) => {
      const its = await parties(w)
      const place = await propose(w, its.campaign.manager, its, { validUntil: soon(3 * DAY) })
      await is(its, 'RUNNING')
      await answer(its, place)
      return { how, its }
    }),
  )
  for (const { its } of deals) await is(its, 'COMPLETED')
  const countered = deals.find(({ how }) => how === 'countered')!.its
  await is(countered, 'RUNNING', 2)
  for (const { its } of deals) expect([await mailsTo(w, its.creator), await remindersOf(w, its)]).toEqual([[], []])
})
