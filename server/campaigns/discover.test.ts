import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CampaignFields, newId } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import type { TestPerson } from '../testing.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { inviteCreator, redeemCode } from './guests.ts'
import { draft, inDays, move, published } from './testing.ts'

let w: Rest
let brand: Team
let creator: TestPerson
let token: string
const fieldsOf: Record<string, Partial<CampaignFields>> = {
  Glow: { platforms: ['instagram', 'tiktok'], categories: ['beauty'], languages: ['en'], territories: ['UA'], brief: 'Our новий elixir' },
  Drive: { platforms: ['youtube'], categories: ['cars'], budget: { min: 100, max: 500, currency: 'EUR' }, applyBy: inDays(3) },
  Roast: {
    platforms: ['tiktok'],
    categories: ['food-drink'],
    budget: { min: 100, max: 900, currency: 'EUR' },
    goals: ['Coffee for runners'],
  },
  Runner: { platforms: ['youtube'], languages: ['en', 'uk'], budget: { min: 1, max: 500, currency: 'EUR' }, applyBy: inDays(2) },
  Yen: { platforms: ['youtube'], budget: { min: 1, max: 90_000, currency: 'JPY' }, brief: 'Seen from the train, running' },
}
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w)
  creator = await w.person('creator')
  token = await w.token(creator)
  for (const [title, fields] of Object.entries(fieldsOf)) await published(w, brand, { title, ...fields })
  await draft(w, brand, { title: 'A draft' })
  await published(w, brand, { title: 'For others', visibility: 'invited' })
  await move(w, brand.owner, await published(w, brand, { title: 'Paused' }), { move: 'pause' })
  const over = await published(w, brand, { title: 'Over, but not swept yet' })
  await w.db.pool.query('update campaign set apply_by = now() where id = $1', [over.campaignId])
})
afterAll(() => w.close())

const ask = async (query: string, as = token) => (await w.call('GET', `/api/v1/campaigns?${query}`, { token: as })).body
const titles = async (query: string, as = token) => ((await ask(query, as)).items as { title: string }[]).map(({ title }) => title)

const all = ['Yen', 'Runner', 'Roast', 'Drive', 'Glow']
test.each<[string, string[]]>([
  ['', all],
  ['sort=deadline', ['Runner', 'Drive', 'Glow', 'Roast', 'Yen']],
  ['sort=budget&currency=EUR', ['Roast', 'Runner', 'Drive']],
  ['currency=EUR&budget=501', ['Roast']],
  ['currency=JPY&budget=90000', ['Yen']],
  ['platform=tiktok', ['Roast', 'Glow']],
  ['platform=tiktok&platform=youtube', all],
  ['platform=tiktok&category=beauty', ['Glow']],
  ['platform=tiktok&category=cars', []],
  ['language=uk', ['Runner']],
  ['territory=UA&language=en', ['Glow']],
  ['q=elixirs', ['Glow']],
  ['q=нової', ['Glow']],
  ['q=runner', ['Runner', 'Roast']],
  ['q=run', ['Yen']],
  ['q=coffee -runners', []],
  ['q=runners -coffee', ['Runner']],
  ['q="the train"', ['Yen']],
  ['q=train or elixir', ['Yen', 'Glow']],
  ['q=!!!', []],
  ['q=b:*', []],
  [`q=')`, []],
])('a creator who asks for %j finds what is open to them and fits', async (query, expected) => {
  const found = await titles(query)
  expect(query === 'sort=deadline' ? found.slice(0, 2) : found).toEqual(query === 'sort=deadline' ? expected.slice(0, 2) : expected)
  expect(found.toSorted()).toEqual(expected.toSorted())
})

test.each([
  'limit=0',
  'limit=101',
  'limit=1e9',
  'limit=x',
  'platform=%00',
  `${'platform=a&'.repeat(21)}`,
  'territory=XX',
  'language=klingon',
  'currency=QQQ',
  'budget=5',
  'currency=EUR&budget=-1',
  'currency=EUR&budget=1e300',
  'currency=EUR&budget=NaN',
  'sort=budget',
  'sort=title',
  `q=${'x'.repeat(201)}`,
  'q=%00',
  'q=%20',
  'cursor=x',
  'cursor=W10',
  `cursor=${'A'.repeat(501)}`,
  `cursor=${Buffer.from('["AAAAAAAAAAAA","2026-02-30T00:00:00.000000Z","00000000-0000-8000-8000-000000000000"]').toString('base64url')}`,
])('%s is refused', async (query) => {
  expect((await w.call('GET', `/api/v1/campaigns?${query}`, { token })).body.code).toBe('request.invalid')
})

test('a cursor is good for the question that it came from, and a forged place in it is refused', async () => {
  const { cursor } = await ask('limit=2')
  expect(await titles(`limit=3&cursor=${cursor}`)).toEqual(all.slice(2, 5))
  for (const other of ['sort=deadline', 'platform=tiktok', 'q=run', 'sort=budget&currency=EUR'])
    expect((await ask(`${other}&limit=2&cursor=${cursor}`)).code).toBe('request.invalid')
  const [name, , id] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString())
  for (const place of [
    ['2026-02-30T00:00:00.000000Z', id],
    ['0000-01-01T00:00:00Z', id],
    ['infinity', id],
    [7, id],
    [null, id],
    ['2026-01-01T00:00:00Z', 'x'],
  ]) {
    const forged = Buffer.from(JSON.stringify([name, ...place])).toString('base64url')
    expect((await ask(`limit=2&cursor=${forged}`)).code).toBe('request.invalid')
  }
  const saved = await w.call('GET', `/api/v1/me/saved-campaigns?cursor=${cursor}`, { token })
  expect(saved.body.code).toBe('request.invalid')
})

test('who hires discovers nothing; without a session nobody does', async () => {
  const owner = await w.token(brand.owner)
  expect((await w.call('GET', '/api/v1/campaigns', { token: owner })).body.code).toBe('access.denied')
  expect((await w.call('GET', '/api/v1/campaigns')).status).toBe(401)
})

test('whoever was invited, or has the code, finds those campaigns among the others, once', async () => {
  const guest = await w.person('creator')
  const invited = await published(w, brand, { title: 'Invited', visibility: 'invited', platforms: ['twitch'] })
  const coded = await published(w, brand, { title: 'Coded', visibility: 'code', platforms: ['twitch'] })
  const open = await published(w, brand, { title: 'Open', platforms: ['twitch'] })
  for (const { campaignId } of [invited, open])
    await inviteCreator(w.as(brand.owner), { campaignId, email: guest.email as never, commandId: commandId() })
  const { rows } = await w.db.pool.query('select code from campaign where id = $1', [coded.campaignId])
  await redeemCode(w.as(guest), { code: rows[0].code })
  const as = await w.token(guest)
  expect(await titles('platform=twitch', as)).toEqual(['Open', 'Coded', 'Invited'])
  expect(await titles('platform=twitch&sort=deadline', as)).toEqual(['Invited', 'Coded', 'Open'])
  expect(await titles('platform=twitch&q=invited', as)).toEqual(['Invited'])
  expect(await titles('platform=twitch')).toEqual(['Open'])
})

test('pages together are the whole list, each once, in every order and size, also while campaigns are published between', async () => {
  const one = { platforms: ['snapchat'], budget: { min: 1, max: 7, currency: 'EUR' }, applyBy: inDays(4) } // alike, but for their ids
  for (let i = 0; i < 23; i++)
    await published(w, brand, { title: `Same ${i}`, ...one, ...(i % 3 === 0 && { budget: { ...one.budget, max: i } }) })
  const sorts = ['', '&sort=deadline', '&sort=budget&currency=EUR']
  const question = fc.record({
    limit: fc.integer({ min: 1, max: 9 }),
    sort: fc.constantFrom(...sorts),
    publishAt: fc.integer({ min: 0, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(question, async ({ limit, sort, publishAt }) => {
      const query = `platform=snapchat${sort}`
      const whole = (await ask(`${query}&limit=100`)).items as { campaignId: string }[]
      const paged: string[] = []
      let cursor: unknown = null
      for (let page = 0; page === 0 || cursor !== null; page++) {
        if (page === publishAt) await published(w, brand, { title: 'Between', ...one })
        const answer = await ask(`${query}&limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)
        paged.push(...(answer.items as { campaignId: string }[]).map(({ campaignId }) => campaignId))
        cursor = answer.cursor
      }
      expect(new Set(paged).size).toBe(paged.length)
      const known = new Set(whole.map(({ campaignId }) => campaignId))
      expect(paged.filter((id) => known.has(id))).toEqual(whole.map(({ campaignId }) => campaignId))
    }),
    { numRuns: 12 },
  )
})

test('what a search finds follows what is said now', async () => {
  const place = await draft(w, brand, { title: 'Zebra', platforms: ['blog'] })
  const { version } = await move(w, brand.owner, place, { move: 'publish' })
  expect(await titles('platform=blog&q=zebra')).toEqual(['Zebra'])
  const change = { token: await w.token(brand.owner), headers: { 'If-Match': `"${version}"` }, body: { title: 'Okapi' } }
  await w.call('PATCH', `/api/v1/campaigns/${place.campaignId}`, change)
  expect([await titles('platform=blog&q=zebra'), await titles('platform=blog&q=okapi')]).toEqual([[], ['Okapi']])
})

test('what is rare is found beyond what a list is walked through, each once, in every order, also among those alike', async () => {
  const far = await makeTeam(w)
  const rooms = Array.from({ length: 900 }, () => newId())
  await w.db.pool.query(`select create_stream(id, 'room') from unnest($1::uuid[]) id`, [rooms])
  await w.db.pool.query(`insert into room (id, kind, brand_id) select id, 'campaign', $2 from unnest($1::uuid[]) id`, [rooms, far.brandId])
  await w.db.pool.query(
    `insert into campaign (brand_id, id, room_id, state, version, title, goals, deliverables, platforms, categories, territories, languages,
       budget_min, budget_max, currency, apply_by, visibility, questions, code, words, created_at, published_at, changed_at)
     select $2, id, id, 'open', 1, 'Far ' || i, '[]', '[]', array['pinterest'], case when i % 40 = 0 then array['pets'] else '{}' end, '{}', '{}',
       0, i % 2, 'CHF', now() + interval '1 hour' * (1 + i / 450), 'public', '[]', id, case when i % 40 = 0 then 'far' else '' end::tsvector,
       now(), now() - i * interval '1 second', now() from unnest($1::uuid[]) with ordinality as r (id, i)`,
    [rooms, far.brandId],
  )
  const { rows } = await w.db.pool.query(`select id from campaign where brand_id = $1 and categories = array['pets']`, [far.brandId])
  const rare = rows.map(({ id }) => id as string).toSorted()
  expect(rare).toHaveLength(22)
  for (const filter of ['platform=pinterest&category=pets', 'q=far'])
    for (const sort of ['newest', 'deadline', 'budget']) {
      const query = `${filter}&currency=CHF&sort=${sort}`
      const whole = ((await ask(`${query}&limit=100`)).items as { campaignId: string }[]).map(({ campaignId }) => campaignId)
      expect(whole.toSorted()).toEqual(rare)
      const paged: string[] = []
      let cursor: unknown = ''
      for (; cursor !== null; ) {
        const page = await ask(`${query}&limit=5${cursor && `&cursor=${cursor}`}`)
        paged.push(...(page.items as { campaignId: string }[]).map(({ campaignId }) => campaignId))
        cursor = page.cursor
      }
      expect(paged).toEqual(whole)
    }
})
