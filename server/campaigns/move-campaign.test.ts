import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CampaignState, campaignMoves, campaignStates, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'
import type { CampaignId, CampaignPlace } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { draft, inDays, move, published } from './testing.ts'

let w: Rest
let brand: Team
let other: Team
let tokens: Record<'owner' | 'manager' | 'viewer' | 'creator' | 'stranger', string>
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w)
  other = await makeTeam(w)
  const [owner, manager, viewer] = [await w.token(brand.owner), await w.token(brand.manager), await w.token(brand.viewer)]
  tokens = { owner, manager, viewer, creator: await w.token(await w.person('creator')), stranger: await w.token(other.owner) }
})
afterAll(() => w.close())

type Body = Record<string, unknown>
const post = (id: string, version: number | null, body: Body, token = tokens.owner, key = commandId()) => {
  const headers = { 'Idempotency-Key': key, ...(version !== null && { 'If-Match': `"${version}"` }) }
  return w.call('POST', `/api/v1/campaigns/${id}/moves`, { token, headers, body })
}
const eventsOf = async (id: CampaignId) => {
  const text = `select e.type, e.deal, e.personal from event e join campaign c on c.room_id = e.stream_id where c.id = $1
    and e.type like 'campaign.%' order by e.seq`
  const { rows } = await w.db.pool.query(text, [id])
  return rows.map(({ type, deal, personal }) => ({ type, deal: JSON.parse(deal), personal: JSON.parse(personal) }))
}

/** What each move takes besides. */
const withIt: Record<string, () => Body> = {
  cancel: () => ({ reason: 'No more' }),
  reopen: () => ({ applyBy: inDays(12), decideBy: inDays(30) }),
}
/** A campaign in that state, by the moves that lead there. */
async function campaignIn(state: CampaignState): Promise<CampaignPlace> {
  if (state === 'draft') return draft(w, brand)
  const open = await published(w, brand)
  if (state === 'open') return open
  if (state === 'paused') return move(w, brand.owner, open, { move: 'pause' })
  if (state === 'cancelled') return move(w, brand.owner, open, { move: 'cancel', reason: 'No more' })
  const closed = await move(w, brand.owner, open, { move: 'close' })
  if (state === 'completed') await w.db.pool.query(`update campaign set state = 'completed' where id = $1`, [closed.campaignId])
  return { ...closed, state }
}

const people = ['owner', 'manager', 'viewer', 'creator', 'stranger'] as const
const byHand = campaignMoves.filter((name) => name !== 'complete')
describe.each(campaignStates)('a campaign that is %s', (state) => {
  test.each(byHand)('moves by %s as the machine says, and is told of it; to others it is refused and stays', async (name) => {
    const place = await campaignIn(state)
    const before = await eventsOf(place.campaignId)
    const isSeen = state !== 'draft'
    for (const who of people.toReversed()) {
      const answer = await post(place.campaignId, place.version, { move: name, ...withIt[name]?.() }, tokens[who])
      const to = who === 'owner' || who === 'manager' ? nextCampaign(state, name, who) : null
      if (to) {
        expect([answer.status, answer.body]).toEqual([200, { campaignId: place.campaignId, state: to, version: place.version + 1 }])
        expect(answer.headers.get('etag')).toBe(`"${place.version + 1}"`)
        const deal = { move: name, from: state, to, version: place.version + 1 }
        const personal = { reason: name === 'cancel' ? 'No more' : null }
        expect((await eventsOf(place.campaignId)).slice(before.length)).toEqual([{ type: 'campaign.statusChanged', deal, personal }])
        return
      }
      const isOnlyTheRole = who === 'manager' && nextCampaign(state, name, 'owner') !== null
      const hidden = who === 'stranger' || (who === 'creator' && !isSeen)
      const denied = isOnlyTheRole || who === 'viewer' || who === 'creator'
      expect(answer.body.code).toBe(hidden ? 'resource.notFound' : denied ? 'access.denied' : 'campaign.illegalMove')
    }
    expect(await eventsOf(place.campaignId)).toEqual(before)
  })
})

test('nobody completes a campaign by hand', async () => {
  const place = await campaignIn('closed')
  expect((await post(place.campaignId, place.version, { move: 'complete' })).body.code).toBe('request.invalid')
})

test('a move says of which version it is', async () => {
  const { campaignId } = await published(w, brand)
  expect((await post(campaignId, null, { move: 'pause' })).body.code).toBe('precondition.required')
  expect((await post(campaignId, 1, { move: 'pause' })).body.code).toBe('resource.stale')
  expect((await post(campaignId, 3, { move: 'pause' })).status).toBe(412)
  for (const tag of ['w/"2"', '2', '"-2"', '"99999999999999999999"', '*']) {
    const answer = await w.call('POST', `/api/v1/campaigns/${campaignId}/moves`, {
      token: tokens.owner,
      headers: { 'If-Match': tag },
      body: { move: 'pause' },
    })
    expect([tag, answer.body.code]).toEqual([tag, 'request.invalid'])
  }
  const weakened = { token: tokens.owner, headers: { 'If-Match': 'W/"2"' }, body: { move: 'pause' } }
  expect(await w.call('POST', `/api/v1/campaigns/${campaignId}/moves`, weakened)).toMatchObject({ status: 200, body: { version: 3 } })
})

test('of two moves at once of one version one is made; the same move sent twice at once is made once', async () => {
  const { campaignId, version } = await published(w, brand)
  const two = await Promise.all([post(campaignId, version, { move: 'pause' }), post(campaignId, version, { move: 'close' })])
  expect(two.map(({ status }) => status).sort()).toEqual([200, 412])
  const again = await published(w, brand)
  const key = commandId()
  const same = await Promise.all([1, 2, 3].map(() => post(again.campaignId, again.version, { move: 'pause' }, tokens.owner, key)))
  expect(same.map(({ body }) => body)).toEqual(Array(3).fill({ campaignId: again.campaignId, state: 'paused', version: 3 }))
  expect(await eventsOf(again.campaignId)).toHaveLength(3)
})

test('what publishing lacks is named, all of it', async () => {
  const bare = await draft(w, brand, { brief: null, platforms: [], applyBy: null, decideBy: null })
  const { status, body } = await post(bare.campaignId, 1, { move: 'publish' })
  expect([status, body.code]).toEqual([409, 'campaign.incomplete'])
  for (const name of ['brief', 'platforms', 'applyBy', 'decideBy']) expect(body.detail).toContain(name)
  expect(body.detail).not.toContain('title')
})

test('nothing is published, resumed or reopened for a time that is over, by PostgreSQL’s clock', async () => {
  const late = await draft(w, brand, { applyBy: inDays(-1) })
  expect((await post(late.campaignId, 1, { move: 'publish' })).body.code).toBe('deadline.passed')
  const paused = await campaignIn('paused')
  await w.db.pool.query(`update campaign set apply_by = clock_timestamp() where id = $1`, [paused.campaignId])
  expect((await post(paused.campaignId, paused.version, { move: 'resume' })).body.code).toBe('deadline.passed')
  const closed = await campaignIn('closed')
  const reopen = async (dates: Body) => (await post(closed.campaignId, closed.version, { move: 'reopen', ...dates })).body.code
  expect(await reopen({ applyBy: inDays(-1) })).toBe('deadline.passed')
  expect(await reopen({ applyBy: inDays(1), decideBy: inDays(-1) })).toBe('deadline.passed')
  expect(await reopen({})).toBe('request.invalid')
  expect(await reopen({ applyBy: inDays(21) })).toBe('request.invalid') // the old decideBy is before that
  expect(await reopen({ applyBy: inDays(1), decideBy: inDays(2) })).toBe('request.invalid') // creators were told of a later one
  expect(await reopen({ applyBy: inDays(15) })).toBeUndefined()
})

test('cancelling takes a reason, and only reopening takes dates', async () => {
  const { campaignId, version } = await published(w, brand)
  for (const body of [
    { move: 'cancel' },
    { move: 'pause', applyBy: inDays(3) },
    { move: 'close', decideBy: inDays(3) },
    { move: 'fly' },
    {},
  ])
    expect((await post(campaignId, version, body)).body.code).toBe('request.invalid')
  expect((await post(campaignId, version, { move: 'cancel', reason: ' ' })).body.code).toBe('request.invalid')
})

test('when it was published first stays, however often it is opened again', async () => {
  const at = async (id: string) => (await w.db.pool.query('select published_at from campaign where id = $1', [id])).rows[0].published_at
  const open = await published(w, brand)
  const first = await at(open.campaignId)
  const closed = await move(w, brand.manager, open, { move: 'close' })
  await move(w, brand.manager, closed, { move: 'reopen', applyBy: inDays(11) })
  expect(await at(open.campaignId)).toEqual(first)
})
