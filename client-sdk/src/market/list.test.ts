import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ApplicationCard } from '../../contract/applications/schema.ts'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import type { LiveList } from './list.ts'
import { type Market, openMarket } from './market.ts'
import { brandId, campaignId, FakeMarket } from './testing-market.ts'

let fake: FakeMarket
let parley: Parley
let market: Market
const onError = vi.fn()
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const ids = (list: LiveList<ApplicationCard>) => list.state.items.map((card) => card.applicationId)
const titles = (list: LiveList<{ title: string }>) => list.state.items.map(({ title }) => title)
async function loaded<L extends LiveList<unknown>>(list: L): Promise<L> {
  const done = list.load()
  await seconds(0.1)
  await done
  return list
}
const readings = () => fake.asked.length

beforeEach(async () => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  fake = new FakeMarket()
  const { open: openSocket } = fake.hub
  parley = connect({ url: 'http://hub.test', getToken: async () => 't', random: () => 0.5, openSocket, fetch: fake.fetch, onError })
  market = openMarket(parley)
  await seconds(0.1)
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('D1 nothing is asked before the first load, nor after close, and who does not follow a list pays nothing for it', async () => {
  const list = market.applications.mine()
  const stop = list.subscribe(() => {})
  fake.submit()
  await seconds(1)
  expect(list.state).toEqual({ loaded: false, items: [], more: false, error: null })
  await loaded(list)
  list.close()
  list.close()
  stop()
  const shown = list.state
  fake.submit()
  fake.hub.cut()
  await seconds(60)
  expect(list.state).toBe(shown)
  expect(fake.asked).toEqual(['/applications'])
  await loaded(list)
  expect(ids(list)).toHaveLength(2)
})

test('D3 pages follow each other, nothing is there twice, and a load reads as far as was read before', async () => {
  const all = Array.from({ length: 45 }, () => fake.submit().applicationId).reverse()
  const list = await loaded(market.applications.mine())
  expect(list.state).toMatchObject({ loaded: true, more: true })
  expect(ids(list)).toEqual(all.slice(0, 20))
  const [more, done] = [list.loadMore(), list.loadMore()]
  await seconds(0.1)
  expect([await more, await done]).toEqual([true, false])
  expect(ids(list)).toEqual(all)
  expect(await list.loadMore()).toBe(false)
  await loaded(list)
  expect(ids(list)).toEqual(all)
  expect(fake.asked.at(-1)).toBe('/applications?limit=45')
})

test('D3 filters and sorts are asked for as they are given, a value each', async () => {
  await loaded(market.applications.ofCampaign(campaignId, { state: ['submitted', 'agreed+brand'], sort: 'oldest', limit: 5 }))
  await loaded(market.campaigns.discover({ platform: ['a', 'b'], q: 'two words', budget: 0, sort: 'deadline' }))
  await loaded(market.campaigns.ofBrand(brandId, { state: ['draft'] }))
  await loaded(market.campaigns.saved())
  expect(fake.asked).toEqual([
    `/campaigns/${campaignId}/applications?state=submitted&state=agreed%2Bbrand&sort=oldest&limit=5`,
    '/campaigns?platform=a&platform=b&q=two+words&budget=0&sort=deadline',
    `/brands/${brandId}/campaigns?state=draft`,
    '/me/saved-campaigns',
  ])
})

test('D5 a card that newly fits appears in its place, and one that fits no more goes', async () => {
  const [one, two] = [fake.submit(), fake.submit()]
  const submitted = await loaded(market.applications.ofBrand(brandId, { state: ['submitted'] }))
  const oldest = await loaded(market.applications.ofCampaign(campaignId, { sort: 'oldest' }))
  const touched = await loaded(market.applications.mine({ sort: 'changed' }))
  const shortlisted = await loaded(market.applications.mine({ state: ['shortlisted'] }))
  const before = readings()
  const heard = vi.fn()
  submitted.subscribe(heard)
  fake.move(one.applicationId, 'shortlisted')
  await seconds(0.1)
  expect(heard).toHaveBeenCalledTimes(1)
  expect(ids(submitted)).toEqual([two.applicationId])
  expect(ids(shortlisted)).toEqual([one.applicationId])
  expect(ids(touched)).toEqual([one.applicationId, two.applicationId])
  expect(oldest.state.items[0]).toMatchObject({ applicationId: one.applicationId, state: 'shortlisted' })
  const three = fake.submit()
  await seconds(10)
  expect(ids(submitted)).toEqual([three.applicationId, two.applicationId])
  expect(ids(oldest)).toEqual([one, two, three].map((card) => card.applicationId))
  expect(readings()).toBe(before)
})

test('D4 what is not newer changes nothing, not even where it was taken out', async () => {
  const old = fake.submit()
  const list = await loaded(market.applications.mine({ state: ['submitted'] }))
  fake.move(old.applicationId, 'declined')
  await seconds(0.1)
  expect(ids(list)).toEqual([])
  const shown = list.state
  fake.say({ applications: [old] })
  await seconds(0.1)
  expect(list.state).toBe(shown)
})

test('D5 what belongs on a page that is not read yet is left to that page', async () => {
  const all = Array.from({ length: 25 }, () => fake.submit())
  const list = await loaded(market.applications.mine({ state: ['submitted', 'shortlisted'] }))
  fake.move(all[0]!.applicationId, 'shortlisted')
  await seconds(0.1)
  expect(ids(list)).toHaveLength(20)
  for (const card of all.slice(5)) fake.move(card.applicationId, 'declined') // the whole page goes, and with it its last item
  await seconds(0.1)
  expect(list.state).toMatchObject({ items: [], more: true })
  const shown = list.state
  fake.move(all[1]!.applicationId, 'shortlisted')
  await seconds(0.1)
  expect(list.state).toBe(shown)
  const more = list.loadMore()
  await seconds(0.1)
  expect(await more).toBe(false)
  expect(ids(list)).toEqual(
    all
      .slice(0, 5)
      .map((card) => card.applicationId)
      .reverse(),
  )
})

test('D7 what is said while a page is on its way is younger than the page', async () => {
  const card = fake.submit()
  fake.latency = 500
  const list = market.applications.mine({ state: ['submitted'] })
  void list.load()
  await seconds(0.1)
  fake.move(card.applicationId, 'withdrawn')
  const next = fake.submit()
  await seconds(1)
  expect(ids(list)).toEqual([next.applicationId])
  void list.load()
  await seconds(0.1)
  const last = fake.submit()
  await seconds(0.1)
  expect(ids(list)).toEqual([last.applicationId, next.applicationId])
  await seconds(1)
  expect(ids(list)).toEqual([last.applicationId, next.applicationId])
})

test('D8 after a reconnect it is read again, as what was whispered meanwhile is lost', async () => {
  const card = fake.submit()
  const list = await loaded(market.applications.mine({ state: ['submitted'] }))
  fake.hub.cut()
  fake.move(card.applicationId, 'declined')
  const next = fake.submit()
  await seconds(10)
  expect(parley.status).toBe('online')
  expect(ids(list)).toEqual([next.applicationId])
})

test('D8 a reading that failed leaves what is shown, says why, and is tried again', async () => {
  const card = fake.submit()
  const list = await loaded(market.applications.mine())
  fake.refusing = 'server.unavailable'
  const failed = list.load()
  await seconds(0.1)
  await expect(failed).rejects.toMatchObject({ code: 'server.unavailable' })
  expect(list.state).toMatchObject({ loaded: true, items: [card], error: { code: 'server.unavailable' } })
  fake.refusing = null
  await seconds(20)
  expect(list.state).toMatchObject({ items: [card], error: null })
})

test('D8 what is out of reach is shown no more', async () => {
  fake.submit()
  const list = await loaded(market.applications.ofBrand(brandId))
  fake.refusing = 'resource.notFound'
  fake.say({ brands: [brandId] })
  await seconds(3)
  expect(list.state).toMatchObject({ loaded: false, items: [], error: { code: 'resource.notFound' } })
  const before = readings()
  await seconds(60)
  expect(readings()).toBe(before)
})

test('D6 of a new campaign a card does not tell all, so what creators discover is read again, once for all that came', async () => {
  const known = fake.publish({ saved: true })
  const list = await loaded(market.campaigns.discover({ platform: ['video'] }))
  const before = readings()
  fake.change(known, { title: 'Other words' })
  await seconds(0.1)
  expect(list.state.items).toMatchObject([{ title: 'Other words', saved: true }])
  fake.publish({ title: 'New' })
  fake.publish({ title: 'Of elsewhere', platforms: ['radio'] })
  await seconds(3)
  expect(titles(list)).toEqual(['New', 'Other words'])
  expect(readings()).toBe(before + 1)
  fake.change([...fake.campaigns.values()].find(({ title }) => title === 'New')!, { state: 'paused' })
  await seconds(0.1)
  expect(titles(list)).toEqual(['Other words'])
  await seconds(10)
  expect(readings()).toBe(before + 1)
})

test('D6 a brand’s campaigns come and go by their cards; where words are looked for the hub is asked', async () => {
  const [one, two] = [fake.publish(), fake.publish()]
  const open = await loaded(market.campaigns.ofBrand(brandId, { state: ['open'] }))
  const found = await loaded(market.campaigns.ofBrand(brandId, { q: 'campaign' }))
  expect(titles(open)).toEqual([two.title, one.title])
  const before = readings()
  fake.change(one, { title: 'Latest' })
  await seconds(0.1)
  expect(titles(open)).toEqual(['Latest', two.title])
  await seconds(3)
  expect(fake.asked.slice(before)).toEqual([`/brands/${brandId}/campaigns?q=campaign`])
  expect(titles(found)).toEqual(['Latest', two.title])
})

test('D6 the list of brands is read again when one of them has changed', async () => {
  fake.answers['/brands'] = { items: [{ brandId, version: 1, name: 'Fern' }], cursor: null }
  const list = await loaded(market.brands.mine())
  fake.answers['/brands'] = { items: [], cursor: null }
  fake.say({ brands: [brandId] })
  await seconds(3)
  expect(list.state).toMatchObject({ loaded: true, items: [] })
})

test('D10 what is kept shows so at once, and is among what is kept; so does what was applied to', async () => {
  const campaign = fake.publish()
  const list = await loaded(market.campaigns.discover())
  const kept = await loaded(market.campaigns.saved())
  void market.campaigns.save(campaign.campaignId, true)
  fake.campaigns.set(campaign.campaignId, { ...campaign, saved: true })
  await seconds(0.1)
  expect(list.state.items).toMatchObject([{ saved: true }])
  await seconds(3)
  expect(titles(kept)).toEqual([campaign.title])
  fake.change(fake.campaigns.get(campaign.campaignId)!, { state: 'closed' })
  await seconds(0.1)
  expect(kept.state.items).toMatchObject([{ state: 'closed', saved: true }])
  void market.campaigns.save(campaign.campaignId, false)
  await seconds(0.1)
  expect(kept.state.items).toEqual([])
  const other = fake.publish()
  await seconds(3)
  expect(list.state.items).toMatchObject([{ applicationId: null }])
  const { applicationId } = fake.submit({ campaignId: other.campaignId })
  await seconds(0.1)
  expect(list.state.items).toMatchObject([{ applicationId }])
})

test('D11 a card that is none is left out, and `onError` hears of it', async () => {
  const card = fake.submit()
  const list = await loaded(market.applications.mine())
  const next = { ...card, version: 2, title: 'Later' }
  fake.say({ applications: [{ ...card, version: 'new' } as never, next] })
  await seconds(0.1)
  expect(titles(list)).toEqual(['Later'])
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'The hub sent a malformed lists.changed' }))
})

test('D1 with the client all of it ends: what is shown stays, and nothing is asked any more', async () => {
  const card = fake.submit()
  const list = await loaded(market.applications.mine())
  fake.say({ brands: [brandId] })
  const loading = list.load()
  parley.close()
  await expect(loading).rejects.toMatchObject({ code: 'client.closed' })
  const before = readings()
  await seconds(60)
  expect(list.state.items).toEqual([card])
  expect(readings()).toBe(before)
  await expect(list.load()).rejects.toMatchObject({ code: 'client.closed' })
  expect(openMarket(parley)).toBe(market)
})

test('D6 what a code lets us see is discovered at once', async () => {
  const list = await loaded(market.campaigns.discover())
  const before = readings()
  void market.campaigns.redeem('ABCDEFGHJKMN')
  await seconds(3)
  expect(readings()).toBe(before + 1)
  expect(list.state.loaded).toBe(true)
})
