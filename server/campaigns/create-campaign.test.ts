import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { complete, draft, inDays, published } from './testing.ts'

let w: Rest
let brand: Team
let other: Team
let tokens: Record<'owner' | 'manager' | 'viewer' | 'creator' | 'stranger', string>
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w, 'Lumen')
  other = await makeTeam(w)
  const { owner, manager, viewer } = brand
  const people = { owner, manager, viewer, creator: await w.person('creator'), stranger: other.owner }
  tokens = { owner: '', manager: '', viewer: '', creator: '', stranger: '' }
  for (const [who, person] of Object.entries(people)) tokens[who as keyof typeof tokens] = await w.token(person)
})
afterAll(() => w.close())

const path = () => `/api/v1/brands/${brand.brandId}/campaigns`
const create = (body: unknown, token = tokens.owner, headers = {}) => w.call('POST', path(), { token, body, headers })
const get = (id: unknown, token = tokens.owner) => w.call('GET', `/api/v1/campaigns/${id}`, { token })

test('a campaign is a draft of what was said, with a code and a room that the whole team is in', async () => {
  const said = {
    title: 'Осіннє сяйво',
    brief: 'Вечірня рутина',
    goals: ['null', 'a,b', '{"x"}', 'back\\slash', 'it’s "here"'],
    deliverables: [{ platform: 'tiktok', format: 'Reel', count: 2 }],
    platforms: ['instagram', 'tiktok'],
    categories: ['beauty'],
    territories: ['UA', '001'],
    languages: ['uk', 'pt-BR'],
    budget: { min: 0, max: 1_000_000_000_000, currency: 'UAH' },
    applyBy: '2999-01-01T10:00:00+02:00',
    decideBy: '2999-02-01T00:00:00Z',
    startsOn: '2999-03-01',
    endsOn: '2999-03-01',
    creators: 10_000,
    visibility: 'code',
    questions: [{ key: 'why', text: 'Why you?', required: true }],
  }
  const { status, body, headers } = await create(said)
  expect(status).toBe(201)
  expect(body).toEqual({ campaignId: expect.any(String), state: 'draft', version: 1 })
  expect(headers.get('etag')).toBe('"1"')
  const read = await get(body.campaignId, tokens.viewer)
  expect(read.headers.get('etag')).toBe('"1"')
  expect(read.body).toMatchObject({
    ...said,
    brand: { brandId: brand.brandId, name: 'Lumen' },
    applyBy: '2999-01-01T08:00:00.000Z',
    decideBy: '2999-02-01T00:00:00.000Z',
    publishedAt: null,
    me: 'viewer',
    saved: false,
    applicationId: null,
  })
  expect(read.body.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/)
  const { rows } = await w.db.pool.query('select type, deal, actor_key from event where stream_id = $1 order by seq', [read.body.roomId])
  expect(rows.map(({ type }) => type)).toEqual(['room.created', 'campaign.created', ...Array(3).fill('room.memberAdded')])
  expect(JSON.parse(rows[1].deal)).toEqual({ campaignId: body.campaignId, brandId: brand.brandId })
  expect(rows[1].actor_key).toBe(await w.keyOf(read.body.roomId as never, brand.owner))
})

test('only who runs the brand’s campaigns makes one; to others the brand is not there', async () => {
  expect((await create({ title: 'By a manager' }, tokens.manager)).status).toBe(201)
  expect((await create({ title: 'By a viewer' }, tokens.viewer)).body.code).toBe('access.denied')
  for (const token of [tokens.creator, tokens.stranger]) {
    const { status, body } = await create({ title: 'By others' }, token)
    const nowhere = await w.call('POST', `/api/v1/brands/${newId()}/campaigns`, { token, body: { title: 'Nowhere' } })
    expect([status, body.code, body.detail]).toEqual([404, 'resource.notFound', nowhere.body.detail])
  }
})

test('sent twice at once it is one campaign', async () => {
  const headers = { 'Idempotency-Key': commandId() }
  const answers = await Promise.all([1, 2, 3].map(() => create({ title: 'Once' }, tokens.owner, headers)))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(new Set(answers.map(({ body }) => body.campaignId)).size).toBe(1)
  expect((await create({ title: 'Twice' }, tokens.owner, headers)).body.code).toBe('command.reused')
})

const base = { title: 'Bad' }
const item = { platform: 'tiktok', format: 'Reel', count: 1 }
const ask = { key: 'why', text: 'Why?', required: true }
test.each<[string, unknown, string?]>([
  ['no title', {}],
  ['a title that turns the direction of what follows', { title: 'Abc\u202edef' }],
  ['a title of letters that pass for others', { title: 'Аpple' }],
  ['a title with NUL', { title: 'a\0b' }],
  ['a lone surrogate', { ...base, brief: 'a\ud800' }],
  ['too long a brief', { ...base, brief: 'x'.repeat(10_001) }],
  ['more goals than there may be', { ...base, goals: Array(11).fill('g') }],
  ['no creators', { ...base, creators: 0 }],
  ['creators beyond int4', { ...base, creators: 2 ** 31 }],
  ['half a creator', { ...base, creators: 1.5 }],
  ['a negative budget', { ...base, budget: { min: -1, max: 5, currency: 'EUR' } }],
  ['a budget beyond bigint', { ...base, budget: { min: 1, max: 1e30, currency: 'EUR' } }],
  ['a budget of more at least than at most', { ...base, budget: { min: 6, max: 5, currency: 'EUR' } }],
  ['a currency that is none', { ...base, budget: { min: 1, max: 5, currency: 'QQQ' } }],
  ['crossing deadlines', { ...base, applyBy: inDays(2), decideBy: inDays(1) }],
  ['crossing days', { ...base, startsOn: '2999-02-02', endsOn: '2999-02-01' }],
  ['the year 0', { ...base, startsOn: '0000-01-01' }],
  ['a day that is none', { ...base, startsOn: '2999-02-30' }],
  ['a moment beyond the years', { ...base, applyBy: '9999-12-31T23:59:59-10:00' }],
  ['a deliverable of none', { ...base, deliverables: [{ ...item, count: 0 }] }],
  ['a question twice', { ...base, questions: [ask, ask] }],
  ['a platform twice', { ...base, platforms: ['tiktok', 'tiktok'] }],
  ['an unknown platform', { ...base, platforms: ['myspace'] }, 'catalogue.unknown'],
  ['an unknown category', { ...base, categories: ['nothing'] }, 'catalogue.unknown'],
  ['a deliverable for an unknown platform', { ...base, deliverables: [{ ...item, platform: 'myspace' }] }, 'catalogue.unknown'],
])('%s is refused, and nothing is written', async (_what, body, code = 'request.invalid') => {
  const count = async () => (await w.db.pool.query('select (select count(*) from campaign) c, (select count(*) from event) e')).rows[0]
  const before = await count()
  const answer = await create(body)
  expect([answer.status, answer.body.code]).toEqual([400, code])
  expect(await count()).toEqual(before)
})

test('the first and the last of all moments can be said', async () => {
  const body = {
    title: 'Long',
    applyBy: '0001-01-01T00:00:00Z',
    decideBy: '9999-12-31T23:59:59.999Z',
    startsOn: '0001-01-01',
    endsOn: '9999-12-31',
  }
  const made = await create(body)
  expect(made.status).toBe(201)
  expect((await get(made.body.campaignId)).body).toMatchObject({ ...body, applyBy: '0001-01-01T00:00:00.000Z' })
})

test('a draft is not there for creators and other brands; once published, creators see it without its room and its code', async () => {
  const { campaignId } = await draft(w, brand)
  const nowhere = await get(newId(), tokens.creator)
  for (const token of [tokens.creator, tokens.stranger]) {
    const { status, body } = await get(campaignId, token)
    expect([status, body.code, body.detail]).toEqual([404, 'resource.notFound', nowhere.body.detail])
  }
  const open = await published(w, brand)
  expect((await get(open.campaignId, tokens.creator)).body).toMatchObject({ me: 'creator', roomId: null, code: null, state: 'open' })
  expect((await get(open.campaignId, tokens.stranger)).status).toBe(404)
  expect((await get(open.campaignId)).body).toMatchObject({ me: 'owner', roomId: expect.any(String), code: expect.any(String) })
})

test('a copy is a draft of its own without dates, also of what is over', async () => {
  const open = await published(w, brand, { goals: ['Reach'], budget: { min: 1, max: 2, currency: 'EUR' } })
  const cancelled = await w.call('POST', `/api/v1/campaigns/${open.campaignId}/moves`, {
    token: tokens.owner,
    headers: { 'If-Match': '"2"' },
    body: { move: 'cancel', reason: 'The product is late' },
  })
  expect(cancelled.body.state).toBe('cancelled')
  const copy = await w.call('POST', `/api/v1/campaigns/${open.campaignId}/copy`, { token: tokens.manager })
  expect([copy.status, copy.body.state, copy.body.version]).toEqual([201, 'draft', 1])
  const [from, to] = [(await get(open.campaignId)).body, (await get(copy.body.campaignId)).body]
  const { brief, platforms } = complete()
  expect(to).toMatchObject({
    title: 'Morning glow',
    brief,
    platforms,
    goals: ['Reach'],
    budget: from.budget,
    applyBy: null,
    decideBy: null,
  })
  expect(to.code).not.toBe(from.code)
  expect(to.roomId).not.toBe(from.roomId)
  for (const [token, status] of [
    [tokens.viewer, 403],
    [tokens.stranger, 404],
    [tokens.creator, 403],
  ] as const) {
    expect((await w.call('POST', `/api/v1/campaigns/${open.campaignId}/copy`, { token })).status).toBe(status)
  }
})
