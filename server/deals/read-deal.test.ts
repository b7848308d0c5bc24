import { afterAll, beforeAll, expect, test } from 'vitest'
import { Agreement, Deal, diffTerms, OfferDiff, reduceDeal, Story } from '../../client-sdk/contract/index.ts'
import { dealOf } from '../../persistence/deals.ts'
import { erase } from '../../persistence/erasure.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { sendMessage } from '../chat/send-message.ts'
import { TokenBuckets } from '../limits.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Answer, type Rest, restWorld } from '../testing-rest.ts'
import { accept, agreed, counter, dealNow, type Parties, parties, propose, someTerms } from './testing.ts'
import { logOf } from './testing-story.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w?.close())

const get = async (who: TestPerson, { applicationId }: Pick<Parties, 'applicationId'>, path: string): Promise<Answer> =>
  w.call('GET', `/api/v1/applications/${applicationId}/${path}`, { token: await w.token(who) })
const comment = (who: TestPerson, { applicationId }: Parties, text: string) =>
  commentOffer(w.as(who), { commandId: commandId(), applicationId, offer: 1, term: 'fee', item: null, text })
const eraseAt = (roomId: Parties['roomId'], member: Deal['comments'][number]['member'], seqs: number[]) =>
  w.db.orm.em
    .fork()
    .transactional((em) =>
      erase(em, w.db.log, { streamId: roomId, actor: member, commandId: commandId(), accessVersion: null, seqs, reason: 'personRequest' }),
    )

test('a deal is the same for both sides and for those who look on: what its events make of it, as of where the log stands', async () => {
  const p = await parties(w, { terms: someTerms() })
  await counter(w, p.campaign.manager, p, 1)
  await comment(p.creator, p, 'Hm')
  const { seq } = await sendMessage(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, text: 'Hello' })
  const replayed = (await logOf(w, p.roomId)).reduce<Deal | null>(reduceDeal, null)
  for (const who of [p.creator, p.campaign.owner, p.campaign.manager, p.campaign.viewer])
    expect(await get(who, p, 'deal')).toMatchObject({ status: 200, body: replayed })
  expect((await get(p.creator, p, 'deal')).body).toMatchObject({
    asOf: seq,
    state: 'negotiating',
    binding: null,
    offers: [{ state: 'countered' }, { state: 'proposed', by: 'brand' }],
    comments: [{ text: 'Hm' }],
  })
})

test('words that were erased are null in it', async () => {
  const p = await parties(w, { terms: someTerms() })
  const { seq } = await comment(p.creator, p, 'My number is 555')
  const { comments } = await dealNow(w, p)
  await eraseAt(p.roomId, comments[0]!.member, [seq])
  const { body, text } = await get(p.campaign.owner, p, 'deal')
  expect(body).toMatchObject({ comments: [{ seq, text: null }] })
  expect(text).not.toContain('555')
})

test('to read one takes the index, and no more for all that people have erased in its room', async () => {
  const p = await parties(w, { terms: someTerms() })
  const asked: { text: string; rows: number }[] = []
  const query = async (order: { text: string }) => {
    const result = await w.db.pool.query(order)
    asked.push({ text: order.text, rows: result.rows.length })
    return result
  }
  const read = async () => {
    await dealOf({ query } as unknown as typeof w.db.pool, p.roomId)
    return asked.at(-1)!
  }
  const before = await read()
  for (let n = 0; n < 3; n++) {
    const { seq } = await sendMessage(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, text: 'Hello' })
    await eraseMessages(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, seqs: [seq], reason: 'personRequest' })
  }
  expect(await read()).toEqual(before)
  const client = await w.db.pool.connect()
  try {
    await client.query('begin; set local enable_seqscan = off')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${before.text.replaceAll('$1', `'${p.roomId}'`)}`)
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Scan using event_deal ')
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('to read one takes five commands of a person’s rate, and who may not read it spends one', async () => {
  const strict = await restWorld({ limits: { commands: new TokenBuckets({ perSecond: 0.001, burst: 12 }) } })
  try {
    const p = await agreed(strict)
    const path = `/api/v1/applications/${p.applicationId}/deal`
    const [token, other] = [await strict.token(p.creator), await strict.token(await strict.person())]
    const statuses = async (its: string) => {
      const codes: number[] = []
      for (let n = 0; n < 4; n++) codes.push((await strict.call('GET', path, { token: its })).status)
      return codes
    }
    expect(await statuses(token)).toEqual([200, 200, 429, 429])
    expect(await statuses(other)).toEqual([404, 404, 404, 404])
  } finally {
    await strict.close()
  }
})

test('who is out of the team reads none of it any more', async () => {
  const p = await agreed(w)
  const { brandId, owner, manager } = p.campaign
  expect((await get(manager, p, 'deal')).status).toBe(200)
  await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId })
  for (const path of ['deal', 'agreement', 'offers/1/diff', 'agreement.html'])
    expect((await get(manager, p, path)).body).toMatchObject({ status: 404, code: 'resource.notFound', detail: 'No such application' })
})

test('two versions are compared in any direction; unless said, with the one before', async () => {
  const [a, b, c] = [someTerms(), someTerms({ revisionRounds: 3 }), someTerms({ revisionRounds: 3, clauses: ['More'] })]
  const p = await parties(w, { terms: a })
  await counter(w, p.campaign.manager, p, 1, { terms: b })
  await counter(w, p.creator, p, 2, { terms: c })
  const diff = async (path: string) => (await get(p.campaign.viewer, p, `offers/${path}`)).body
  expect(await diff('3/diff')).toEqual({ from: 2, to: 3, changes: [{ term: 'clauses', item: 0, before: null, after: 'More' }] })
  expect(await diff('3/diff?against=1')).toEqual({ from: 1, to: 3, changes: diffTerms(a, c) })
  expect(await diff('1/diff?against=3')).toEqual({ from: 3, to: 1, changes: diffTerms(c, a) })
  expect(await diff('2/diff?against=2')).toEqual({ from: 2, to: 2, changes: [] })
  for (const path of ['1/diff', '4/diff', '1/diff?against=4'])
    expect(await diff(path)).toMatchObject({ code: 'resource.notFound', detail: 'No such version' })
  for (const path of ['0/diff', 'x/diff', '1.5/diff', '1/diff?against=0', '1/diff?against=1e9'])
    expect(await diff(path)).toMatchObject({ code: 'request.invalid' })
})

test('before both agree there is no agreement; from then on it has all that both agreed to, and by whom', async () => {
  const terms = someTerms()
  const p = await parties(w, { terms })
  expect((await get(p.creator, p, 'agreement')).body).toMatchObject({ code: 'resource.notFound', detail: 'No such agreement' })
  const other = await counter(w, p.campaign.manager, p, 1, { terms: someTerms({ revisionRounds: 3 }) })
  expect((await get(p.creator, p, 'agreement')).status).toBe(404)
  await accept(w, p.creator, p, other)
  const { body } = await get(p.campaign.viewer, p, 'agreement')
  const deal = await dealNow(w, p)
  const [, offer] = deal.offers
  expect(body).toMatchObject({
    applicationId: p.applicationId,
    campaignId: p.campaign.campaignId,
    roomId: p.roomId,
    asOf: deal.asOf,
    state: 'agreed',
    campaign: 'Autumn',
    creator: { userId: p.creator.userId, name: p.creator.name },
    offer: 2,
    terms: { revisionRounds: 3 },
    hash: other.hash,
    deliverables: deal.deliverables,
    milestones: deal.milestones,
    versions: [
      {
        offer: 2,
        hash: other.hash,
        proposed: { by: 'brand', member: offer!.member, name: p.campaign.manager.name, at: offer!.at, seq: offer!.seq },
        accepted: { by: 'creator', name: p.creator.name, attestation: { kind: 'hub', method: 'password' } },
        changes: [],
      },
    ],
  })
})

test('an amendment is one more version that both agreed to, compared with the one that bound before and not with what was refused', async () => {
  const terms = someTerms()
  const p = await agreed(w, terms)
  const refused = await propose(w, p.creator, p, { basedOn: 1, terms: someTerms({ clauses: ['Never'] }) })
  const amendment = await counter(w, p.campaign.owner, p, refused.offer, { terms: someTerms({ clauses: ['More'] }) })
  expect((await get(p.creator, p, 'agreement')).body).toMatchObject({ offer: 1 })
  await accept(w, p.creator, p, amendment)
  const { offer, versions } = (await get(p.creator, p, 'agreement')).body as Agreement
  expect([offer, versions.map((one) => one.offer)]).toEqual([3, [1, 3]])
  expect(versions[1]!.changes).toEqual([{ term: 'clauses', item: 0, before: null, after: 'More' }])
})

test('a name that was erased is null in the agreement, and what was agreed stays', async () => {
  const p = await agreed(w)
  const added = (await logOf(w, p.roomId)).filter(({ type }) => type === 'room.memberAdded')
  await eraseAt(
    p.roomId,
    added[0]!.actor,
    added.map(({ seq }) => seq),
  )
  const { versions } = (await get(p.creator, p, 'agreement')).body as Agreement
  expect(versions).toMatchObject([{ proposed: { name: null, by: 'brand' }, accepted: { name: null, by: 'creator' } }])
})

test('each of them is as the contract says, with nothing more and nothing less', async () => {
  const p = await agreed(w)
  const amendment = await propose(w, p.creator, p, {
    basedOn: 1,
    terms: someTerms({ clauses: ['More'], exclusivity: { scope: 'drinks', months: 1 } }),
  })
  await accept(w, p.campaign.owner, p, amendment)
  await comment(p.creator, p, 'Hm')
  await sendMessage(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, text: 'Hello' })
  const story = await w.call('GET', `/api/v1/rooms/${p.roomId}/timeline`, { token: await w.token(p.creator) })
  const answers = [
    [Deal, await get(p.creator, p, 'deal')],
    [OfferDiff, await get(p.creator, p, 'offers/2/diff')],
    [Agreement, await get(p.creator, p, 'agreement')],
    [Story, story],
  ] as const
  for (const [shape, { status, body }] of answers) {
    expect(status).toBe(200)
    expect(shape.parse(body)).toEqual(body)
  }
})
