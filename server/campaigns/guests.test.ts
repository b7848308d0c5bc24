import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { draft, move, published } from './testing.ts'

let w: Rest
let brand: Team
let tokens: Record<'owner' | 'manager' | 'viewer' | 'stranger', string>
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w, 'Lumen')
  const [owner, manager, viewer] = [await w.token(brand.owner), await w.token(brand.manager), await w.token(brand.viewer)]
  tokens = { owner, manager, viewer, stranger: await w.token((await makeTeam(w)).owner) }
})
afterAll(() => w.close())

const guests = (id: string) => `/api/v1/campaigns/${id}/guests`
const invite = (id: string, email: unknown, token = tokens.manager, key = commandId()) =>
  w.call('POST', guests(id), { token, body: { email }, headers: { 'Idempotency-Key': key } })
const uninvite = (id: string, email: string, token = tokens.manager) =>
  w.call('DELETE', `${guests(id)}/${encodeURIComponent(email)}`, { token })
const mails = async (to: string) =>
  (await w.db.pool.query<{ subject: string; body: string }>('select subject, body from mail where recipient = $1', [to])).rows
const sees = async (person: TestPerson, id: string) =>
  (await w.call('GET', `/api/v1/campaigns/${id}`, { token: await w.token(person) })).status
const codeOf = async (id: string) => (await w.call('GET', `/api/v1/campaigns/${id}`, { token: tokens.owner })).body.code as string

test('whoever is invited sees it once it is published, and is written to then; others do not see it', async () => {
  const place = await draft(w, brand, { visibility: 'invited' })
  const [guest, late, other] = [await w.person('creator'), await w.person('creator'), await w.person('creator')]
  const known = await invite(place.campaignId, guest.email.toUpperCase())
  const unknown = await invite(place.campaignId, 'nobody@example.com')
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
  expect(await mails(guest.email)).toEqual([])
  expect(await sees(guest, place.campaignId)).toBe(404)
  await move(w, brand.owner, place, { move: 'publish' })
  const [mail, ...more] = await mails(guest.email)
  expect([mail?.subject, more]).toEqual(['Lumen invites you to a campaign', []])
  expect(mail?.body).toContain('Morning glow')
  expect(mail?.body).toContain('ask for an account') // administrators alone make those of creators
  expect(await mails('nobody@example.com')).toHaveLength(1)
  await invite(place.campaignId, late.email)
  await invite(place.campaignId, late.email)
  expect(await mails(late.email)).toHaveLength(1)
  expect([await sees(guest, place.campaignId), await sees(late, place.campaignId), await sees(other, place.campaignId)]).toEqual([
    200, 200, 404,
  ])
})

test('an invitation that is taken back shows nothing any more, but to whoever has applied', async () => {
  const { campaignId } = await published(w, brand, { visibility: 'invited' })
  const [guest, applicant] = [await w.person('creator'), await w.person('creator')]
  for (const { email } of [guest, applicant]) await invite(campaignId, email)
  await w.db.pool.query(
    `insert into application (brand_id, id, campaign_id, creator_id, room_id, state, version, has_terms, submitted, submitted_at, changed_at)
     select brand_id, $2, id, $3, room_id, 'submitted', 1, false, 1, now(), now() from campaign where id = $1`,
    [campaignId, newId(), applicant.userId],
  )
  const answers = [
    await uninvite(campaignId, guest.email),
    await uninvite(campaignId, applicant.email),
    await uninvite(campaignId, 'no@example.com'),
  ]
  expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(3).fill([200, { campaignId }]))
  expect([await sees(guest, campaignId), await sees(applicant, campaignId)]).toEqual([404, 200])
})

test('guests are listed by address for the team alone, page by page', async () => {
  const { campaignId } = await published(w, brand, { visibility: 'invited' })
  const emails = ['c@example.com', 'a@example.com', 'b@example.com']
  for (const email of emails) await invite(campaignId, email)
  const page = async (cursor?: unknown) =>
    (await w.call('GET', `${guests(campaignId)}?limit=2${cursor ? `&cursor=${cursor}` : ''}`, { token: tokens.viewer })).body
  const first = await page()
  const rest = await page(first.cursor)
  expect([...(first.items as []), ...(rest.items as [])]).toEqual(
    emails.toSorted().map((email) => ({ email, via: 'invited', at: expect.stringMatching(/Z$/) })),
  )
  expect(rest.cursor).toBeNull()
  expect((await page('!!')).code).toBe('request.invalid')
  const guest = await w.person('creator')
  await invite(campaignId, guest.email)
  const asked = async (token: string) => (await w.call('GET', guests(campaignId), { token })).body.code
  expect([await asked(await w.token(guest)), await asked(tokens.stranger)]).toEqual(['access.denied', 'resource.notFound'])
})

test('a campaign invites 1,000 addresses', async () => {
  const { campaignId } = await draft(w, brand, { visibility: 'invited' })
  await w.db.pool.query(
    `insert into campaign_guest select $1, 'g' || i || '@example.com', 'invited', now() from generate_series(1, 999) i`,
    [campaignId],
  )
  const two = await Promise.all([invite(campaignId, 'x@example.com'), invite(campaignId, 'y@example.com')])
  expect(two.map(({ status, body }) => body.code ?? status).sort()).toEqual([201, 'campaign.full'])
  expect((await invite(campaignId, 'g1@example.com')).status).toBe(201)
  await uninvite(campaignId, 'g1@example.com')
  expect((await invite(campaignId, 'z@example.com')).status).toBe(201)
})

test('only who runs the campaign invites, to what is not over', async () => {
  const { campaignId } = await published(w, brand)
  expect((await invite(campaignId, 'a@example.com', tokens.viewer)).body.code).toBe('access.denied')
  expect((await invite(campaignId, 'a@example.com', tokens.stranger)).body.code).toBe('resource.notFound')
  expect((await uninvite(campaignId, 'a@example.com', tokens.stranger)).body.code).toBe('resource.notFound')
  for (const email of ['', 'a', 'a@b', 'a\0@example.com', 7, null, `${'a'.repeat(250)}@example.com`])
    expect((await invite(campaignId, email)).body.code).toBe('request.invalid')
  const key = commandId()
  expect((await invite(campaignId, 'a@example.com', tokens.owner, key)).status).toBe(201)
  expect((await invite(campaignId, 'b@example.com', tokens.owner, key)).body.code).toBe('command.reused')
  const cancelled = await move(w, brand.owner, { campaignId, version: 2, state: 'open' }, { move: 'cancel', reason: 'Over' })
  expect((await invite(cancelled.campaignId, 'c@example.com')).body.code).toBe('campaign.illegalMove')
})

test('a code opens what is published for those who have it, in any case, once and again', async () => {
  const place = await draft(w, brand, { visibility: 'code' })
  const creator = await w.person('creator')
  const token = await w.token(creator)
  const redeem = (code: unknown) => w.call('POST', '/api/v1/campaigns/redeem', { token, body: { code } })
  const code = await codeOf(place.campaignId)
  const none = await redeem('000000000000')
  expect([none.status, none.body.code]).toEqual([404, 'resource.notFound'])
  expect((await redeem(code)).body.detail).toBe(none.body.detail)
  await move(w, brand.owner, place, { move: 'publish' })
  expect(await sees(creator, place.campaignId)).toBe(404)
  for (const given of [code.toLowerCase(), code]) expect((await redeem(given)).body).toEqual({ campaignId: place.campaignId })
  expect(await sees(creator, place.campaignId)).toBe(200)
  const { items } = (await w.call('GET', guests(place.campaignId), { token: tokens.owner })).body
  expect(items).toEqual([{ email: creator.email, via: 'code', at: expect.any(String) }])
  for (const bad of ['', 'ILOU00000000', code.slice(1), `${code}0`, 7, null]) expect((await redeem(bad)).body.code).toBe('request.invalid')
})

test('the code of a campaign that is for everybody, or for who is invited, opens nothing', async () => {
  const token = await w.token(await w.person('creator'))
  for (const visibility of ['public', 'invited'] as const) {
    const { campaignId } = await published(w, brand, { visibility })
    const answer = await w.call('POST', '/api/v1/campaigns/redeem', { token, body: { code: await codeOf(campaignId) } })
    expect(answer.body.code).toBe('resource.notFound')
  }
})

test('who hires redeems nothing and keeps nothing', async () => {
  const { campaignId } = await published(w, brand)
  const token = tokens.owner
  expect((await w.call('POST', '/api/v1/campaigns/redeem', { token, body: { code: '000000000000' } })).body.code).toBe('access.denied')
  expect((await w.call('PUT', `/api/v1/campaigns/${campaignId}/saved`, { token })).body.code).toBe('access.denied')
})
