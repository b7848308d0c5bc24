import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CampaignState } from '../../contract/campaigns/machine.ts'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import type { LiveBoard } from './board.ts'
import type { LiveList } from './list.ts'
import { type Market, openMarket } from './market.ts'
import { brandId, campaignId, FakeMarket } from './testing-market.ts'

let fake: FakeMarket
let parley: Parley
let market: Market
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const counts = (board: LiveBoard) => Object.fromEntries(board.state.columns.map(({ state, count }) => [state, count]))
async function loaded<L extends LiveList<unknown> | LiveBoard>(list: L): Promise<L> {
  void list.load()
  await seconds(0.1)
  return list
}

beforeEach(async () => {
  vi.useFakeTimers()
  fake = new FakeMarket()
  const { open: openSocket } = fake.hub
  parley = connect({ url: 'http://hub.test', getToken: async () => 't', random: () => 0.5, openSocket, fetch: fake.fetch })
  market = openMarket(parley)
  await seconds(0.1)
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('D14 a move shows as soon as it is ordered, in every list and board, with its counts, and as pending', async () => {
  const [one, two] = [fake.submit(), fake.submit()]
  const board = await loaded(market.applications.board(campaignId))
  const submitted = await loaded(market.applications.ofCampaign(campaignId, { state: ['submitted'] }))
  const shortlisted = await loaded(market.applications.ofBrand(brandId, { state: ['shortlisted'] }))
  fake.pace = 1_000
  const done = market.applications.shortlist(one)
  expect(counts(board)).toEqual({ submitted: 1, shortlisted: 1 })
  expect(submitted.state.items).toEqual([two])
  expect(shortlisted.state.items).toMatchObject([{ applicationId: one.applicationId, state: 'shortlisted', version: 1, pending: true }])
  await seconds(0.1)
  expect(await done).toMatchObject({ state: 'shortlisted', version: 2 })
  expect(shortlisted.state.items).toMatchObject([{ version: 2, pending: false }])
  expect(counts(board)).toEqual({ submitted: 1, shortlisted: 1 })
  await seconds(2)
  expect(shortlisted.state.items).toStrictEqual([fake.applications.get(one.applicationId)])
  expect(counts(board)).toEqual({ submitted: 1, shortlisted: 1 })
  expect(fake.asked).toHaveLength(3)
})

test('D14 what is refused is shown as it was, and rejects with the reason', async () => {
  const card = fake.submit()
  const board = await loaded(market.applications.board(campaignId))
  const mine = await loaded(market.applications.mine({ state: ['submitted'] }))
  const before = [board.state.columns, mine.state.items]
  fake.refuse = () => 'deadline.passed'
  const done = market.applications.withdraw(card)
  expect([counts(board), mine.state.items]).toEqual([{ withdrawn: 1 }, []])
  await seconds(0.1)
  await expect(done).rejects.toMatchObject({ code: 'deadline.passed' })
  expect([board.state.columns, mine.state.items]).toStrictEqual(before)
})

test('D14 nothing is shown of what the machine refuses, of another version, and of what one’s role does not allow', async () => {
  const card = fake.submit()
  const campaign = fake.publish({ state: 'open' })
  const cards = await loaded(market.applications.mine())
  const campaigns = await loaded(market.campaigns.ofBrand(brandId))
  const shown = [cards.state, campaigns.state]
  fake.refuse = () => 'access.denied'
  void market.applications.shortlist({ ...card, version: 7 })
  void market.applications.decline({ ...card, me: 'viewer' })
  void market.campaigns.publish(campaign)
  void market.campaigns.cancel({ ...campaign, me: 'manager' }, 'Why not')
  expect([cards.state, campaigns.state]).toEqual(shown)
  await seconds(0.1)
  expect([cards.state, campaigns.state]).toEqual(shown)
})

test('D14 a request to cancel, its end and the consent show at once; a request only to who says what they are', async () => {
  const card = fake.submit({ state: 'agreed' })
  const mine = await loaded(market.applications.mine())
  const states = () => mine.state.items.map(({ state }) => state)
  void market.applications.requestCancel(card)
  expect(states()).toEqual(['agreed'])
  await seconds(0.1)
  expect(states()).toEqual(['agreed+brand'])
  void market.applications.revokeCancel(mine.state.items[0]!)
  expect(states()).toEqual(['agreed'])
  await seconds(0.1)
  void market.applications.requestCancel({ ...mine.state.items[0]!, me: 'creator' })
  expect(states()).toEqual(['agreed+creator'])
  await seconds(0.1)
  const asked = fake.move(card.applicationId, 'delivering+creator')
  await seconds(0.1)
  fake.refuse = () => 'access.denied'
  void market.applications.confirmCancel(asked)
  expect(states()).toEqual(['cancelled'])
})

test('D14 a campaign that is moved is shown so, and is the last changed', async () => {
  vi.setSystemTime('2026-06-01')
  const [one, two] = [fake.publish(), fake.publish()]
  const all = await loaded(market.campaigns.ofBrand(brandId))
  const paused = await loaded(market.campaigns.ofBrand(brandId, { state: ['paused'] }))
  fake.hub.intercept = () => ({ ok: true, data: { campaignId: one.campaignId, state: 'paused' satisfies CampaignState, version: 2 } })
  const done = market.campaigns.pause(one)
  expect(all.state.items).toMatchObject([{ campaignId: one.campaignId, state: 'paused', pending: true }, two])
  expect(paused.state.items).toMatchObject([{ campaignId: one.campaignId, title: one.title }])
  await seconds(0.1)
  await done
  expect(all.state.items[0]).toMatchObject({ state: 'paused', version: 2, pending: false })
  fake.change(one, { state: 'paused' })
  await seconds(0.1)
  expect(all.state.items[0]).not.toHaveProperty('pending')
})

test('D14 of many that are moved each shows, and those that are refused go back', async () => {
  const [one, two] = [fake.submit(), fake.submit()]
  const board = await loaded(market.applications.board(campaignId))
  fake.pace = 5_000
  fake.move(two.applicationId, 'withdrawn')
  const done = market.applications.moveMany(campaignId, 'decline', [one, two])
  expect(counts(board)).toEqual({ declined: 2 })
  await seconds(0.1)
  expect(await done).toMatchObject({ moved: [{ applicationId: one.applicationId }], refused: [{ code: 'resource.stale' }] })
  expect(counts(board)).toEqual({ submitted: 1, declined: 1 })
  await seconds(6)
  expect(counts(board)).toEqual({ withdrawn: 1, declined: 1 })
})

test('D15 what the hub tells of that version or a later one replaces it, before the answer or after', async () => {
  const card = fake.submit()
  const list = await loaded(market.applications.mine())
  const shortlisted = await loaded(market.applications.mine({ state: ['shortlisted'] }))
  fake.hub.network = (what) => (what === 'reply' ? [3_000] : [1])
  const done = market.applications.shortlist(card)
  await seconds(0.1)
  expect(list.state.items).toStrictEqual([fake.applications.get(card.applicationId)])
  fake.move(card.applicationId, 'declined')
  await seconds(0.1)
  expect([list.state.items, shortlisted.state.items]).toMatchObject([[{ state: 'declined', version: 3 }], []])
  await seconds(4)
  expect(await done).toMatchObject({ state: 'shortlisted', version: 2 })
  expect([list.state.items, shortlisted.state.items]).toStrictEqual([[fake.applications.get(card.applicationId)], []])
})

test('D15 an answer that was lost with the connection, and comes when more has happened, brings back nothing', async () => {
  const card = fake.submit()
  const all = await loaded(market.applications.mine())
  const list = await loaded(market.applications.mine({ state: ['shortlisted'] }))
  fake.hub.network = (what) => (what === 'request' ? [1] : [])
  const done = market.applications.shortlist(card)
  expect(list.state.items).toMatchObject([{ pending: true }])
  await seconds(0.1)
  fake.move(card.applicationId, 'declined')
  await seconds(0.1)
  fake.hub.network = () => [1]
  fake.hub.cut()
  await seconds(30)
  expect(await done).toMatchObject({ state: 'shortlisted', version: 2 })
  expect(list.state.items).toEqual([])
  expect(all.state.items).toStrictEqual([fake.applications.get(card.applicationId)])
})

test('D16 what is kept shows at once in every open list; the last word holds, and what is refused is as it was', async () => {
  const campaign = fake.publish()
  const { campaignId: id } = campaign
  const [found, video] = [await loaded(market.campaigns.discover()), await loaded(market.campaigns.discover({ platform: ['video'] }))]
  const flags = () => [found, video].map(({ state }) => [state.items[0]?.saved, state.items[0]?.pending])
  let requests = 0
  fake.hub.network = (what) => (what === 'request' && requests++ === 0 ? [500] : [1])
  void market.campaigns.save(id, true)
  expect(flags()).toEqual([
    [true, true],
    [true, true],
  ])
  void market.campaigns.save(id, false)
  void market.campaigns.save(id, true)
  void market.campaigns.save(id, false)
  expect(flags()[0]).toEqual([false, true])
  await seconds(3)
  expect(flags()[0]).toEqual([false, undefined])
  expect(fake.campaigns.get(id)).toMatchObject({ saved: false })
  fake.refuse = () => 'resource.notFound'
  void market.campaigns.save(id, true)
  expect(flags()[1]).toEqual([true, true])
  await seconds(1)
  expect(flags()[1]).toEqual([false, undefined])
})

test('D17 what no card tells is read as soon as it is done, by the lists that may show it', async () => {
  fake.answers['/brands'] = { items: [], cursor: null }
  const lists = {
    brands: await loaded(market.brands.mine()),
    campaigns: await loaded(market.campaigns.ofBrand(brandId)),
    mine: await loaded(market.applications.mine()),
    found: await loaded(market.campaigns.discover()),
  }
  const asked = async (order: Promise<unknown>) => {
    fake.asked.length = 0
    await seconds(0.1)
    await order
    return fake.asked.toSorted()
  }
  expect(Object.values(lists).every(({ state }) => state.loaded)).toBe(true)
  expect(await asked(market.brands.create({ name: 'Fern' }))).toEqual(['/brands'])
  expect(await asked(market.campaigns.create(brandId, { title: 'Autumn' }))).toEqual([`/brands/${brandId}/campaigns`])
  expect(await asked(market.campaigns.update({ campaignId, version: 1 }, { title: 'Winter' }))).toEqual([`/brands/${brandId}/campaigns`])
  expect(await asked(market.applications.submit(campaignId, { cover: 'Hello' }))).toEqual(['/applications', '/campaigns'])
  fake.refuse = () => 'campaign.full'
  expect(await asked(market.applications.submit(campaignId, { cover: 'Hello' }).catch(() => {}))).toEqual([])
})
