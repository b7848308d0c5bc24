import { afterAll, beforeAll, expect, test } from 'vitest'
import { BrandWeek, CohortWeek } from '../../client-sdk/contract/index.ts'
import { makeTeam } from '../brands/testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { countBrandWeek } from './count-brand-week.ts'
import { countCreatorWeek } from './count-creator-week.ts'
import { counting } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

const inWeeks = (n: number) => counting({ now: new Date(Date.now() + n * 7 * 86_400_000).toISOString() })
/** All pages of two. */
async function pages(path: string, token: string): Promise<{ week: string }[]> {
  const all: { week: string }[] = []
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { status, body } = await w.call('GET', `${path}?limit=2${cursor ? `&cursor=${String(cursor)}` : ''}`, { token })
    expect(status).toBe(200)
    all.push(...(body.items as { week: string }[]))
    cursor = body.cursor
  }
  return all
}

test('a brand’s weeks are read by its team, the newest first, page by page', async () => {
  const [team, other] = [await makeTeam(w), await makeTeam(w)]
  for (const n of [1, 3, 2]) await countBrandWeek(w.asSystem(), inWeeks(n))
  const items = (await pages(`/api/v1/brands/${team.brandId}/weeks`, await w.token(team.viewer))).map((one) => BrandWeek.parse(one))
  expect(items).toHaveLength(3)
  expect(items.map(({ week }) => week)).toEqual(
    items
      .map(({ week }) => week)
      .toSorted()
      .toReversed(),
  )
  expect(items[0]!.figures).toMatchObject({ received: 0, waiting: 0 })
  const stranger = await w.call('GET', `/api/v1/brands/${team.brandId}/weeks`, { token: await w.token(other.owner) })
  expect(stranger.body.code).toBe('resource.notFound')
})

test('cohorts are read by administrators, the newest first, page by page', async () => {
  const creator = await w.person()
  for (const n of [1, 2, 3]) {
    await countCreatorWeek(w.asSystem(), inWeeks(n))
    const { week } = (await w.db.pool.query<{ week: string }>('select max(week)::text as week from creator_week')).rows[0]!
    if (n < 3)
      await w.db.pool.query(`insert into creator_week select week + 7, user_id, 'active' from creator_week where week = $1::date`, [week])
  }
  const admin = await w.token(await w.person('admin'))
  const items = (await pages('/api/v1/admin/cohorts', admin)).map((one) => CohortWeek.parse(one))
  expect(items.map((one) => [one.new, one.active, one.returning])).toEqual([
    [0, 1, 0],
    [0, 1, 0],
    [1, 0, 0],
  ])
  expect(items.map(({ week }) => week)).toEqual(
    items
      .map(({ week }) => week)
      .toSorted()
      .toReversed(),
  )
  expect((await w.call('GET', '/api/v1/admin/cohorts', { token: await w.token(creator) })).body.code).toBe('access.denied')
})

test('a cursor that is none is refused', async () => {
  const token = await w.token(await w.person('admin'))
  const { status, body } = await w.call('GET', '/api/v1/admin/cohorts?cursor=tomorrow', { token })
  expect([status, body.code]).toEqual([400, 'request.invalid'])
})
