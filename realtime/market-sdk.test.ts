import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connect, type Parley } from '../client-sdk/src/index.ts'
import { type LiveBoard, type Market, openMarket } from '../client-sdk/src/market/market.ts'
import { openDueCampaigns } from '../server/campaigns/due-campaigns.ts'
import { createApp } from '../server/http.ts'
import { createLog } from '../server/log.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'
import { apply, forget, market as newMarket } from './testing-market.ts'

/** Whispers come at most a second late; this is the ceiling on a busy machine, in ms. */
const soon = { timeout: 6_000, interval: 20 }

let h: TestHub
let app: ReturnType<typeof createApp>
const bindings = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
const open: Parley[] = []
beforeAll(async () => {
  h = await hub()
  app = createApp(h.house, { log: createLog({ level: 'error', write: () => {} }), isAllowedOrigin: () => true })
})
afterEach(() => {
  for (const parley of open.splice(0)) parley.close()
})
afterAll(() => h?.close())

type Client = { parley: Parley; market: Market; token: string }
async function signedIn(person: TestPerson): Promise<Client> {
  const { accessToken: token } = await h.session(person)
  const fetch: typeof globalThis.fetch = async (url, init) => app.request(String(url).replace(h.url, ''), init, bindings)
  const parley = connect({ url: h.url, getToken: async () => token, fetch, random: () => 0.1 })
  open.push(parley)
  await expect.poll(() => parley.status, soon).toBe('online')
  return { parley, market: openMarket(parley), token }
}
/** As a program does that knows REST alone. */
async function rest({ token }: Client, method: string, path: string, body: object, version: number): Promise<number> {
  const headers = new Headers({ authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': commandId() })
  headers.set('if-match', `"${version}"`)
  const init = { method, headers, body: JSON.stringify(body) }
  return (await app.request(`/api/v1${path}`, init, bindings)).status
}
/** A brand's owner, a creator, and a campaign that takes applications. */
async function meet() {
  const team = await newMarket(h)
  const person = await h.person('creator')
  return { ...team, creator: person, owns: await signedIn(team.owner), applies: await signedIn(person) }
}
const counts = (board: LiveBoard) => Object.fromEntries(board.state.columns.map(({ state, count }) => [state, count]))

test('D5 D9 D14 a status changed by REST moves the card in the other’s open list and board, and in the room', async () => {
  const { campaignId, owns, applies } = await meet()
  const board = owns.market.applications.board(campaignId)
  const submitted = owns.market.applications.ofCampaign(campaignId, { state: ['submitted'] })
  const mine = applies.market.applications.mine({ state: ['shortlisted'] })
  await Promise.all([board.load(), submitted.load(), mine.load()])
  expect([board.state.columns, submitted.state.items, mine.state.items]).toEqual([[], [], []])
  const place = await applies.market.applications.submit(campaignId, { cover: 'I would love to' })
  await expect.poll(() => submitted.state.items, soon).toMatchObject([{ applicationId: place.applicationId, version: 1 }])
  await expect.poll(() => counts(board), soon).toEqual({ submitted: 1 })
  const room = await applies.parley.room(place.roomId).join()
  expect(room.state).toMatchObject({ subject: { kind: 'application', id: place.applicationId, state: 'submitted', version: 1 } })
  expect(await rest(owns, 'POST', `/applications/${place.applicationId}/moves`, { move: 'shortlist' }, 1)).toBe(200)
  await expect.poll(() => mine.state.items, soon).toMatchObject([{ applicationId: place.applicationId, state: 'shortlisted', version: 2 }])
  await expect.poll(() => submitted.state.items, soon).toEqual([])
  await expect.poll(() => counts(board), soon).toEqual({ shortlisted: 1 })
  await expect.poll(() => room.state.subject, soon).toMatchObject({ state: 'shortlisted', version: 2 })
  const withdrawn = applies.market.applications.withdraw(mine.state.items[0]!, 'Too far away')
  expect(mine.state.items).toEqual([])
  await withdrawn
  await expect.poll(() => counts(board), soon).toEqual({ withdrawn: 1 })
  const whole = await owns.market.applications.get(place.applicationId)
  expect(whole).toMatchObject({ state: 'withdrawn', reason: 'Too far away', cover: 'I would love to', me: 'owner' })
  await expect.poll(() => room.state.subject, soon).toMatchObject({ state: 'withdrawn', reason: 'Too far away' })
  await forget(h, place.roomId, room.state.subject!.moved!)
  await expect.poll(() => room.state.subject, soon).toMatchObject({ state: 'withdrawn', reason: null })
  expect(await owns.market.applications.get(place.applicationId)).toMatchObject({ reason: null })
  await expect(owns.market.applications.shortlist({ ...whole, version: 1 })).rejects.toMatchObject({ code: 'resource.stale' })
})

test('D8 what changed while a client was away is in its lists once it is back', async () => {
  const { campaignId, creator, owns, brandId } = await meet()
  const board = owns.market.applications.board(campaignId)
  const all = owns.market.applications.ofBrand(brandId, { sort: 'changed' })
  await Promise.all([board.load(), all.load()])
  h.io.disconnectSockets(true)
  const place = await apply(h, creator, campaignId)
  await expect.poll(() => all.state.items, soon).toMatchObject([{ applicationId: place.applicationId }])
  await expect.poll(() => counts(board), soon).toEqual({ submitted: 1 })
  expect(owns.parley.status).toBe('online')
})

test('D6 a campaign that is published, changed and paused comes into and goes out of what creators discover, as their filter says', async () => {
  const { brandId, owns, applies } = await meet()
  const after = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const dates = { applyBy: after(5), decideBy: after(9) }
  const inFrench = applies.market.campaigns.discover({ language: ['fr'], platform: ['youtube', 'instagram'] })
  const drafts = owns.market.campaigns.ofBrand(brandId, { state: ['draft'] })
  await Promise.all([inFrench.load(), drafts.load()])
  const fields = { title: 'Été', brief: 'Soleil', platforms: ['youtube'], languages: ['fr'], ...dates }
  const draft = await owns.market.campaigns.create(brandId, fields)
  await expect.poll(() => drafts.state.items, soon).toMatchObject([{ campaignId: draft.campaignId, title: 'Été' }])
  const published = await owns.market.campaigns.publish(draft)
  await expect.poll(() => inFrench.state.items, soon).toMatchObject([{ campaignId: draft.campaignId, saved: false, applicationId: null }])
  await expect.poll(() => drafts.state.items, soon).toEqual([])
  await applies.market.campaigns.save(draft.campaignId, true)
  expect(inFrench.state.items).toMatchObject([{ saved: true }])
  const renamed = await owns.market.campaigns.update(published, { title: 'Grand été' })
  await expect.poll(() => inFrench.state.items, soon).toMatchObject([{ title: 'Grand été', saved: true }])
  await owns.market.campaigns.pause(renamed)
  await expect.poll(() => inFrench.state.items, soon).toEqual([])
  const kept = await applies.market.campaigns.saved().load()
  expect(kept.items).toMatchObject([{ state: 'paused', title: 'Grand été' }])
})

test('D6 a draft that opens by itself comes to be discovered as if somebody had published it; one that lacks something is a new version', async () => {
  const { brandId, owns, applies } = await meet()
  const { campaigns } = owns.market
  const after = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const fields = { platforms: ['youtube'], languages: ['cs'], opensAt: after(1), applyBy: after(5), decideBy: after(9) }
  const inCzech = applies.market.campaigns.discover({ language: ['cs'] })
  const drafts = campaigns.ofBrand(brandId, { state: ['draft'] })
  const whole = await campaigns.create(brandId, { title: 'Léto', brief: 'Slunce', ...fields })
  const bare = await campaigns.create(brandId, { title: 'Zima', ...fields })
  await Promise.all([inCzech.load(), drafts.load()])
  expect([inCzech.state.items, drafts.state.items.length]).toEqual([[], 2])
  await expect(campaigns.update(bare, { opensAt: after(-1) })).rejects.toMatchObject({ code: 'deadline.passed' })
  await h.db.pool.query('update campaign set opens_at = clock_timestamp() where brand_id = $1 and opens_at is not null', [brandId])
  expect(await openDueCampaigns(h.asSystem())).toBe(2)
  await expect.poll(() => inCzech.state.items, soon).toMatchObject([{ campaignId: whole.campaignId, state: 'open', version: 2 }])
  await expect.poll(() => drafts.state.items, soon).toMatchObject([{ campaignId: bare.campaignId, state: 'draft', version: 2 }])
  expect(await campaigns.get(bare.campaignId)).toMatchObject({ opensAt: null, version: 2 })
  await expect(campaigns.update({ ...whole, version: 2 }, { opensAt: after(1) })).rejects.toMatchObject({ code: 'campaign.illegalMove' })
})

test('D3 pages of a real list follow each other, and stay complete while it grows', async () => {
  const { campaignId, creator, owns } = await meet()
  const others = await Promise.all(Array.from({ length: 4 }, () => h.person('creator')))
  for (const person of [creator, ...others]) await apply(h, person, campaignId)
  const list = owns.market.applications.ofCampaign(campaignId, { limit: 2, sort: 'oldest' })
  expect(await list.load()).toMatchObject({ more: true, items: [{}, {}] })
  const late = await apply(h, await h.person('creator'), campaignId)
  while (await list.loadMore()) expect(list.state.error).toBeNull()
  await expect.poll(() => list.state.items.length, soon).toBe(6)
  expect(list.state.items.at(-1)).toMatchObject({ applicationId: late.applicationId })
  expect(new Set(list.state.items.map(({ applicationId }) => applicationId)).size).toBe(6)
})

test('R12 a role that changes in the team changes what its member may in the room, at once', async () => {
  const { brandId, campaignRoom, owns, viewer } = await meet()
  const watches = await signedIn(viewer)
  const room = await watches.parley.room(campaignRoom).join()
  expect([room.state.me?.role, room.can('speak')]).toEqual(['viewer', false])
  const mine = watches.market.brands.mine()
  await mine.load()
  await owns.market.brands.setRole(brandId, viewer.userId, 'manager')
  await expect.poll(() => room.state.me?.role, soon).toBe('manager')
  expect(room.can('speak')).toBe(true)
  await room.send('Now I can')
  await expect.poll(() => mine.state.items, soon).toMatchObject([{ brandId, me: 'manager' }])
  await watches.market.brands.leave(brandId)
  await expect.poll(() => mine.state.items, soon).toEqual([])
  await expect.poll(() => room.state.status, soon).toBe('removed')
})

test('D13 the team’s notes about an application are a room like others, which its creator knows nothing of', async () => {
  const { campaignId, owns, applies } = await meet()
  const { applicationId } = await applies.market.applications.submit(campaignId, { cover: 'Hello' })
  const notes = await owns.market.applications.openNotes(applicationId)
  await notes.send('Let us take them')
  expect(notes.state).toMatchObject({ kind: 'notes', status: 'live' })
  expect(await owns.market.applications.openNotes(applicationId)).toBe(notes)
  await expect(applies.parley.room(notes.id).join()).rejects.toMatchObject({ code: 'resource.notFound' })
  expect(await applies.market.applications.get(applicationId)).toMatchObject({ notesRoomId: null })
})

test('D3 profiles, settings and the catalogue are read and written', async () => {
  const { applies, creator } = await meet()
  const { market } = applies
  const blank = await market.profile.get()
  expect(blank).toMatchObject({ userId: creator.userId, version: 0 })
  await market.profile.put({ headline: 'Cooks' }, blank.version)
  expect(await market.profile.get()).toMatchObject({ headline: 'Cooks', version: 1 })
  await expect(market.profile.put({ headline: 'Bakes' }, 0)).rejects.toMatchObject({ code: 'resource.stale' })
  expect(await market.settings.put({ presence: 'hidden' })).toMatchObject({ presence: 'hidden' })
  expect(await market.settings.get()).toMatchObject({ presence: 'hidden' })
  expect((await market.catalogue()).platforms).toContainEqual(expect.objectContaining({ key: 'youtube' }))
})
