import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CampaignFields, CampaignId, CampaignPlace, RoomId } from '../client-sdk/contract/index.ts'
import { moveApplication } from '../server/applications/move-application.ts'
import { apply, eventsOf } from '../server/applications/testing.ts'
import { makeTeam, type Team } from '../server/brands/testing.ts'
import { age, draft, inDays, move } from '../server/campaigns/testing.ts'
import { updateCampaign } from '../server/campaigns/update-campaign.ts'
import { accept, propose } from '../server/deals/testing.ts'
import { cancel } from '../server/deals/testing-work.ts'
import { soon, until } from '../server/offers/testing.ts'
import { changeSettings } from '../server/people/settings.ts'
import { sweep } from '../server/sweep/sweep.ts'
import { commandId, type TestPerson, type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

let w: World
let server: TestServer
let temporal: Temporal
let brand: Team
beforeAll(async () => {
  w = await world()
  brand = await makeTeam(w)
  server = await testServer()
  temporal = await testWorker(w, server)
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await w.close()
})

const PATIENT = { timeout: 60_000, interval: 200 }
type Row = { state: string; version: number; room_id: RoomId }
const rowOf = async (id: CampaignId): Promise<Row> =>
  (await w.db.pool.query<Row>('select state, version, room_id from campaign where id = $1', [id])).rows[0]!
const becomes = (id: CampaignId, state: string) => expect.poll(async () => (await rowOf(id)).state, PATIENT).toBe(state)
const ofCampaign = async (id: CampaignId) =>
  (await eventsOf(w, (await rowOf(id)).room_id)).filter(({ type }) => type.startsWith('campaign.'))
const movesOf = async (id: CampaignId) =>
  (await ofCampaign(id)).flatMap(({ type, data }) => (type === 'campaign.statusChanged' ? [(data.deal as { move: string }).move] : []))
const mailsOf = async ({ email }: TestPerson) =>
  (await w.db.pool.query<{ subject: string }>('select subject from mail where recipient = $1 order by id', [email])).rows.map(
    (r) => r.subject,
  )
const run = (id: CampaignId) => temporal.client()!.workflow.getHandle(`campaign:${id}`)
const statusOf = async (id: CampaignId) => (await run(id).describe()).status.name
/** It waits: nothing of it is under way, and nothing comes to its history. */
async function isIdle(id: CampaignId): Promise<boolean> {
  const before = await run(id).describe()
  await sleep(1_500)
  const { status, historyLength, raw } = await run(id).describe()
  return status.name === 'RUNNING' && historyLength === before.historyLength && !raw.pendingActivities?.length
}
const change = async ({ campaignId }: CampaignPlace, fields: Partial<CampaignFields>) =>
  updateCampaign(w.as(brand.owner), { commandId: commandId(), campaignId, version: (await rowOf(campaignId)).version, ...fields })
const signal = (id: CampaignId) =>
  expect
    .poll(
      () =>
        run(id)
          .signal('changed')
          .then(
            () => true,
            () => false,
          ),
      PATIENT,
    )
    .toBe(true)
/** Its moment is soon, however long it took to come here. */
async function near(id: CampaignId, column: 'opens_at' | 'apply_by'): Promise<void> {
  await w.db.pool.query(`update campaign set ${column} = clock_timestamp() + interval '2 seconds' where id = $1`, [id])
  await signal(id)
}
/** What the campaign tells at the end of its minute it tells now. */
const minute = async (id: CampaignId) => {
  await age(w, id)
  await run(id).signal('changed')
}

test('a campaign opens, closes, tells those who applied, waits for its last deal, and completes', { timeout: 240_000 }, async () => {
  const { campaignId } = await draft(w, brand, { opensAt: inDays(1) })
  await near(campaignId, 'opens_at')
  await becomes(campaignId, 'open')
  const [waiting, dealing, deaf] = [await w.person(), await w.person(), await w.person()]
  await changeSettings(w.as(deaf), { notifications: { applications: false } })
  const [first, deal, last] = [await apply(w, waiting, campaignId), await apply(w, dealing, campaignId), await apply(w, deaf, campaignId)]
  await accept(w, dealing, deal, await propose(w, brand.manager, deal))

  await near(campaignId, 'apply_by')
  await becomes(campaignId, 'closed')
  await minute(campaignId)
  const closed = '“Morning glow” takes no more applications'
  const told = async (creator: TestPerson) => (await mailsOf(creator)).filter((subject) => subject === closed).length
  for (const creator of [waiting, dealing]) await expect.poll(() => told(creator), PATIENT).toBe(1)

  for (const { applicationId, version } of [first, last])
    await moveApplication(w.as(brand.owner), { commandId: commandId(), applicationId, version, move: 'decline' })
  await w.db.pool.query('update campaign set decide_by = clock_timestamp() where id = $1', [campaignId])
  await run(campaignId).signal('changed')
  await expect.poll(() => isIdle(campaignId), PATIENT).toBe(true)
  expect(await rowOf(campaignId)).toMatchObject({ state: 'closed' })

  await cancel(w, brand.owner, deal, 'cancel.request', { reason: 'No stock' })
  await cancel(w, dealing, deal, 'cancel.confirm') // that it is over the log alone tells the run
  await becomes(campaignId, 'completed')
  await minute(campaignId)
  await expect.poll(() => statusOf(campaignId), PATIENT).toBe('COMPLETED')
  expect(await movesOf(campaignId)).toEqual(['publish', 'close', 'complete'])
  expect([await told(waiting), await told(dealing), await told(deaf)]).toEqual([1, 1, 0])
})

test('a draft that lacks something stays one and says so, once; its next moment is kept', { timeout: 180_000 }, async () => {
  const place = await draft(w, brand, { opensAt: inDays(1), brief: null })
  const { campaignId } = place
  await near(campaignId, 'opens_at')
  const notOpened = async () =>
    (await ofCampaign(campaignId)).filter(({ type }) => type === 'campaign.notOpened').map(({ data }) => data.deal)
  await expect.poll(notOpened, PATIENT).toEqual([{ missing: ['brief'] }])
  await expect.poll(() => isIdle(campaignId), PATIENT).toBe(true)
  expect(await mailsOf(brand.manager)).toContain('“Morning glow” could not be published')
  await change(place, { brief: 'All of it', opensAt: inDays(1) })
  await near(campaignId, 'opens_at')
  await becomes(campaignId, 'open')
  expect(await notOpened()).toHaveLength(1)
})

test('a draft that is cancelled never opens, and its run is over', { timeout: 120_000 }, async () => {
  const place = await draft(w, brand, { opensAt: inDays(1) })
  await move(w, brand.owner, place, { move: 'cancel', reason: 'No more' })
  await expect.poll(() => statusOf(place.campaignId).catch(() => 'not begun'), PATIENT).toBe('COMPLETED')
  expect(await movesOf(place.campaignId)).toEqual(['cancel'])
})

test('sweeps, runs and people who open drafts at the same moment open each once', { timeout: 180_000 }, async () => {
  const places = []
  for (let i = 0; i < 15; i++) places.push(await draft(w, brand, { opensAt: inDays(1) }))
  const opensAt = soon(3_000)
  const ids = places.map(({ campaignId }) => campaignId)
  await w.db.pool.query('update campaign set opens_at = $2 where id = any($1::uuid[])', [ids, opensAt])
  await Promise.all(ids.map(signal))
  const failed: unknown[] = []
  const sweeps = [1, 2].map(() => sweep(w.house, (error) => failed.push(error), { every: 20 }))
  try {
    await until(opensAt)
    const byHand = await Promise.allSettled(places.slice(0, 5).map((place) => move(w, brand.manager, place, { move: 'publish' })))
    for (const one of byHand) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'resource.stale' })
    for (const { campaignId } of places) await becomes(campaignId, 'open')
  } finally {
    await Promise.all(sweeps.map((one) => one.stop()))
  }
  expect(failed).toEqual([])
  for (const { campaignId } of places) {
    expect(await movesOf(campaignId)).toEqual(['publish'])
    expect((await rowOf(campaignId)).version).toBe(2)
  }
})
