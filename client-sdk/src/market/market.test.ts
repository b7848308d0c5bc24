import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../client.ts'
import type { ConnectOptions, Parley } from '../parley.ts'
import { jwt, refusal } from '../testing.ts'
import { type Market, nextApplicationMoves, nextCampaignMoves, openMarket } from './market.ts'
import { brandId, campaignId, FakeMarket } from './testing-market.ts'

let fake: FakeMarket
let parley: Parley
let market: Market
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const sent = () => fake.hub.commands.map(({ name, input }) => [name, input] as const)
const without = ([name, input]: readonly [string, object]) => {
  const { commandId: _, ...rest } = input as { commandId: string }
  return [name, rest]
}
const commandIds = () => sent().map(([, input]) => (input as { commandId: string }).commandId)
async function answered<T>(promise: Promise<T>): Promise<T> {
  await seconds(0.1)
  return promise
}

async function begin(options: Partial<ConnectOptions> = {}): Promise<void> {
  const getToken = async () => jwt({ sub: 'mia' })
  const { open: openSocket } = fake.hub
  parley = connect({ url: 'http://hub.test', getToken, random: () => 0.5, openSocket, fetch: fake.fetch, ...options })
  market = openMarket(parley)
  await seconds(0.1)
}
beforeEach(async () => {
  vi.useFakeTimers()
  fake = new FakeMarket()
  await begin()
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('D1 a client has one market, and only what `connect` made is a client', () => {
  expect(openMarket(parley)).toBe(market)
  const other = connect({ url: 'http://hub.test', getToken: async () => 't', openSocket: fake.hub.open })
  expect(openMarket(other)).not.toBe(market)
  other.close()
  expect(() => openMarket({} as Parley)).toThrow(TypeError)
})

test('D2 each order says what it is to do, of which version, with a command id of its own', async () => {
  const { campaigns, applications, brands, profile } = market
  const campaign = { campaignId, version: 3, title: 'Read elsewhere' }
  const application = fake.submit()
  const { applicationId } = application
  const all = [
    campaigns.create(brandId, { title: 'Autumn' }),
    campaigns.update(campaign, { title: 'Winter', opensAt: '2027-01-01T00:00:00Z' }),
    campaigns.publish(campaign),
    campaigns.reopen(campaign, { applyBy: '2027-01-01T00:00:00Z' }),
    campaigns.cancel(campaign, 'No money'),
    campaigns.copy(campaignId),
    campaigns.invite(campaignId, 'mia@example.com'),
    campaigns.redeem('ABCDEFGHJKMN'),
    applications.submit(campaignId, { cover: 'Hello' }),
    applications.decline(application, 'Too late'),
    applications.moveMany(campaignId, 'shortlist', [application]),
    brands.create({ name: 'Fern' }),
    brands.update({ brandId, version: 2 }, { about: null }),
    brands.invite(brandId, { email: 'otto@example.com', role: 'viewer' }),
    brands.setRole(brandId, 'otto', 'owner'),
    brands.leave(brandId),
    brands.passOn(brandId, 'otto'),
    profile.put({ headline: 'Cooks' }, 0),
  ]
  await answered(Promise.all(all))
  const said = sent().map(without)
  expect(said.filter(([name]) => name !== 'brand.removeMember')).toEqual([
    ['campaign.create', { brandId, title: 'Autumn' }],
    ['campaign.update', { campaignId, version: 3, title: 'Winter', opensAt: '2027-01-01T00:00:00Z' }],
    ['campaign.move', { campaignId, version: 3, move: 'publish' }],
    ['campaign.move', { campaignId, version: 3, move: 'reopen', applyBy: '2027-01-01T00:00:00Z' }],
    ['campaign.move', { campaignId, version: 3, move: 'cancel', reason: 'No money' }],
    ['campaign.copy', { campaignId }],
    ['campaign.invite', { campaignId, email: 'mia@example.com' }],
    ['campaign.redeem', { code: 'ABCDEFGHJKMN' }],
    ['application.submit', { campaignId, cover: 'Hello' }],
    ['application.move', { applicationId, version: 1, move: 'decline', reason: 'Too late' }],
    ['application.moveMany', { campaignId, move: 'shortlist', applications: [{ applicationId, version: 1 }] }],
    ['brand.create', { name: 'Fern' }],
    ['brand.update', { brandId, version: 2, about: null }],
    ['brand.invite', { brandId, email: 'otto@example.com', role: 'viewer' }],
    ['brand.setRole', { brandId, userId: 'otto', role: 'owner' }],
    ['brand.passOn', { brandId, userId: 'otto' }],
    ['profile.put', { headline: 'Cooks', version: 0 }],
  ])
  expect(said).toContainEqual(['brand.removeMember', { brandId, userId: 'mia' }]) // to leave
  expect(new Set(commandIds()).size).toBe(all.length)
})

test('D2 an order without an answer goes again under the same id, through a reconnect, and has one effect', async () => {
  let answers = 0
  fake.hub.network = (what) => (what === 'reply' && answers++ < 2 ? [] : [1])
  const done = market.campaigns.create(brandId, { title: 'Autumn' })
  await seconds(15)
  fake.hub.cut()
  await seconds(40)
  await expect(done).resolves.toMatchObject({ title: 'Autumn' })
  expect(commandIds().length).toBeGreaterThan(1)
  expect(new Set(commandIds()).size).toBe(1)
  expect(fake.done).toHaveLength(1)
})

test('D2 given offline, an order goes as soon as the connection is there', async () => {
  fake.hub.door = () => refusal('server.unavailable', true)
  fake.hub.cut()
  const done = market.brands.create({ name: 'Fern' })
  await seconds(120)
  expect(sent()).toEqual([])
  fake.hub.door = () => null
  await vi.waitUntil(() => parley.status === 'online')
  await seconds(0.1)
  await expect(done).resolves.toMatchObject({ name: 'Fern' })
})

test('D2 what is refused for now is waited for, what is refused for good is not sent again', async () => {
  const answer = fake.hub.intercept
  const errors = [{ ...refusal('rate.limited', true), retryAfter: 30 }, refusal('access.changed', true), refusal('campaign.full')]
  fake.hub.intercept = () => ({ ok: false, error: errors.shift()! })
  const done = market.applications.submit(campaignId, { cover: 'Hello' })
  done.catch(() => {})
  await seconds(25)
  expect(sent()).toHaveLength(1)
  await seconds(20)
  await expect(done).rejects.toMatchObject({ code: 'campaign.full' })
  expect(new Set(commandIds()).size).toBe(1)
  expect(sent()).toHaveLength(3)
  fake.hub.intercept = answer
})

test('D2 with the client its orders end, and so does whatever is ordered later', async () => {
  fake.hub.network = () => []
  const open = market.campaigns.copy(campaignId)
  await seconds(1)
  parley.close()
  await expect(open).rejects.toMatchObject({ code: 'client.closed' })
  await expect(market.campaigns.copy(campaignId)).rejects.toMatchObject({ code: 'client.closed' })
})

test('D3 what is read by itself is asked for by REST', async () => {
  const profile = { userId: 'mia', version: 0, name: 'Mia' }
  const catalogue = { platforms: [{ key: 'video', name: 'Video', retired: false }], categories: [] }
  const card = fake.submit()
  Object.assign(fake.answers, {
    '/me/profile': profile,
    '/creators/a%2Fb': profile,
    '/catalogue': catalogue,
    [`/applications/${card.applicationId}`]: card,
    [`/brands/${brandId}`]: { brandId, version: 1 },
    [`/brands/${brandId}/members`]: { items: [{ userId: 'mia', role: 'owner' }] },
    [`/brands/${brandId}/invitations`]: { items: [] },
    '/me/settings': { presence: 'shown' },
  })
  expect(await answered(market.profile.get())).toEqual(profile)
  expect(await answered(market.profile.of('a/b'))).toEqual(profile)
  expect(await answered(market.catalogue())).toEqual(catalogue)
  expect(await answered(market.applications.get(card.applicationId))).toEqual(card)
  expect(await answered(market.brands.get(brandId))).toMatchObject({ version: 1 })
  expect(await answered(market.brands.members(brandId))).toEqual([{ userId: 'mia', role: 'owner' }])
  expect(await answered(market.brands.invitations(brandId))).toEqual([])
  expect(await answered(market.settings.get())).toEqual({ presence: 'shown' })
  expect(await answered(market.settings.put({ presence: 'hidden' }))).toEqual({ presence: 'hidden' })
  expect(fake.asked.at(-1)).toBe('PUT /me/settings')
  fake.answers['/catalogue'] = { platforms: 'none' }
  const asked = market.catalogue()
  await seconds(0.1)
  await expect(asked).rejects.toMatchObject({ code: 'server.unavailable' })
})

test('D13 notes are a room like others; what may be done is asked of the contract’s own tables', async () => {
  const roomId = fake.submit().roomId
  fake.hub.intercept = () => ({ ok: true, data: { roomId } })
  const room = await answered(market.applications.openNotes('an application'))
  expect(room).toBe(parley.room(roomId))
  expect([market.can('decide', 'manager'), market.can('decide', 'viewer'), market.can('moveApplication', 'creator')]).toEqual([
    true,
    false,
    true,
  ])
  expect(nextCampaignMoves('draft', 'manager')).toEqual(['publish'])
  expect(nextApplicationMoves('submitted', 'creator')).toEqual(['withdraw'])
  expect(nextApplicationMoves('submitted', 'owner')).toEqual(['shortlist', 'decline'])
  expect(nextApplicationMoves('agreed+brand', 'manager')).toEqual(['cancel.revoke'])
  expect(nextApplicationMoves('agreed+brand', 'creator')).toEqual(['cancel.confirm'])
})
