import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Dispute, Page } from '../../client-sdk/contract/index.ts'
import { fill, openCampaign } from '../applications/testing.ts'
import { type TestPerson, type World, world } from '../testing.ts'
import { listDisputes } from './list-disputes.ts'
import { agreed, type Parties, someTerms } from './testing.ts'
import { cancel, handIn, pay, resolve, rowOf } from './testing-work.ts'

let w: World
let admin: TestPerson
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  admin = await w.person('admin')
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const page = (said: Partial<Page> = {}) => listDisputes(w.as(admin), Page.parse(said))
async function all(limit: number): Promise<Dispute[]> {
  const items: Dispute[] = []
  let cursor: string | null | undefined
  do {
    const next = await page({ limit, ...(cursor && { cursor }) })
    expect(next.items.length).toBeLessThanOrEqual(limit)
    items.push(...next.items)
    cursor = next.cursor
  } while (cursor)
  return items
}
const terms = () => someTerms({ revisionRounds: 0, payments: [{ amount: 90_000, due: 'onAgreement' }] })
const names = ({ applicationId }: Pick<Parties, 'applicationId'>) => applicationId

test('what waits for an administrator is listed by how long it has, with what of each waits, until it is decided', async () => {
  expect(await page()).toEqual({ items: [], cursor: null })
  await agreed(w) // of which nothing waits
  const work = await agreed(w, terms())
  await handIn(w, work, 1, 'dispute')
  const asked = await agreed(w)
  await cancel(w, asked.creator, asked, 'cancel.request')
  const payment = await agreed(w, terms())
  for (const move of ['invoice', 'pay', 'dispute'] as const) await pay(w, payment, 1, move)
  const { rows } = await w.db.pool.query<{ name: string }>('select name from brand where id = $1', [work.campaign.brandId])

  const listed = await all(100)
  expect(listed.map(names)).toEqual([work, asked, payment].map(names))
  expect(listed[0]).toEqual({
    applicationId: work.applicationId,
    roomId: work.roomId,
    campaign: 'Autumn',
    brand: { brandId: work.campaign.brandId, name: rows[0]!.name },
    creator: { userId: work.creator.userId, name: work.creator.name },
    state: 'delivering',
    since: new Date((await rowOf(w, work)).disputed_at!).toISOString(),
    waits: [{ what: 'deliverable', number: 1 }],
  })
  expect(listed.map(({ waits, state }) => ({ waits, state })).slice(1)).toEqual([
    { waits: [{ what: 'application', number: null }], state: 'agreed+creator' },
    { waits: [{ what: 'milestone', number: 1 }], state: 'agreed' },
  ])
  for (const limit of [1, 2, 3]) expect(await all(limit)).toEqual(listed)

  // Who is disputed and asked to cancel waits once, since the dispute.
  await cancel(w, work.campaign.owner, work, 'cancel.request')
  const [first] = (await page()).items
  expect(first).toMatchObject({ applicationId: work.applicationId, since: listed[0]!.since, state: 'delivering+brand' })
  expect(first!.waits).toEqual([
    { what: 'deliverable', number: 1 },
    { what: 'application', number: null },
  ])
  await resolve(w, admin, work, { what: 'deliverable', number: 1, move: 'approve' })
  expect((await all(1)).map(names)).toEqual([asked, payment, work].map(names)) // since it was asked, and no more since the dispute
  await cancel(w, work.campaign.owner, work, 'cancel.revoke')
  await resolve(w, admin, asked, { what: 'application', move: 'cancel' })
  await pay(w, payment, 1, 'confirm')
  expect(await page()).toEqual({ items: [], cursor: null })
})

test('a cursor is this list’s own', async () => {
  for (const cursor of ['x', Buffer.from('["else","2026-01-01T00:00:00.000000Z"]').toString('base64url')])
    await expect(page({ cursor })).rejects.toMatchObject({ code: 'request.invalid' })
})

test('nobody else sees it', async () => {
  for (const who of [await w.person('brand'), await w.person('creator')])
    await expect(listDisputes(w.as(who), Page.parse({}))).rejects.toMatchObject({ code: 'access.denied' })
})

test('among many deals a page is found by its indexes, and costs no more for those that wait for nobody', async () => {
  const { brandId, campaignId } = await openCampaign(w)
  await fill(superuser, {
    brandId,
    campaigns: [campaignId],
    perCampaign: 3_000,
    states: ['submitted', 'agreed', 'delivering', 'completed'],
  })
  await superuser.query('analyze application')
  const half = (column: string, which: string) =>
    `select id from application where ${which} and (${column}, id) > ('-infinity', '00000000-0000-0000-0000-000000000000')
      order by ${column}, id limit 21`
  for (const [column, which, index] of [
    ['disputed_at', 'disputed_at is not null', 'application_disputed'],
    ['changed_at', `state like '%+%' and disputed_at is null`, 'application_cancelling'],
  ] as const) {
    const { rows } = await superuser.query<{ 'QUERY PLAN': string }>(`explain ${half(column, which)}`)
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(new RegExp(`Index (Only )?Scan using ${index} `))
  }
})
