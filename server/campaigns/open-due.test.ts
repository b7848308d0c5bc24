import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CampaignFields, type CampaignId, type CampaignPlace, SYSTEM } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { marketContradictions } from '../market/testing-contradictions.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { openDueCampaigns } from './due-campaigns.ts'
import { inviteCreator } from './guests.ts'
import { openDue } from './move-due.ts'
import { draft, inDays, move } from './testing.ts'

let w: Rest
let brand: Team
beforeAll(async () => {
  w = await restWorld({ now: () => new Date(Date.now() - 3_600_000) }) // PostgreSQL's clock decides, not ours
  brand = await makeTeam(w, 'Lumen')
})
afterAll(() => w.close())

const set = (id: CampaignId, what: string) => w.db.pool.query(`update campaign set ${what} where id = $1`, [id])
/** A draft whose moment to open has come. */
async function dueDraft(fields: Partial<CampaignFields> = {}): Promise<CampaignPlace> {
  const place = await draft(w, brand, { opensAt: inDays(1), ...fields })
  await set(place.campaignId, 'opens_at = clock_timestamp()')
  return place
}
const rowOf = async (id: CampaignId) =>
  (await w.db.pool.query('select state, version, opens_at, published_at from campaign where id = $1', [id])).rows[0]
const eventsOf = async (id: CampaignId) => {
  const text = `select e.type, e.actor_key, e.deal from event e join campaign c on c.room_id = e.stream_id
    where c.id = $1 and e.type like 'campaign.%' and e.type <> 'campaign.created' order by e.seq`
  return (await w.db.pool.query(text, [id])).rows.map(({ type, actor_key: actor, deal }) => ({ type, actor, deal: JSON.parse(deal) }))
}
const mailsOf = async ({ email }: { email: string }) =>
  (await w.db.pool.query<{ subject: string; body: string }>('select subject, body from mail where recipient = $1 order by id', [email]))
    .rows
const told = async (person: TestPerson) => (await mailsOf(person)).filter(({ subject }) => subject.includes('could not be published'))
const contradictions = async () =>
  Promise.all(Object.entries(marketContradictions).map(async ([name, sql]) => [name, (await w.db.pool.query(sql)).rowCount]))

test('a draft publishes itself at its moment, as if by hand, and once, however many sweep', async () => {
  const guest = await w.person('creator')
  const place = await dueDraft({ visibility: 'invited' })
  await inviteCreator(w.as(brand.owner), { commandId: commandId(), campaignId: place.campaignId, email: guest.email })
  const ahead = await draft(w, brand, { opensAt: inDays(1) })
  const seen = async () =>
    (await w.call('GET', '/api/v1/campaigns', { token: await w.token(guest) })).body.items as { campaignId: string }[]
  expect(await seen()).toEqual([])
  const counts = await Promise.all([1, 2, 3, 4].map(() => openDueCampaigns(w.asSystem())))
  expect(counts.reduce((a, b) => a + b)).toBe(1)
  const deal = { move: 'publish', from: 'draft', to: 'open', version: 2 }
  expect(await eventsOf(place.campaignId)).toEqual([{ type: 'campaign.statusChanged', actor: SYSTEM, deal }])
  const row = await rowOf(place.campaignId)
  expect(row).toMatchObject({ state: 'open', version: 2, opens_at: null })
  expect(Math.abs(Date.parse(row.published_at) - Date.now())).toBeLessThan(600_000)
  expect((await mailsOf(guest)).map(({ subject }) => subject)).toEqual(['Lumen invites you to a campaign'])
  expect((await seen()).map(({ campaignId }) => campaignId)).toEqual([place.campaignId])
  expect((await rowOf(ahead.campaignId)).state).toBe('draft')
  expect(await openDueCampaigns(w.asSystem())).toBe(0)
})

test('a draft that cannot stand before creators stays one, says what it lacks, and does not try again', async () => {
  const bare = await dueDraft({ brief: null, platforms: [], applyBy: null, decideBy: null })
  const late = await dueDraft()
  await set(late.campaignId, 'apply_by = clock_timestamp(), decide_by = clock_timestamp()')
  const counts = await Promise.all([1, 2, 3].map(() => openDueCampaigns(w.asSystem())))
  expect(counts.reduce((a, b) => a + b)).toBe(2)
  expect(await openDueCampaigns(w.asSystem())).toBe(0)
  for (const [place, missing] of [
    [bare, ['brief', 'applyBy', 'decideBy', 'platforms']],
    [late, ['applyBy', 'decideBy']],
  ] as const) {
    expect(await rowOf(place.campaignId)).toEqual({ state: 'draft', version: 2, opens_at: null, published_at: null })
    expect(await eventsOf(place.campaignId)).toEqual([
      { type: 'campaign.notOpened', actor: SYSTEM, deal: { missing } },
      { type: 'campaign.changed', actor: SYSTEM, deal: { version: 2, fields: ['opensAt'] } },
    ])
  }
  for (const person of [brand.owner, brand.manager]) expect(await told(person)).toHaveLength(2)
  expect(await told(brand.viewer)).toEqual([])
  expect((await told(brand.owner))[1]?.body).toContain('a last day to apply that lies ahead')
  expect(await contradictions()).toEqual(Object.keys(marketContradictions).map((name) => [name, 0]))
})

test('whoever wants no mail about applications gets none of a draft that did not open', async () => {
  const team = await makeTeam(w)
  const off = JSON.stringify({ applications: false })
  await w.db.pool.query('update person set notifications = $2 where id = $1', [team.owner.userId, off])
  const { campaignId } = await draft(w, team, { opensAt: inDays(1), brief: null })
  await set(campaignId, 'opens_at = clock_timestamp()')
  expect(await openDue(w.asSystem(), campaignId)).toBe(true)
  expect([await told(team.owner), (await told(team.manager)).length]).toEqual([[], 1])
})

test('a draft that did not open opens at another moment', async () => {
  const { campaignId } = await dueDraft({ brief: null })
  expect(await openDueCampaigns(w.asSystem())).toBe(1)
  const body = { brief: 'All of it', opensAt: inDays(1) }
  const headers = { 'If-Match': '"2"' }
  expect(await w.call('PATCH', `/api/v1/campaigns/${campaignId}`, { token: await w.token(brand.owner), headers, body })).toMatchObject({
    status: 200,
  })
  await set(campaignId, 'opens_at = clock_timestamp()')
  expect(await openDueCampaigns(w.asSystem())).toBe(1)
  expect(await rowOf(campaignId)).toMatchObject({ state: 'open', version: 4 })
})

test.each([
  ['is published by hand', { move: 'publish' }, 'open'],
  ['is cancelled', { move: 'cancel', reason: 'No more' }, 'cancelled'],
] as const)('a draft that %s at its moment is opened by one, and what comes second finds it done', async (_, how, state) => {
  for (let i = 0; i < 6; i++) {
    const place = await dueDraft()
    const [byHand, ...others] = await Promise.allSettled([
      move(w, brand.owner, place, how),
      openDueCampaigns(w.asSystem()),
      openDue(w.asSystem(), place.campaignId),
      openDueCampaigns(w.asSystem()),
    ])
    for (const other of others) expect(other.status).toBe('fulfilled')
    const events = await eventsOf(place.campaignId)
    const isByHand = byHand.status === 'fulfilled'
    if (!isByHand) expect(byHand.reason).toMatchObject({ code: 'resource.stale' })
    const deal = isByHand ? { ...how, from: 'draft', to: state } : { move: 'publish', from: 'draft', to: 'open' }
    expect(events).toEqual([{ type: 'campaign.statusChanged', actor: expect.any(String), deal: expect.objectContaining({ to: deal.to }) }])
    expect(events[0]?.actor === SYSTEM).toBe(!isByHand)
    expect(await rowOf(place.campaignId)).toMatchObject({ state: deal.to, version: 2, opens_at: null })
  }
})

test('what is published or cancelled before its moment has none any more', async () => {
  const open = await move(w, brand.owner, await draft(w, brand, { opensAt: inDays(1) }), { move: 'publish' })
  const gone = await move(w, brand.owner, await draft(w, brand, { opensAt: inDays(1) }), { move: 'cancel', reason: 'No more' })
  for (const { campaignId } of [open, gone]) {
    expect(await rowOf(campaignId)).toMatchObject({ opens_at: null })
    expect(await openDue(w.asSystem(), campaignId)).toBe(false)
  }
})

test('a draft in other hands is left for the next sweep; whoever looks after it alone waits', async () => {
  const place = await dueDraft()
  const client = await w.db.pool.connect()
  await client.query('begin')
  await client.query('select from campaign where id = $1 for update', [place.campaignId])
  expect(await openDueCampaigns(w.asSystem())).toBe(0)
  const waiting = openDue(w.asSystem(), place.campaignId)
  await client.query('rollback')
  client.release()
  expect(await waiting).toBe(true)
  expect((await rowOf(place.campaignId)).state).toBe('open')
})
