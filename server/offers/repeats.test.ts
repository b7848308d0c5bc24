import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandId, type OfferPlace, type RoomId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eventsOf } from '../applications/testing.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import type { Ctx } from '../ctx.ts'
import { accept, dealNow, type Parties, parties, propose, provedBy, someTerms } from '../deals/testing.ts'
import { cancel, submit } from '../deals/testing-work.ts'
import { commandId, type World, world } from '../testing.ts'
import { acceptOffer } from './accept-offer.ts'
import { declineOffer, withdrawOffer } from './close-offer.ts'
import { commentOffer } from './comment-offer.ts'
import { counterOffer, proposeOffer } from './propose-offer.ts'
import { closeOffer } from './testing.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

type Repeatable = {
  name: string
  /** Gives the order once more, with other content if there is any. */
  make(its: Parties): Promise<(other?: object) => Promise<OfferPlace>>
  /** Other content under the same id. */
  others: object[]
  /** What happens to the deal then. */
  goOn(its: Parties, place: OfferPlace): Promise<unknown>
  /** The event that has its words, and the field that they are in. */
  words?: { type: string; field: 'reason' | 'text' }
}
const of = ({ applicationId }: Parties): { commandId: CommandId; applicationId: Parties['applicationId'] } => ({
  commandId: commandId(),
  applicationId,
})
const answered = async (its: Parties, { offer }: OfferPlace) => {
  await closeOffer(w, 'decline', its.creator, its, offer)
  await propose(w, its.creator, its)
}
const begin = async (its: Parties) => (await propose(w, its.campaign.manager, its)).hash

const cases: Repeatable[] = [
  {
    name: 'offer.propose',
    async make(its) {
      const input = { ...of(its), terms: someTerms(), validUntil: null, basedOn: null }
      return (other) => proposeOffer(w.as(its.campaign.manager), { ...input, ...other })
    },
    others: [{ terms: someTerms() }, { basedOn: 1 }, { validUntil: '2100-01-01T00:00:00.000Z' }],
    goOn: answered,
  },
  {
    name: 'offer.counter',
    async make(its) {
      await begin(its)
      const input = { ...of(its), offer: 1, terms: someTerms(), validUntil: null }
      return (other) => counterOffer(w.as(its.creator), { ...input, ...other })
    },
    others: [{ terms: someTerms() }, { offer: 2 }],
    goOn: (its, { offer }) => closeOffer(w, 'decline', its.campaign.owner, its, offer),
  },
  {
    name: 'offer.accept',
    async make(its) {
      const input = { ...of(its), offer: 1, hash: await begin(its) }
      const ctx = await provedBy(w, its.creator)
      return (other) => acceptOffer(ctx, { ...input, ...other })
    },
    others: [{ hash: '0'.repeat(64) }, { offer: 2 }],
    async goOn(its) {
      await submit(w, its, 1)
      await cancel(w, its.creator, its, 'cancel.request')
    },
  },
  {
    name: 'offer.decline',
    async make(its) {
      await begin(its)
      const input = { ...of(its), offer: 1, reason: 'Too little' }
      return (other) => declineOffer(w.as(its.creator), { ...input, ...other })
    },
    others: [{ reason: 'Too much' }, { reason: undefined }, { offer: 2 }],
    goOn: (its) => propose(w, its.creator, its),
    words: { type: 'offer.declined', field: 'reason' },
  },
  {
    name: 'offer.withdraw',
    async make(its) {
      await begin(its)
      const input = { ...of(its), offer: 1, reason: 'A slip' }
      return (other) => withdrawOffer(w.as(its.campaign.manager), { ...input, ...other })
    },
    others: [{ reason: 'No slip' }, { reason: undefined }, { offer: 2 }],
    goOn: (its) => propose(w, its.creator, its),
    words: { type: 'offer.withdrawn', field: 'reason' },
  },
  {
    name: 'offer.comment',
    async make(its) {
      await begin(its)
      const input = { ...of(its), offer: 1, term: 'fee', item: null, text: 'Too little' } as const
      return (other) => commentOffer(w.as(its.creator), { ...input, ...other })
    },
    others: [{ text: 'Too much' }, { term: 'clauses' }, { item: 1 }, { offer: 2 }],
    goOn: (its) => closeOffer(w, 'withdraw', its.campaign.owner, its, 1),
    words: { type: 'offer.commented', field: 'text' },
  },
]

const forget = (streamId: RoomId, seq: number): Promise<unknown> =>
  w.db.orm.em
    .fork()
    .transactional((em) =>
      erase(em, w.db.log, { streamId, actor: SYSTEM, commandId: commandId(), accessVersion: null, seqs: [seq], reason: 'personRequest' }),
    )
const lengthOf = async ({ roomId }: Parties): Promise<number> => (await eventsOf(w, roomId)).length
const reused = { code: 'command.reused' }

test.each(cases)('$name, sent again, is answered as before and has no second effect, whatever has become of the deal', async (one) => {
  const its = await parties(w)
  const order = await one.make(its)
  const [answer, atOnce] = await Promise.all([order(), order()])
  expect(atOnce).toEqual(answer)
  const deal = await dealNow(w, its)
  expect(await order()).toEqual(answer)
  expect(await dealNow(w, its)).toEqual(deal)
  for (const other of one.others) await expect(order(other)).rejects.toMatchObject(reused)
  await one.goOn(its, answer)
  const length = await lengthOf(its)
  expect(await order()).toEqual(answer)
  for (const other of one.others) await expect(order(other)).rejects.toMatchObject(reused)
  expect(await lengthOf(its)).toBe(length)
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
})

test.each(cases.filter(({ words }) => words))(
  '$name, whose words are erased, is answered as before and brings them not back',
  async (one) => {
    const its = await parties(w)
    const { type, field } = one.words!
    const order = await one.make(its)
    const answer = await order()
    const { seq } = (await eventsOf(w, its.roomId)).find((event) => event.type === type)!
    await forget(its.roomId, seq)
    expect(await order()).toEqual(answer)
    const erased = (await eventsOf(w, its.roomId)).find((event) => event.type === type)!
    expect(erased.data.personal).toBeNull()
    const { comments, offers } = await dealNow(w, its)
    expect(field === 'text' ? comments[0]!.text : offers[0]!.reason).toBeNull()
    const { rows } = await w.db.pool.query('select result from command where result like $1 or result like $2', [
      '%Too little%',
      '%A slip%',
    ])
    expect(rows).toEqual([])
    expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
  },
)

test('the same id is another order when another person sends it', async () => {
  const its = await parties(w)
  const id = commandId()
  const order = (ctx: Ctx, offer: number) =>
    commentOffer(ctx, { commandId: id, applicationId: its.applicationId, offer, term: 'fee', item: null, text: 'Well' })
  await begin(its)
  const places = [await order(w.as(its.creator), 1), await order(w.as(its.campaign.owner), 1)]
  expect(new Set(places.map(({ seq }) => seq)).size).toBe(2)
})

test('each side may give an order of the same id, and neither two of them', async () => {
  const [its, id] = [await parties(w), commandId()]
  const hash = await begin(its)
  const ctx = await provedBy(w, its.creator)
  await acceptOffer(ctx, { commandId: id, applicationId: its.applicationId, offer: 1, hash })
  const input = { commandId: id, applicationId: its.applicationId, terms: someTerms(), validUntil: null, basedOn: 1 }
  expect(await proposeOffer(w.as(its.campaign.owner), input)).toMatchObject({ offer: 2 })
  await expect(proposeOffer(ctx, input)).rejects.toMatchObject(reused)
})

test('a repeat answers only who may still ask', async () => {
  const its = await parties(w)
  const { manager, owner, brandId } = its.campaign
  const input = { ...of(its), terms: someTerms(), validUntil: null, basedOn: null }
  await proposeOffer(w.as(manager), input)
  await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId })
  await expect(proposeOffer(w.as(manager), input)).rejects.toMatchObject({ code: 'resource.notFound' })
  expect((await accept(w, its.creator, its, (await dealNow(w, its)).offers[0]!)).state).toBe('agreed')
})
