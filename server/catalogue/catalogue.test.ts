import type { Pool, QueryConfig } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CatalogueKey, type CatalogueList, PLATFORM, type PutEntry } from '../../client-sdk/contract/index.ts'
import { openDatabase } from '../../persistence/database.ts'
import { context } from '../ctx.ts'
import { commandId, type TestPerson, world } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { assertInCatalogue, getCatalogue } from './catalogue.ts'
import { KnownCatalogue } from './known-catalogue.ts'
import { putEntry } from './put-entry.ts'

let w: Rest
let admin: TestPerson
beforeAll(async () => {
  w = await restWorld()
  admin = await w.person('admin')
})
afterAll(() => w.close())

const entry = (key: string, more: Partial<PutEntry> = {}): PutEntry => ({
  commandId: commandId(),
  list: 'categories',
  key: CatalogueKey.parse(key),
  name: key,
  retired: false,
  ...more,
})
const find = async (key: string, list: CatalogueList = 'categories') =>
  (await getCatalogue(w.as(admin)))[list].find((one) => one.key === key)
const changes = async (key: string) =>
  (await w.db.log.readAfter(PLATFORM, 0, 500)).events.filter(
    ({ type, data }) => type === 'catalogue.changed' && (data.deal as { key: string }).key === key,
  ).length

test('everybody who is signed in reads it, in order, and nobody else', async () => {
  const token = await w.token(await w.person('creator'))
  const { status, body } = await w.call('GET', '/api/v1/catalogue', { token })
  expect(status).toBe(200)
  expect(body.platforms).toContainEqual({ key: 'instagram', name: 'Instagram', retired: false })
  const keys = (body.categories as { key: string }[]).map(({ key }) => key)
  expect(keys).toEqual(keys.toSorted())
  expect(await w.call('GET', '/api/v1/catalogue')).toMatchObject({ status: 401, body: { code: 'session.required' } })
})

test('an administrator adds an entry, names it anew, retires it and brings it back; it is on the platform’s stream each time', async () => {
  const token = await w.token(admin)
  const put = (body: unknown) => w.call('PUT', '/api/v1/catalogue/platforms/bluesky', { token, body })
  for (const wanted of [{ name: 'Bluesky' }, { name: 'Bluesky Social' }, { name: 'Bluesky Social', retired: true }, { name: 'Bluesky' }]) {
    expect(await put(wanted)).toMatchObject({ status: 200, body: { key: 'bluesky' } })
    expect(await find('bluesky', 'platforms')).toEqual({ key: 'bluesky', retired: false, ...wanted })
  }
  await put({ name: 'Bluesky' }) // it is so already
  expect(await changes('bluesky')).toBe(4)
})

test('nobody else changes it, and what is no entry is refused', async () => {
  for (const role of ['creator', 'brand'] as const) {
    const person = await w.person(role)
    expect(await w.call('PUT', '/api/v1/catalogue/platforms/mine', { token: await w.token(person), body: { name: 'Mine' } })).toMatchObject(
      {
        status: 403,
        body: { code: 'access.denied' },
      },
    )
    await expect(putEntry(w.as(person), entry('mine'))).rejects.toMatchObject({ code: 'access.denied' })
  }
  const token = await w.token(admin)
  const bad: [string, unknown][] = [
    ['platforms/UPPER', { name: 'A' }],
    ['platforms/1st', { name: 'A' }],
    [`platforms/a${'x'.repeat(40)}`, { name: 'A' }],
    ['platforms/a%00b', { name: 'A' }],
    ['people/ada', { name: 'A' }],
    ['platforms/mine', {}],
    ['platforms/mine', { name: ' ' }],
    ['platforms/mine', { name: 'A\0' }],
    ['platforms/mine', { name: '\ud800' }],
    ['platforms/mine', { name: 'Tik\u202eTok' }],
    ['platforms/mine', { name: 'x'.repeat(81) }],
    ['platforms/mine', { name: 'A', retired: 'no' }],
  ]
  for (const [path, body] of bad) {
    const answer = await w.call('PUT', `/api/v1/catalogue/${path}`, { token, body })
    expect([path, body, answer.status, answer.body.code]).toEqual([path, body, 400, 'request.invalid'])
  }
  expect(await find('mine', 'platforms')).toBe(undefined)
})

test('the same order is one order, by each administrator, and another’s same id is another', async () => {
  const order = entry('felting')
  const other = await w.person('admin')
  await Promise.all(Array.from({ length: 4 }, () => putEntry(w.as(admin), order)))
  await expect(putEntry(w.as(admin), { ...order, retired: true })).rejects.toMatchObject({ code: 'command.reused' })
  await putEntry(w.as(other), { ...order, retired: true })
  expect(await find('felting')).toMatchObject({ retired: true })
  expect(await changes('felting')).toBe(2)
})

test('two administrators at once both write, each change is told, and all end with one of them', async () => {
  const other = await w.person('admin')
  const names = Array.from({ length: 12 }, (_, i) => `Pottery ${i}`)
  await Promise.all(names.map((name, i) => putEntry(w.as(i % 2 ? admin : other), entry('pottery', { name }))))
  const { rows } = await w.db.pool.query<{ name: string }>(`select name from catalogue where key = 'pottery'`)
  expect(names).toContain(rows[0]?.name)
  expect(await find('pottery')).toEqual({ key: 'pottery', name: rows[0]?.name, retired: false })
  expect(await changes('pottery')).toBe(12)
})

test('what is chosen is in the catalogue, or was had before', async () => {
  const ctx = w.as(admin)
  await putEntry(ctx, entry('macrame', { retired: true }))
  const nothing = { platforms: [], categories: [] }
  await assertInCatalogue(ctx, nothing)
  await assertInCatalogue(ctx, { platforms: ['instagram', 'tiktok'], categories: ['crafts'] })
  await assertInCatalogue(ctx, { ...nothing, categories: ['macrame', 'gone'] }, { ...nothing, categories: ['gone', 'macrame'] })
  const refused: [readonly string[], readonly string[]][] = [
    [['instagram', 'nowhere'], []],
    [['crafts'], []], // of the other list
    [[], ['crafts', 'macrame']],
    [[], ['constructor']],
    [[], ['']],
  ]
  for (const [platforms, categories] of refused)
    await expect(assertInCatalogue(ctx, { platforms, categories }, { platforms: ['macrame'], categories: [] })).rejects.toMatchObject({
      code: 'catalogue.unknown',
    })
})

test('another process hears of a change within a second or so, with nothing between them but the database', async () => {
  const db = await openDatabase({ url: w.url })
  const elsewhere = await world({ database: { db, url: w.url, close: db.close } })
  const ctx = context(elsewhere.house, w.as(admin).session)
  const there = async () => (await getCatalogue(ctx)).categories.some(({ key }) => key === 'weaving')
  expect(await there()).toBe(false)
  await putEntry(w.as(admin), entry('weaving'))
  expect(await find('weaving')).toBeDefined()
  await expect.poll(there, { timeout: 3_000 }).toBe(true)
  await elsewhere.close()
})

test('whoever asks after a commit of this process gets what it wrote, though an answer from before is still on its way', async () => {
  const { pool, log } = w.db
  const answered = Promise.withResolvers<void>()
  const arrives = Promise.withResolvers<void>()
  let asked = 0
  const query = async (config: QueryConfig) => {
    const answer = await pool.query(config)
    if (asked++ === 0) {
      answered.resolve()
      await arrives.promise
    }
    return answer
  }
  const slow: Pool = Object.create(pool, { query: { value: query } })
  const known = new KnownCatalogue({ pool: slow, log })
  const has = async () => (await known.read()).categories.some(({ key }) => key === 'knots')
  const early = has()
  await answered.promise
  await putEntry(w.as(admin), entry('knots'))
  const late = has()
  const first = await Promise.race([late, early])
  arrives.resolve()
  expect([first, await late, await early, await has()]).toEqual([true, true, false, true])
})

test('for a second it is answered from memory, while the database has no connection to give', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => w.db.pool.connect()))
  all.pop()!.release()
  await putEntry(w.as(admin), entry('marbling')) // and so what was known is forgotten
  expect(await find('marbling')).toBeDefined()
  all.push(await w.db.pool.connect())
  const answers = await Promise.all(Array.from({ length: 500 }, () => find('marbling')))
  expect(answers.every((one) => one?.name === 'marbling')).toBe(true)
  for (const client of all) client.release()
})
