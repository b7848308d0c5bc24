import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ListApplications } from '../../client-sdk/contract/index.ts'
import { getBoard, listApplications, listMyApplications } from '../applications/list-applications.ts'
import { apply, countsOf, type Opening, openCampaign, pass } from '../applications/testing.ts'
import { closeDueCampaigns, completeDueCampaigns } from '../campaigns/due-campaigns.ts'
import { type TestPerson, type World, world } from '../testing.ts'
import { accept, type Parties, propose, someTerms } from './testing.ts'
import { cancel, handIn, review, submit } from './testing-work.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

async function deal(campaign: Opening, creator: TestPerson): Promise<Parties> {
  const its = { campaign, creator, ...(await apply(w, creator, campaign.campaignId)) }
  return { ...its, ...(await accept(w, creator, its, await propose(w, campaign.manager, its, { terms: someTerms() }))) }
}
/** One application each: how the team's list, its board, the counts and the creator's own list show them all. */
async function shown({ campaignId, viewer }: Opening, creators: readonly TestPerson[]) {
  const states = (cards: readonly { state: string; version: number }[]) => cards.map(({ state, version }) => `${state} ${version}`).sort()
  const asked = ListApplications.parse({ campaignId, sort: 'changed' })
  const listed = states((await listApplications(w.as(viewer), asked)).items)
  const { columns } = await getBoard(w.as(viewer), { campaignId, limit: 10 })
  for (const { state, count, items } of columns) expect(items.map((item) => item.state)).toEqual(Array.from({ length: count }, () => state))
  expect(states(columns.flatMap(({ items }) => items))).toEqual(listed)
  const own = await Promise.all(creators.map(async (one) => (await listMyApplications(w.as(one), { ...asked, sort: 'newest' })).items))
  expect(states(own.flat())).toEqual(listed)
  for (const state of new Set(columns.map((column) => column.state)))
    expect((await listApplications(w.as(viewer), { ...asked, state: [state] })).items.every((item) => item.state === state)).toBe(true)
  const { counted, real } = await countsOf(w, campaignId)
  expect(counted).toEqual(real)
  expect(counted).toEqual(Object.fromEntries(columns.map(({ state, count }) => [state, count])))
  return listed
}

test('lists, boards and counts follow a deal through its states, and the campaign is completed once all are over', async () => {
  const campaign = await openCampaign(w)
  const creators = [await w.person(), await w.person()] as const
  const [done, off] = [await deal(campaign, creators[0]), await deal(campaign, creators[1])]
  expect(await shown(campaign, creators)).toEqual(['agreed 3', 'agreed 3'])
  const first = await submit(w, done, 1)
  await cancel(w, off.creator, off, 'cancel.request')
  expect(await shown(campaign, creators)).toEqual(['agreed+creator 4', 'delivering 4'])
  await submit(w, off, 1)
  await cancel(w, campaign.owner, done, 'cancel.request')
  expect(await shown(campaign, creators)).toEqual(['delivering+brand 5', 'delivering+creator 5'])

  await pass(superuser, campaign.campaignId, 'apply_by', 'decide_by')
  await closeDueCampaigns(w.asSystem())
  const stateNow = async () =>
    (await w.db.pool.query<{ state: string }>('select state from campaign where id = $1', [campaign.campaignId])).rows[0]!.state
  await completeDueCampaigns(w.asSystem())
  expect(await stateNow()).toBe('closed') // deals are under way
  await cancel(w, campaign.owner, off, 'cancel.confirm')
  expect(await shown(campaign, creators)).toEqual(['cancelled 6', 'delivering+brand 5'])
  await completeDueCampaigns(w.asSystem())
  expect(await stateNow()).toBe('closed')
  await cancel(w, campaign.owner, done, 'cancel.revoke')
  await handIn(w, done, 2)
  expect(await review(w, done, 1, first, 'approve')).toMatchObject({ state: 'completed' })
  expect(await shown(campaign, creators)).toEqual(['cancelled 6', 'completed 7'])
  await completeDueCampaigns(w.asSystem())
  expect(await stateNow()).toBe('completed')
})
