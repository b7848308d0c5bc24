import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApplicationId, newId, ResolveDispute, SYSTEM } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eventsOf } from '../applications/testing.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { resolveDispute } from './resolve-dispute.ts'
import { accept, agreed, dealNow, type Parties, parties, propose, someTerms } from './testing.ts'
import { cancel, handIn, pay, resolve, rowOf, submit } from './testing-work.ts'

let w: World
let admin: TestPerson
beforeAll(async () => {
  w = await world()
  admin = await w.person('admin')
})
afterAll(() => w.close())
const refusal = (code: string) => ({ code })
const NONE = { code: 'resource.notFound', message: 'No such dispute' }
const strict = () => someTerms({ revisionRounds: 0, payments: [{ amount: 90_000, due: 'onAgreement' }] })
/** The brand disputes this piece. */
async function disputed(deliverable = 1): Promise<Parties> {
  const its = await agreed(w, strict())
  await handIn(w, its, deliverable, 'dispute')
  return its
}
const disputePayment = async (its: Parties) => {
  for (const move of ['invoice', 'pay', 'dispute'] as const) await pay(w, its, 1, move)
}
const since = async (its: Parties) => (await rowOf(w, its)).disputed_at

describe('an administrator', () => {
  test.each([
    ['approve', 'approved'],
    ['cancel', 'cancelled'],
  ] as const)('can %s a disputed piece of work, and the log says that it was one, and why', async (move, state) => {
    const its = await disputed()
    expect(await since(its)).not.toBeNull()
    const { applicationId, roomId } = its
    const order = { commandId: commandId(), applicationId, what: 'deliverable', number: 1, move, reason: 'It is what was agreed' } as const
    const place = await resolveDispute(w.as(admin), order)
    expect(place).toMatchObject({ applicationId, roomId, state: 'delivering' })
    const deal = { deliverable: 1, move, from: 'disputed', to: state, as: 'admin' }
    const personal = { links: null, note: 'It is what was agreed' }
    expect((await eventsOf(w, roomId)).at(-1)).toMatchObject({ seq: place.seq, actor: SYSTEM, data: { deal, personal } })
    expect((await dealNow(w, its)).deliverables[0]).toMatchObject({ state, note: 'It is what was agreed' })
    expect(await since(its)).toBeNull()
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })

    // Nothing waits any more, and still the same order has the same answer.
    expect(await resolveDispute(w.as(admin), order)).toEqual(place)
    for (const other of [{ reason: 'Else' }, { number: 2 }])
      await expect(resolveDispute(w.as(admin), { ...order, ...other })).rejects.toMatchObject(refusal('command.reused'))
    await expect(resolveDispute(w.as(admin), { ...order, commandId: commandId() })).rejects.toMatchObject(NONE)
    // The same id of another administrator is another order.
    await expect(resolveDispute(w.as(await w.person('admin')), order)).rejects.toMatchObject(NONE)
  })

  test('can say that a disputed payment was made, when the deal is over too', async () => {
    const its = await agreed(w, strict())
    await disputePayment(its)
    await cancel(w, its.creator, its, 'cancel.request')
    await cancel(w, its.campaign.owner, its, 'cancel.confirm')
    const place = await resolve(w, admin, its, { what: 'milestone', number: 1, move: 'confirm' })
    expect(place).toMatchObject({ state: 'cancelled' })
    const deal = { milestone: 1, move: 'confirm', from: 'disputed', to: 'confirmed', as: 'admin' }
    expect((await eventsOf(w, its.roomId)).at(-1)).toMatchObject({
      actor: SYSTEM,
      data: { deal, personal: { note: 'We have looked at it' } },
    })
    expect(await since(its)).toBeNull()
  })

  test('can cancel a deal that one side has asked to cancel', async () => {
    const its = await agreed(w)
    await propose(w, its.creator, its, { basedOn: 1 })
    await cancel(w, its.creator, its, 'cancel.request')
    expect(await since(its)).toBeNull() // a request is no dispute
    const order = { commandId: commandId(), applicationId: its.applicationId, what: 'application', number: null, move: 'cancel' } as const
    const place = await resolveDispute(w.as(admin), { ...order, reason: 'Both were heard' })
    expect(place).toMatchObject({ state: 'cancelled', version: its.version + 2 })
    const deal = { move: 'cancel.confirm', from: 'agreed+creator', to: 'cancelled', version: its.version + 2 }
    const event = { actor: SYSTEM, data: { deal, personal: { reason: 'Both were heard' } } }
    expect((await eventsOf(w, its.roomId)).at(-1)).toMatchObject(event)
    expect(await rowOf(w, its)).toMatchObject({ state: 'cancelled', expires_at: null, disputed_at: null })
    expect((await dealNow(w, its)).offers.map(({ state }) => state)).toEqual(['accepted', 'expired'])
    expect(await resolveDispute(w.as(admin), { ...order, reason: 'Both were heard' })).toEqual(place)
  })

  test('decides what waits, and nothing else of that deal', async () => {
    const its = await disputed()
    await submit(w, its, 2)
    const decisions = [
      [{ what: 'deliverable', number: 2, move: 'approve' }, 'deliverable.illegalMove'],
      [{ what: 'deliverable', number: 3, move: 'approve' }, 'resource.notFound'],
      [{ what: 'milestone', number: 1, move: 'confirm' }, 'milestone.illegalMove'],
      [{ what: 'milestone', number: 2, move: 'confirm' }, 'resource.notFound'],
      [{ what: 'application', move: 'cancel' }, 'application.illegalMove'],
    ] as const
    const before = await eventsOf(w, its.roomId)
    for (const [decision, code] of decisions) await expect(resolve(w, admin, its, decision)).rejects.toMatchObject(refusal(code))
    expect(await eventsOf(w, its.roomId)).toEqual(before)
  })

  test('finds no dispute where nothing waits, where nothing is agreed, and where nothing is', async () => {
    const open = await parties(w)
    const quiet = await agreed(w)
    const nowhere = { applicationId: newId<ApplicationId>() }
    const revoked = await agreed(w)
    await cancel(w, revoked.creator, revoked, 'cancel.request')
    await cancel(w, revoked.creator, revoked, 'cancel.revoke')
    // What was disputed in a deal that was cancelled waits for nobody.
    const over = await disputed()
    await cancel(w, over.creator, over, 'cancel.request')
    await cancel(w, over.campaign.owner, over, 'cancel.confirm')
    for (const its of [open, quiet, nowhere, revoked, over])
      for (const decision of [
        { what: 'application', move: 'cancel' } as const,
        { what: 'deliverable', number: 1, move: 'approve' } as const,
      ])
        await expect(resolve(w, admin, its, decision)).rejects.toMatchObject(NONE)
  })

  test('is the only one who can', async () => {
    const its = await disputed()
    for (const who of [its.creator, its.campaign.owner, its.campaign.viewer])
      for (const which of [its, { applicationId: newId<ApplicationId>() }])
        await expect(resolve(w, who, which, { what: 'deliverable', number: 1, move: 'approve' })).rejects.toMatchObject(
          refusal('access.denied'),
        )
  })
})

describe('since when something waits', () => {
  test('is since the first of several disputes, until the last of them is decided', async () => {
    const its = await disputed()
    const first = await since(its)
    await disputePayment(its)
    await handIn(w, its, 2, 'dispute')
    expect(await since(its)).toBe(first)
    await resolve(w, admin, its, { what: 'deliverable', number: 1, move: 'approve' })
    await resolve(w, admin, its, { what: 'milestone', number: 1, move: 'confirm' })
    expect(await since(its)).toBe(first)
    expect(await resolve(w, admin, its, { what: 'deliverable', number: 2, move: 'cancel' })).toMatchObject({ state: 'completed' })
    expect(await since(its)).toBeNull()
  })

  test('is no more when an amendment drops the piece, or the deal is cancelled; a disputed payment waits on', async () => {
    const dropped = await disputed()
    const [reel] = strict().deliverables
    const without = { ...strict(), deliverables: [{ ...reel!, format: 'story' }] }
    await accept(w, dropped.creator, dropped, await propose(w, dropped.campaign.owner, dropped, { terms: without, basedOn: 1 }))
    expect((await dealNow(w, dropped)).deliverables.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'due', 'due'])
    expect(await since(dropped)).toBeNull()

    const both = await disputed()
    await disputePayment(both)
    const first = await since(both)
    await cancel(w, both.creator, both, 'cancel.request')
    expect(await since(both)).toBe(first)
    await cancel(w, both.campaign.owner, both, 'cancel.confirm')
    expect(await since(both)).toBe(first)
    await pay(w, both, 1, 'confirm')
    expect(await since(both)).toBeNull()
  })
})

test('a decision names a piece or a payment, or else is about the deal; and it is one that there is', () => {
  const order = { commandId: commandId(), applicationId: newId<ApplicationId>(), reason: 'So it is' }
  const isOne = (decision: object) => ResolveDispute.safeParse({ ...order, ...decision }).success
  const good = [
    { what: 'deliverable', number: 1, move: 'approve' },
    { what: 'deliverable', number: 1, move: 'cancel' },
    { what: 'milestone', number: 1, move: 'confirm' },
    { what: 'application', move: 'cancel' },
    { what: 'application', number: null, move: 'cancel' },
  ]
  const bad = [
    { what: 'deliverable', move: 'approve' },
    { what: 'deliverable', number: 1, move: 'confirm' },
    { what: 'milestone', number: null, move: 'confirm' },
    { what: 'milestone', number: 1, move: 'approve' },
    { what: 'application', number: 1, move: 'cancel' },
    { what: 'application', move: 'confirm' },
    { what: 'deliverable', number: 1, move: 'approve', reason: ' ' },
  ]
  expect(good.map(isOne)).toEqual(good.map(() => true))
  expect(bad.map(isOne)).toEqual(bad.map(() => false))
})
