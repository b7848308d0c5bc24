import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTeam, type Team } from '../brands/testing.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { draft, inDays, move, published } from './testing.ts'

let w: Rest
let brand: Team
let owner: string
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w)
  owner = await w.token(brand.owner)
})
afterAll(() => w.close())

type Body = Record<string, unknown>
const create = (body: Body) => w.call('POST', `/api/v1/brands/${brand.brandId}/campaigns`, { token: owner, body })
const patch = (id: string, version: number, body: Body, key = commandId()) =>
  w.call('PATCH', `/api/v1/campaigns/${id}`, { token: owner, headers: { 'If-Match': `"${version}"`, 'Idempotency-Key': key }, body })
const get = async (id: unknown, token = owner) => (await w.call('GET', `/api/v1/campaigns/${id}`, { token })).body

test('a draft is given a moment to open, in any zone, and it can be changed and taken away', async () => {
  const { body } = await create({ title: 'Soon', opensAt: '2999-01-01T10:00:00+02:00' })
  expect(await get(body.campaignId)).toMatchObject({ opensAt: '2999-01-01T08:00:00.000Z', state: 'draft' })
  const id = body.campaignId as string
  const same = { opensAt: '2999-01-01T09:00:00+01:00' }
  expect((await patch(id, 1, same)).body.version).toBe(1)
  const later = inDays(3)
  expect((await patch(id, 1, { opensAt: later })).body.version).toBe(2)
  expect(await get(id)).toMatchObject({ opensAt: later })
  expect((await patch(id, 2, { opensAt: null })).body.version).toBe(3)
  expect(await get(id)).toMatchObject({ opensAt: null })
})

test.each<[string, Body, string, string]>([
  ['lies in the past', { opensAt: inDays(-1) }, 'deadline.passed', 'opensAt'],
  ['is the last moment to apply', { opensAt: '2999-01-01T00:00:00Z', applyBy: '2999-01-01T00:00:00Z' }, 'request.invalid', 'opensAt'],
  ['is after the last moment to apply', { opensAt: inDays(3), applyBy: inDays(2) }, 'request.invalid', 'opensAt'],
  ['is no moment', { opensAt: 'tomorrow' }, 'request.invalid', 'opensAt'],
  ['is a day', { opensAt: '2999-01-01' }, 'request.invalid', 'opensAt'],
  ['is of no zone', { opensAt: '2999-01-01T00:00:00' }, 'request.invalid', 'opensAt'],
  ['is beyond the years', { opensAt: '9999-12-31T23:59:59-10:00' }, 'request.invalid', 'opensAt'],
  ['is of the year 0', { opensAt: '0000-01-01T00:00:00Z' }, 'request.invalid', 'opensAt'],
  ['is a number', { opensAt: 4_102_444_800_000 }, 'request.invalid', 'opensAt'],
  ['is an empty text', { opensAt: '' }, 'request.invalid', 'opensAt'],
])('a moment to open that %s is refused, of a new draft and of one that is there', async (_, fields, code, name) => {
  const { campaignId } = await draft(w, brand, { applyBy: null, decideBy: null })
  for (const { body } of [await create({ title: 'Bad', ...fields }), await patch(campaignId, 1, fields)]) {
    expect([body.code, JSON.stringify(body)]).toEqual([code, expect.stringContaining(name)])
  }
  expect((await get(campaignId)).version).toBe(1)
})

test('it cannot be crossed by a deadline that changes later', async () => {
  const { campaignId } = await draft(w, brand, { opensAt: inDays(5) })
  expect((await patch(campaignId, 1, { applyBy: inDays(4) })).body).toMatchObject({ code: 'request.invalid' })
  expect((await patch(campaignId, 1, { applyBy: inDays(6) })).status).toBe(200)
})

test('a moment that has passed meanwhile keeps nobody from changing something else', async () => {
  const { campaignId } = await draft(w, brand, { opensAt: inDays(5) })
  await w.db.pool.query('update campaign set opens_at = clock_timestamp() where id = $1', [campaignId])
  expect((await patch(campaignId, 1, { title: 'Another' })).status).toBe(200)
})

test('only a draft is given one: to what is open it is of no use, and none is no change', async () => {
  const open = await published(w, brand)
  const paused = await move(w, brand.owner, await published(w, brand), { move: 'pause' })
  const closed = await move(w, brand.owner, await published(w, brand), { move: 'close' })
  for (const { campaignId, version } of [open, paused, closed])
    expect((await patch(campaignId, version, { opensAt: inDays(1) })).body.code).toBe('campaign.illegalMove')
  for (const { campaignId, version } of [open, paused])
    expect((await patch(campaignId, version, { opensAt: null })).body).toMatchObject({ version })
})

test('to create twice at once with a moment makes one draft', async () => {
  const headers = { 'Idempotency-Key': commandId() }
  const body = { title: 'Once', opensAt: inDays(2) }
  const path = `/api/v1/brands/${brand.brandId}/campaigns`
  const answers = await Promise.all([1, 2, 3].map(() => w.call('POST', path, { token: owner, body, headers })))
  expect(new Set(answers.map(({ body: its }) => its.campaignId)).size).toBe(1)
})

test('a copy has no moment to open', async () => {
  const { campaignId } = await draft(w, brand, { opensAt: inDays(1) })
  const { body } = await w.call('POST', `/api/v1/campaigns/${campaignId}/copy`, { token: owner })
  expect(await get(body.campaignId)).toMatchObject({ opensAt: null, applyBy: null, title: 'Morning glow' })
})

test('a draft that opens later is shown to no creator before', async () => {
  const { campaignId } = await draft(w, brand, { opensAt: inDays(1), title: 'Not yet' })
  const token = await w.token(await w.person('creator'))
  expect(await get(campaignId, token)).toMatchObject({ code: 'resource.notFound' })
  const found = (await w.call('GET', '/api/v1/campaigns?q=yet', { token })).body.items as unknown[]
  expect(found).toEqual([])
})

test('what is published by hand is shown without it', async () => {
  const { campaignId } = await move(w, brand.owner, await draft(w, brand, { opensAt: inDays(1) }), { move: 'publish' })
  const token = await w.token(await w.person('creator'))
  expect(await get(campaignId, token)).toMatchObject({ opensAt: null, state: 'open' })
})
