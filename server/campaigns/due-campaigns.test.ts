import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CampaignId, newId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { type World, world } from '../testing.ts'
import { closeDueCampaigns, completeDueCampaigns } from './due-campaigns.ts'
import { inDays, move, published } from './testing.ts'

let w: World
let brand: Team
beforeAll(async () => {
  w = await world({ now: () => new Date(Date.now() - 3_600_000) }) // PostgreSQL's clock decides, not ours
  brand = await makeTeam(w)
})
afterAll(() => w.close())

const set = (id: CampaignId, what: string) => w.db.pool.query(`update campaign set ${what} where id = $1`, [id])
const rowOf = async (id: CampaignId) => (await w.db.pool.query('select state, version from campaign where id = $1', [id])).rows[0]
const movesOf = async (id: CampaignId) => {
  const text = `select e.actor_key, e.deal from event e join campaign c on c.room_id = e.stream_id
    where c.id = $1 and e.type = 'campaign.statusChanged' order by e.seq`
  return (await w.db.pool.query(text, [id])).rows.map(({ actor_key, deal }) => ({ actor: actor_key, ...JSON.parse(deal) }))
}

test('what is open or paused closes when its time is over, once, though many sweep at once', async () => {
  const open = await published(w, brand)
  const paused = await move(w, brand.owner, await published(w, brand), { move: 'pause' })
  const ahead = await published(w, brand)
  for (const { campaignId } of [open, paused]) await set(campaignId, 'apply_by = clock_timestamp()')
  const counts = await Promise.all([1, 2, 3, 4].map(() => closeDueCampaigns(w.asSystem())))
  expect(counts.reduce((a, b) => a + b)).toBe(2)
  for (const { campaignId, state, version } of [open, paused]) {
    expect(await rowOf(campaignId)).toEqual({ state: 'closed', version: version + 1 })
    expect((await movesOf(campaignId)).at(-1)).toEqual({ actor: SYSTEM, move: 'close', from: state, to: 'closed', version: version + 1 })
  }
  expect((await rowOf(ahead.campaignId)).state).toBe('open')
  expect(await closeDueCampaigns(w.asSystem())).toBe(0)
})

test('many more than a batch close in one sweep', async () => {
  const rooms = Array.from({ length: 150 }, () => newId())
  await w.db.pool.query(`select create_stream(id, 'room') from unnest($1::uuid[]) id`, [rooms])
  await w.db.pool.query(`insert into room (id, kind, brand_id) select id, 'campaign', $2 from unnest($1::uuid[]) id`, [
    rooms,
    brand.brandId,
  ])
  await w.db.pool.query(
    `insert into campaign (brand_id, id, room_id, state, version, title, goals, deliverables, platforms, categories, territories, languages,
                           apply_by, visibility, questions, code, created_at, changed_at)
     select $2, id, id, 'open', 1, 'Due', '[]', '[]', '{}', '{}', '{}', '{}', now(), 'public', '[]', id, now(), now() from unnest($1::uuid[]) id`,
    [rooms, brand.brandId],
  )
  expect(await closeDueCampaigns(w.asSystem())).toBe(150)
})

test('a campaign that somebody changes holds up no other, and closes later', async () => {
  const [busy, free] = [await published(w, brand), await published(w, brand)]
  for (const { campaignId } of [busy, free]) await set(campaignId, 'apply_by = clock_timestamp()')
  const client = await w.db.pool.connect()
  await client.query('begin')
  await client.query('select from campaign where id = $1 for update', [busy.campaignId])
  expect(await closeDueCampaigns(w.asSystem())).toBe(1)
  await client.query('rollback')
  client.release()
  expect(await closeDueCampaigns(w.asSystem())).toBe(1)
  expect((await rowOf(busy.campaignId)).state).toBe('closed')
})

test('what was closed is completed when the time to decide is over and nothing can become of any application', async () => {
  const place = await move(w, brand.owner, await published(w, brand), { move: 'close' })
  const creator = await w.person('creator')
  await w.db.pool.query(
    `insert into application (brand_id, id, campaign_id, creator_id, room_id, state, version, has_terms, submitted, submitted_at, changed_at)
     select brand_id, $2, id, $3, room_id, 'delivering', 1, false, 1, now(), now() from campaign where id = $1`,
    [place.campaignId, newId(), creator.userId],
  )
  expect(await completeDueCampaigns(w.asSystem())).toBe(0)
  await set(place.campaignId, 'apply_by = clock_timestamp(), decide_by = clock_timestamp()')
  expect(await completeDueCampaigns(w.asSystem())).toBe(0)
  await w.db.pool.query(`update application set state = 'completed' where campaign_id = $1`, [place.campaignId])
  const counts = await Promise.all([1, 2, 3].map(() => completeDueCampaigns(w.asSystem())))
  expect(counts.reduce((a, b) => a + b)).toBe(1)
  const version = place.version + 1
  expect(await rowOf(place.campaignId)).toEqual({ state: 'completed', version })
  expect((await movesOf(place.campaignId)).at(-1)).toEqual({ actor: SYSTEM, move: 'complete', from: 'closed', to: 'completed', version })
})

test('what was closed by hand is not completed while there is time to decide', async () => {
  const place = await move(w, brand.owner, await published(w, brand, { decideBy: inDays(20) }), { move: 'close' })
  expect(await completeDueCampaigns(w.asSystem())).toBe(0)
  expect((await rowOf(place.campaignId)).state).toBe('closed')
})
