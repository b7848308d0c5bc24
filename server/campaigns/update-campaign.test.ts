import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { complete, draft, inDays, move, published } from './testing.ts'

let w: Rest
let brand: Team
let owner: string
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w)
  owner = await w.token(brand.owner)
})
afterAll(() => w.close())

const patch = (id: string, version: number, body: unknown, { token = owner, key = commandId() } = {}) =>
  w.call('PATCH', `/api/v1/campaigns/${id}`, { token, headers: { 'If-Match': `"${version}"`, 'Idempotency-Key': key }, body })
const get = async (id: string) => (await w.call('GET', `/api/v1/campaigns/${id}`, { token: owner })).body

test('what is said changes, what is left out stays, and the room is told which', async () => {
  const { campaignId } = await draft(w, brand, { goals: ['Reach'] })
  const key = commandId()
  const said = { title: 'Evening', budget: { min: 1, max: 2, currency: 'EUR' }, categories: ['beauty'] }
  const answers = [await patch(campaignId, 1, said, { key }), await patch(campaignId, 1, said, { key })]
  for (const { status, body, headers } of answers) {
    expect([status, body, headers.get('etag')]).toEqual([200, { campaignId, state: 'draft', version: 2 }, '"2"'])
  }
  const now = await get(campaignId)
  expect(now).toMatchObject({ ...said, goals: ['Reach'], brief: complete().brief, version: 2 })
  const { rows } = await w.db.pool.query(`select deal from event where stream_id = $1 and type = 'campaign.changed'`, [now.roomId])
  expect(rows.map(({ deal }) => JSON.parse(deal))).toEqual(
    [{ version: 2, fields: ['title', 'categories', 'budget'].toSorted() }].map((d) => ({ ...d, fields: expect.arrayContaining(d.fields) })),
  )
  expect((await patch(campaignId, 1, { title: 'Lost' })).body.code).toBe('resource.stale')
})

test('the same again is no new version and no event', async () => {
  const { campaignId } = await draft(w, brand)
  const { roomId, title, goals, deliverables, applyBy } = await get(campaignId)
  const same = { title, goals, deliverables, applyBy, budget: null }
  expect((await patch(campaignId, 1, same)).body).toEqual({ campaignId, state: 'draft', version: 1 })
  expect((await patch(campaignId, 1, {})).body.version).toBe(1)
  const { rows } = await w.db.pool.query(`select from event where stream_id = $1 and type = 'campaign.changed'`, [roomId])
  expect(rows).toHaveLength(0)
})

test('of two changes of one version at once one is lost on nobody', async () => {
  const { campaignId } = await draft(w, brand)
  const both = await Promise.all([patch(campaignId, 1, { title: 'One' }), patch(campaignId, 1, { title: 'Two' })])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
})

test('dates must not cross with those that stay', async () => {
  const { campaignId } = await draft(w, brand, { startsOn: '2999-01-05', endsOn: '2999-01-06' })
  for (const [body, field] of [
    [{ applyBy: inDays(21) }, 'decideBy'],
    [{ decideBy: inDays(9) }, 'decideBy'],
    [{ startsOn: '2999-01-07' }, 'endsOn'],
  ] as const) {
    const answer = await patch(campaignId, 1, body)
    expect([answer.body.code, answer.body.detail]).toEqual(['request.invalid', expect.stringContaining(field)])
  }
  expect((await get(campaignId)).version).toBe(1)
})

test('once published, what creators were told holds', async () => {
  const { campaignId } = await published(w, brand)
  const code = async (body: unknown) => (await patch(campaignId, 2, body)).body.code
  for (const gone of [{ applyBy: null }, { decideBy: null }, { brief: null }, { platforms: [] }])
    expect(await code(gone)).toBe('campaign.incomplete')
  expect(await code({ applyBy: inDays(-1) })).toBe('deadline.passed')
  expect(await code({ decideBy: inDays(19) })).toBe('request.invalid')
  expect(await code({ applyBy: inDays(5), decideBy: inDays(40) })).toBeUndefined()
  expect(await get(campaignId)).toMatchObject({ state: 'open', version: 3 })
})

test('what is closed or over changes no more', async () => {
  const closed = await move(w, brand.owner, await published(w, brand), { move: 'close' })
  expect((await patch(closed.campaignId, 3, { title: 'Late' })).body.code).toBe('campaign.illegalMove')
})

test('a retired platform stays where it was, and is chosen no more', async () => {
  const kept = await draft(w, brand, { platforms: ['podcast', 'blog'], deliverables: [{ platform: 'podcast', format: 'Talk', count: 1 }] })
  const other = await draft(w, brand)
  const admin = await w.token(await w.person('admin'))
  const retired = await w.call('PUT', '/api/v1/catalogue/platforms/podcast', { token: admin, body: { name: 'Podcast', retired: true } })
  expect(retired.status).toBe(200)
  expect((await patch(kept.campaignId, 1, { platforms: ['podcast'] })).status).toBe(200)
  expect((await patch(other.campaignId, 1, { platforms: ['podcast'] })).body.code).toBe('catalogue.unknown')
})

test('those who may not are refused; to those who may not see it it is not there', async () => {
  const { campaignId } = await draft(w, brand)
  const nowhere = await patch(newId(), 1, { title: 'X' })
  const stranger = await w.token((await makeTeam(w)).owner)
  for (const token of [stranger, await w.token(await w.person('creator'))]) {
    const { status, body } = await patch(campaignId, 1, { title: 'X' }, { token })
    expect([status, body.detail]).toEqual([404, nowhere.body.detail])
  }
  expect((await patch(campaignId, 1, { title: 'X' }, { token: await w.token(brand.viewer) })).body.code).toBe('access.denied')
  const open = await published(w, brand)
  const creator = await w.token(await w.person('creator'))
  expect((await patch(open.campaignId, 2, { title: 'X' }, { token: creator })).body.code).toBe('access.denied')
})
