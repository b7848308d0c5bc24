import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OFFERS_MAX } from '../../client-sdk/contract/deals/rules.ts'
import { acceptanceBytes, OfferPlace, termsBytes } from '../../client-sdk/contract/index.ts'
import { publishKey } from '../../persistence/checkpoints.ts'
import { digest } from '../../persistence/digest.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { moveApplication } from '../applications/move-application.ts'
import { countsOf, eventsOf } from '../applications/testing.ts'
import { accept, agreed, counter, dealNow, parties, propose, provedBy, someTerms } from '../deals/testing.ts'
import { rowOf } from '../deals/testing-work.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { acceptOffer } from './accept-offer.ts'
import { commentOffer } from './comment-offer.ts'
import { closeOffer } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

const keyOf = (place: Parameters<typeof dealNow>[1], person: Parameters<Rest['keyOf']>[1]) => w.keyOf(place.roomId, person)

test('terms are proposed, countered and accepted, and each step is in the log of the room in its place', async () => {
  const its = await parties(w)
  const { manager, owner } = its.campaign
  const first = someTerms()
  const one = await propose(w, manager, its, { terms: first })
  const { applicationId, roomId } = its
  expect(OfferPlace.parse(one)).toEqual(one)
  expect(one).toMatchObject({ applicationId, roomId, state: 'negotiating', version: 2, offer: 1 })
  expect(one.hash).toBe(Buffer.from(digest.sha256(termsBytes(first))).toString('hex'))
  const two = await counter(w, its.creator, its, 1)
  expect(two).toMatchObject({ state: 'negotiating', version: 2, offer: 2 })
  const bound = await accept(w, owner, its, two)
  expect(bound).toMatchObject({ state: 'agreed', version: 3, offer: 2, hash: two.hash })
  const events = (await eventsOf(w, roomId)).filter(({ type }) => /^offer|statusChanged/.test(type))
  const [manages, creates, owns] = [await keyOf(its, manager), await keyOf(its, its.creator), await keyOf(its, owner)]
  expect(events.map(({ type, actor, seq }) => [type, actor, seq])).toEqual([
    ['offer.proposed', manages, one.seq],
    ['application.statusChanged', manages, one.seq + 1],
    ['offer.proposed', creates, two.seq],
    ['offer.accepted', owns, bound.seq],
    ['application.statusChanged', owns, bound.seq + 1],
  ])
  const moves = events.filter(({ type }) => type === 'application.statusChanged').map(({ data }) => data.deal)
  expect(moves).toEqual([
    { move: 'firstOffer', from: 'submitted', to: 'negotiating', version: 2 },
    { move: 'accept', from: 'negotiating', to: 'agreed', version: 3 },
  ])
  expect(await rowOf(w, its)).toMatchObject({ state: 'agreed', version: 3 })
  expect(await countsOf(w, its.campaign.campaignId)).toEqual({ counted: { agreed: 1 }, real: { agreed: 1 } })
  expect(await dealNow(w, its)).toMatchObject({ binding: 2, deliverables: [{}, {}], milestones: [{ amount: 90_000, currency: 'EUR' }] })
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
})

test('what a creator applied with is version 1: the brand accepts it as it is, from whichever state', async () => {
  for (const isShortlisted of [false, true]) {
    const terms = someTerms()
    const its = await parties(w, { terms })
    const { owner } = its.campaign
    const { applicationId } = its
    if (isShortlisted) await moveApplication(w.as(owner), { commandId: commandId(), applicationId, version: 1, move: 'shortlist' })
    const [offer] = (await dealNow(w, its)).offers
    expect(offer).toMatchObject({ offer: 1, by: 'creator', terms, state: 'proposed', validUntil: null })
    await expect(accept(w, its.creator, its, offer!)).rejects.toMatchObject({ code: 'offer.own' })
    expect(await accept(w, owner, its, offer!)).toMatchObject({ state: 'agreed', version: isShortlisted ? 3 : 2 })
  }
})

test('the hub swears to what it has seen of whoever accepts: its signature is good for this acceptance alone', async () => {
  const its = await parties(w)
  const { offer, hash } = await propose(w, its.campaign.manager, its)
  await accept(w, its.creator, its, { offer, hash })
  const { acceptance } = (await dealNow(w, its)).offers[0]!
  const { attestation, member, by } = acceptance!
  const { signature, ...rests } = attestation
  expect(rests.keyId).toBe(w.house.signer.jwk.kid)
  await publishKey(w.db.pool, w.house.signer) // as a process does that starts
  const { body } = await w.call('GET', '/.well-known/parley-checkpoint-keys.json')
  const key = (body.keys as { kid: string }[]).find(({ kid }) => kid === rests.keyId)
  const accepted = { room: its.roomId, application: its.applicationId, offer, hash, by, member, ...rests }
  const isGood = (what: typeof accepted) =>
    verify(null, acceptanceBytes(what), createPublicKey({ key: key as never, format: 'jwk' }), Buffer.from(signature, 'base64url'))
  expect(isGood(accepted)).toBe(true)
  const others = { offer: 2, hash: '0'.repeat(64), by: 'brand' as const, provedAt: rests.at, at: '2026-01-01T00:00:00.000Z' }
  for (const [field, value] of Object.entries(others)) expect([field, isGood({ ...accepted, [field]: value })]).toEqual([field, false])
  expect(rests.provedAt <= rests.at).toBe(true)
})

test('an amendment binds once the other side accepts it, and leaves the application where it is', async () => {
  const its = await agreed(w)
  const before = await rowOf(w, its)
  const more = { amount: 100_000, currency: 'EUR' }
  const terms = someTerms({ fee: more, payments: [{ amount: 100_000, due: 'onApproval' }] })
  const amendment = await propose(w, its.creator, its, { basedOn: 1, terms })
  expect((await dealNow(w, its)).binding).toBe(1)
  const again = await counter(w, its.campaign.owner, its, amendment.offer)
  expect((await dealNow(w, its)).offers.at(-1)).toMatchObject({ offer: 3, basedOn: 1 })
  const place = await accept(w, its.creator, its, again)
  expect(place).toMatchObject({ state: 'agreed', version: before.version, offer: 3 })
  const deal = await dealNow(w, its)
  expect(deal).toMatchObject({ binding: 3, offers: [{ state: 'accepted' }, { state: 'countered' }, { state: 'accepted' }] })
  expect(await rowOf(w, its)).toEqual(before)
})

test('after a no, or after terms were taken back, either side proposes again', async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its)
  expect(await closeOffer(w, 'decline', its.creator, its, 1)).toMatchObject({ state: 'negotiating', offer: 1 })
  expect(await propose(w, its.campaign.manager, its)).toMatchObject({ offer: 2 })
  await closeOffer(w, 'withdraw', its.campaign.owner, its, 2) // another of the same side
  expect(await propose(w, its.creator, its)).toMatchObject({ offer: 3, version: 2 })
  expect((await dealNow(w, its)).offers.map(({ state }) => state)).toEqual(['declined', 'withdrawn', 'proposed'])
})

test('terms are commented on, whatever has become of their version', async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its)
  await counter(w, its.creator, its, 1)
  const about = { commandId: commandId(), applicationId: its.applicationId, offer: 1 }
  const { seq } = await commentOffer(w.as(its.creator), { ...about, term: 'deliverables', item: 0, text: 'What does that mean?' })
  const member = await keyOf(its, its.creator)
  const said = { seq, member, at: expect.any(String), offer: 1, term: 'deliverables', item: 0, text: 'What does that mean?' }
  const nowhere = { ...about, commandId: commandId(), term: 'clauses', item: 0, text: 'Which?' } as const
  await expect(commentOffer(w.as(its.creator), nowhere)).rejects.toMatchObject({ code: 'request.invalid' })
  expect((await dealNow(w, its)).comments).toEqual([said])
})

test(`a side proposes at most ${OFFERS_MAX} versions`, async () => {
  const its = await parties(w)
  await propose(w, its.creator, its)
  const sides = [its.campaign.manager, its.creator]
  const last = 2 * OFFERS_MAX
  for (let offer = 1; offer < last; offer++) await counter(w, sides[(offer + 1) % 2]!, its, offer)
  await expect(counter(w, sides[(last + 1) % 2]!, its, last)).rejects.toMatchObject({ code: 'offer.full' })
  const { hash } = (await dealNow(w, its)).offers.at(-1)!
  expect(await accept(w, sides[(last + 1) % 2]!, its, { offer: last, hash })).toMatchObject({ state: 'agreed' })
})

test('what is agreed goes on though its campaign is cancelled, or its time to decide is over', async () => {
  const its = await agreed(w)
  await w.db.pool.query(`update campaign set state = 'cancelled', decide_by = now() - interval '1 day' where id = $1`, [
    its.campaign.campaignId,
  ])
  const amendment = await propose(w, its.creator, its, { basedOn: 1 })
  expect(await accept(w, its.campaign.owner, its, amendment)).toMatchObject({ state: 'agreed' })
})

test('a session that ended meanwhile binds nobody', async () => {
  const its = await parties(w)
  const { offer, hash } = await propose(w, its.campaign.manager, its)
  const ctx = await provedBy(w, its.creator)
  await w.db.pool.query('update session set ended_at = now() where id = $1', [ctx.session!.sessionId])
  const order = { commandId: commandId(), applicationId: its.applicationId, offer, hash }
  await expect(acceptOffer(ctx, order)).rejects.toMatchObject({ code: 'session.ended' })
  expect((await dealNow(w, its)).binding).toBeNull()
})

test('the whole of it by REST, with the version of the application as its tag', async () => {
  const its = await parties(w)
  const offers = `/api/v1/applications/${its.applicationId}/offers`
  const [manager, creator] = [await w.token(its.campaign.manager), await w.token(its.creator)]
  const ask = (path: string, token: string, body: object) => w.call('POST', `${offers}${path}`, { token, body })
  const one = await ask('', manager, { terms: someTerms(), validUntil: '2100-01-01T01:00:00+01:00' })
  expect([one.status, one.headers.get('etag')]).toEqual([201, '"2"'])
  expect((await dealNow(w, its)).offers[0]).toMatchObject({ validUntil: '2100-01-01T00:00:00.000Z' })
  expect(await ask('/1/comments', creator, { term: 'fee', text: 'Too little' })).toMatchObject({ status: 201, body: { offer: 1 } })
  expect(await ask('/1/counter', creator, { terms: someTerms() })).toMatchObject({ status: 201, body: { offer: 2 } })
  expect(await ask('/2/decline', manager, { reason: 'Too much' })).toMatchObject({ status: 200, body: { offer: 2 } })
  expect(await ask('', creator, { terms: someTerms() })).toMatchObject({ status: 201, body: { offer: 3 } })
  expect(await ask('/3/withdraw', creator, {})).toMatchObject({ status: 200 })
  const last = await ask('', manager, { terms: someTerms() })
  const bound = await ask('/4/accept', creator, { hash: last.body.hash })
  expect(bound).toMatchObject({ status: 200, body: { state: 'agreed', version: 3, offer: 4 } })
  expect(bound.headers.get('etag')).toBe('"3"')
  expect(OfferPlace.parse(bound.body)).toEqual(bound.body)
})
