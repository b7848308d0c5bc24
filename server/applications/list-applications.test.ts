import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applicationStates } from '../../client-sdk/contract/applications/machine.ts'
import { type ApplicationCard, type ApplicationState, type ListApplications, newId, type PageOf } from '../../client-sdk/contract/index.ts'
import { applicationCards } from '../../persistence/applications.ts'
import { type TestPerson, type World, world } from '../testing.ts'
import { getBoard, listApplications, listBrandApplications, listMyApplications } from './list-applications.ts'
import { apply, fill, type Opening, openCampaign } from './testing.ts'

const STATES: readonly ApplicationState[] = ['submitted', 'shortlisted', 'agreed+brand', 'declined']
let w: World
let superuser: pg.Client
let campaign: Opening
let sister: Opening
let creator: TestPerson
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
  campaign = await openCampaign(w)
  sister = await openCampaign(w, { team: campaign, title: 'Winter' })
  creator = await w.person('creator', 'Ann')
  for (const its of [campaign, sister]) await apply(w, creator, its.campaignId)
  await apply(w, creator, (await openCampaign(w)).campaignId)
  const { brandId } = campaign
  const campaigns = [campaign.campaignId, sister.campaignId]
  await fill(superuser, { brandId, campaigns, perCampaign: 60, states: STATES, seconds: 8 })
  await superuser.query(
    `update application set submitted_at = submitted_at + interval '1 microsecond' where id < '80000000-0000-0000-0000-000000000000'`,
  )
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

type Filter = Pick<ListApplications, 'state' | 'sort'>
type List = (filter: Filter & Pick<ListApplications, 'limit' | 'cursor'>) => Promise<PageOf<ApplicationCard>>
async function all(list: List, filter: Filter, limit: number): Promise<ApplicationCard[]> {
  const cards: ApplicationCard[] = []
  let cursor: string | undefined
  do {
    const page = await list({ ...filter, limit, cursor })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    if (page.cursor !== null) expect(page.items).toHaveLength(limit)
    cards.push(...page.items)
    cursor = page.cursor ?? undefined
  } while (cursor)
  return cards
}
const orders = { newest: 'submitted_at desc, id desc', oldest: 'submitted_at, id', changed: 'changed_at desc, id desc' }

test('pages of every size, order and choice of states give each application once, in order, and end', async () => {
  const ofCampaign: List = (filter) => listApplications(w.as(campaign.viewer), { campaignId: campaign.campaignId, ...filter })
  const ofBrand: List = (filter) => listBrandApplications(w.as(campaign.owner), { brandId: campaign.brandId, ...filter })
  const mine: List = (filter) => listMyApplications(w.as(creator), filter)
  const scopes = [
    { list: ofCampaign, where: 'campaign_id', id: campaign.campaignId },
    { list: ofBrand, where: 'brand_id', id: campaign.brandId },
    { list: mine, where: 'creator_id', id: creator.userId },
  ]
  for (const { list, where, id } of scopes)
    for (const sort of ['newest', 'oldest', 'changed'] as const)
      for (const [state, limit] of [
        [[], 7],
        [[], 100],
        [['declined', 'submitted', 'declined'], 3],
        [['shortlisted'], 1],
        [['expired'], 20],
      ] as [ApplicationState[], number][]) {
        const { rows } = await superuser.query<{ id: string }>(
          `select id from application where ${where} = $1 and state = any($2) order by ${orders[sort]}`,
          [id, state.length === 0 ? applicationStates : state],
        )
        expect((await all(list, { state, sort }, limit)).map(({ applicationId }) => applicationId)).toEqual(rows.map((row) => row.id))
      }
})

test('what moves while somebody turns the pages does not hide what stays', async () => {
  const list: List = (filter) => listApplications(w.as(campaign.owner), { campaignId: sister.campaignId, ...filter })
  const before = await all(list, { state: [], sort: 'newest' }, 100)
  const first = await list({ state: [], sort: 'newest', limit: 10 })
  await superuser.query(`update application set state = 'expired' where id = $1`, [first.items[9]!.applicationId])
  const rest: ApplicationCard[] = []
  for (let { cursor } = first; cursor; ) {
    const page = await list({ state: [], sort: 'newest', limit: 10, cursor })
    rest.push(...page.items)
    cursor = page.cursor
  }
  expect([...first.items, ...rest].map(({ applicationId }) => applicationId)).toEqual(before.map(({ applicationId }) => applicationId))
})

test('a card says what it is about, the same to all', async () => {
  const [card] = (await listMyApplications(w.as(creator), { state: [], sort: 'changed', limit: 2 })).items
  expect(card).toMatchObject({ creator: { userId: creator.userId, name: 'Ann' }, state: 'submitted', version: 1, hasTerms: false })
  const [theirs] = await applicationCards(w.db.pool, [card!.applicationId, newId()])
  expect(theirs).toEqual(card)
  expect(await applicationCards(w.db.pool, [])).toEqual([])
})

test('a board has a column for each state that any is in, in the machine’s order, whose cursor goes on in that state’s list', async () => {
  const { campaignId } = campaign
  const { columns } = await getBoard(w.as(campaign.viewer), { campaignId, limit: 4 })
  expect(columns.map(({ state }) => state)).toEqual(STATES)
  const { rows } = await superuser.query('select state, count(*)::int as count from application where campaign_id = $1 group by 1', [
    campaignId,
  ])
  expect(columns.map(({ state, count }) => ({ state, count }))).toEqual(expect.arrayContaining(rows))
  for (const { state, count, items, cursor } of columns) {
    const filter = { campaignId, state: [state], sort: 'newest' as const }
    const list = async (from?: string) => (await listApplications(w.as(campaign.viewer), { ...filter, limit: 4, cursor: from })).items
    expect(items).toEqual(await list())
    expect((await list(cursor!)).map(({ applicationId }) => applicationId)).not.toContain(items[3]!.applicationId)
    expect(await list(cursor!)).toHaveLength(Math.min(4, count - 4))
  }
  expect(
    (await getBoard(w.as(campaign.owner), { campaignId: (await openCampaign(w, { team: campaign })).campaignId, limit: 4 })).columns,
  ).toEqual([])
})

test('lists are for the team, and one’s own for creators; strangers learn nothing', async () => {
  const { campaignId, brandId } = campaign
  const page = { state: [], sort: 'newest', limit: 5 } as const
  const stranger = await w.person('brand')
  const notFound = { code: 'resource.notFound' }
  const denied = { code: 'access.denied' }
  for (const read of [listApplications, getBoard]) {
    await expect(read(w.as(creator), { campaignId, ...page, state: [] })).rejects.toMatchObject(denied)
    for (const id of [campaignId, newId<typeof campaignId>()])
      await expect(read(w.as(stranger), { campaignId: id, ...page, state: [] })).rejects.toMatchObject({
        ...notFound,
        message: 'No such campaign',
      })
  }
  for (const who of [stranger, creator])
    await expect(listBrandApplications(w.as(who), { brandId, ...page, state: [] })).rejects.toMatchObject(notFound)
  await expect(listMyApplications(w.as(stranger), { ...page, state: [] })).rejects.toMatchObject(denied)
  expect((await listMyApplications(w.as(await w.person()), { ...page, state: [] })).items).toEqual([])
})

test('a cursor is good for its own question alone, and what is none is refused', async () => {
  const { campaignId } = campaign
  const list = (more: Partial<ListApplications>) =>
    listApplications(w.as(campaign.owner), { campaignId, state: ['submitted', 'declined'], sort: 'newest', limit: 2, ...more })
  const cursor = (await list({})).cursor!
  expect((await list({ cursor, limit: 50, state: ['declined', 'submitted'] })).items.length).toBeGreaterThan(2)
  const [mark, , id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
  const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  for (const other of [
    { cursor, sort: 'oldest' as const },
    { cursor, state: ['declined' as const] },
    { cursor, campaignId: sister.campaignId },
    ...['x', '\0', 'ÿ'.repeat(100), forged(mark, '0000-01-01T00:00:00.000000Z', id), forged(mark, '2026-02-30T00:00:00.000000Z', id)].map(
      (it) => ({ cursor: it }),
    ),
    ...[forged(mark, 'infinity', id), forged(mark, '2026-01-01T00:00:00.000000Z', "'"), forged(), forged(mark, 1, 2)].map((it) => ({
      cursor: it,
    })),
  ])
    await expect(list(other)).rejects.toMatchObject({ code: 'request.invalid' })
})
