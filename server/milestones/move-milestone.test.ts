import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Terms } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eventsOf } from '../applications/testing.ts'
import { agreed, dealNow, parties, someTerms } from '../deals/testing.ts'
import { cancel, handIn, pay, resolve, review, rowOf, submit } from '../deals/testing-work.ts'
import { commandId, type World, world } from '../testing.ts'
import { moveMilestone } from './move-milestone.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const refusal = (code: string) => ({ code })
const moves = ['invoice', 'pay', 'confirm', 'dispute'] as const
const parts = (...due: Terms['payments'][number]['due'][]) =>
  someTerms({ fee: { amount: due.length * 100, currency: 'EUR' }, payments: due.map((when) => ({ amount: 100, due: when })) })
const statesOf = async (its: Parameters<typeof dealNow>[1]) => (await dealNow(w, its)).milestones.map(({ state }) => state)

describe('a payment', () => {
  test('is asked for, made and confirmed, by what the two say of it; the application stays where it is', async () => {
    const its = await agreed(w, parts('onAgreement', 'onAgreement'))
    const order = { commandId: commandId(), applicationId: its.applicationId, milestone: 1, move: 'invoice' as const, note: 'No. 17' }
    const place = await moveMilestone(w.as(its.creator), order)
    expect(place).toMatchObject({ state: 'agreed', version: its.version, applicationId: its.applicationId, roomId: its.roomId })
    expect((await eventsOf(w, its.roomId)).at(-1)).toMatchObject({
      seq: place.seq,
      type: 'milestone.statusChanged',
      actor: await w.keyOf(its.roomId, its.creator),
      data: { deal: { milestone: 1, move: 'invoice', from: 'due', to: 'invoiced', as: 'creator' }, personal: { note: 'No. 17' } },
    })
    expect(await moveMilestone(w.as(its.creator), order)).toEqual(place)
    for (const other of [{ note: 'No. 18' }, { milestone: 2 }])
      await expect(moveMilestone(w.as(its.creator), { ...order, ...other })).rejects.toMatchObject(refusal('command.reused'))
    await pay(w, its, 1, 'pay')
    expect(await statesOf(its)).toEqual(['paid', 'due'])
    await pay(w, its, 1, 'confirm')
    expect(await statesOf(its)).toEqual(['confirmed', 'due'])
    expect(await rowOf(w, its)).toMatchObject({ state: 'agreed', version: its.version, disputed_at: null })
    expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
  })

  test('that did not come is disputed, and confirmed by the creator when it comes, or by an administrator', async () => {
    const its = await agreed(w, parts('onAgreement', 'onAgreement'))
    for (const milestone of [1, 2]) for (const move of ['invoice', 'pay', 'dispute'] as const) await pay(w, its, milestone, move)
    const since = (await rowOf(w, its)).disputed_at
    expect(since).not.toBeNull()
    await expect(pay(w, its, 1, 'pay')).rejects.toMatchObject(refusal('milestone.illegalMove'))
    await pay(w, its, 1, 'confirm')
    expect((await rowOf(w, its)).disputed_at).toEqual(since)
    await resolve(w, await w.person('admin'), its, { what: 'milestone', number: 2, move: 'confirm' })
    expect(await statesOf(its)).toEqual(['confirmed', 'confirmed'])
    expect((await rowOf(w, its)).disputed_at).toBeNull()
  })

  test('can be asked for once what it waits for has come about', async () => {
    const its = await agreed(w, parts('onAgreement', 'onDelivery', 'onApproval'))
    const asked = (milestone: number) => pay(w, its, milestone, 'invoice').catch(({ code }) => code)
    expect([await asked(2), await asked(3)]).toEqual(['milestone.notYet', 'milestone.notYet'])
    const first = await submit(w, its, 1)
    expect(await asked(2)).toBe('milestone.notYet')
    const second = await submit(w, its, 2)
    expect(await asked(2)).toMatchObject({ state: 'delivering' })
    await review(w, its, 1, first, 'approve')
    expect(await asked(3)).toBe('milestone.notYet')
    expect(await review(w, its, 2, second, 'approve')).toMatchObject({ state: 'completed' })
    // Payments go on when the work is done.
    for (const move of ['invoice', 'pay', 'dispute'] as const) expect(await pay(w, its, 3, move)).toMatchObject({ state: 'completed' })
    expect((await rowOf(w, its)).disputed_at).not.toBeNull()
    expect(await pay(w, its, 3, 'confirm')).toMatchObject({ state: 'completed' })
    expect(await rowOf(w, its)).toMatchObject({ disputed_at: null, state: 'completed' })
    expect(await statesOf(its)).toEqual(['due', 'invoiced', 'confirmed'])
  })

  test('goes on after the deal was cancelled: what was done until then is paid, and may be disputed', async () => {
    const its = await agreed(w, parts('onAgreement', 'onDelivery'))
    for (const move of ['invoice', 'pay', 'dispute'] as const) await pay(w, its, 1, move)
    const since = (await rowOf(w, its)).disputed_at
    await cancel(w, its.creator, its, 'cancel.request')
    await cancel(w, its.campaign.owner, its, 'cancel.confirm')
    expect(await rowOf(w, its)).toMatchObject({ state: 'cancelled', disputed_at: since })
    await expect(pay(w, its, 2, 'invoice')).rejects.toMatchObject(refusal('milestone.notYet'))
    expect(await pay(w, its, 1, 'confirm')).toMatchObject({ state: 'cancelled' })
    expect((await rowOf(w, its)).disputed_at).toBeNull()
  })
})

describe('nothing is said of a payment', () => {
  test('by the wrong side, by a viewer or a stranger, in another order, or of one that there is not', async () => {
    const its = await agreed(w, parts('onAgreement'))
    const before = await eventsOf(w, its.roomId)
    const order = (move: (typeof moves)[number]) => ({ commandId: commandId(), applicationId: its.applicationId, milestone: 1, move })
    const stranger = await parties(w)
    for (const move of moves) {
      await expect(moveMilestone(w.as(its.campaign.viewer), order(move))).rejects.toMatchObject(refusal('access.denied'))
      await expect(moveMilestone(w.as(its.campaign.owner), order(move))).rejects.toMatchObject(refusal('milestone.illegalMove'))
      for (const who of [stranger.creator, stranger.campaign.owner, await w.person('admin')])
        await expect(moveMilestone(w.as(who), order(move))).rejects.toMatchObject({
          code: 'resource.notFound',
          message: 'No such application',
        })
    }
    for (const move of ['pay', 'confirm', 'dispute'] as const)
      await expect(moveMilestone(w.as(its.creator), order(move))).rejects.toMatchObject(refusal('milestone.illegalMove'))
    await expect(pay(w, its, 2, 'invoice')).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such milestone' })
    expect(await eventsOf(w, its.roomId)).toEqual(before)
    await expect(pay(w, stranger, 1, 'invoice')).rejects.toMatchObject(refusal('resource.notFound'))
  })

  test('that waits for work which an administrator cancelled, all of it', async () => {
    const terms = parts('onDelivery', 'onApproval')
    const its = await agreed(w, { ...terms, revisionRounds: 0, deliverables: [{ ...terms.deliverables[0]!, count: 1 }] })
    await handIn(w, its, 1, 'dispute')
    const place = await resolve(w, await w.person('admin'), its, { what: 'deliverable', number: 1, move: 'cancel' })
    expect(place).toMatchObject({ state: 'completed' })
    for (const milestone of [1, 2]) await expect(pay(w, its, milestone, 'invoice')).rejects.toMatchObject(refusal('milestone.notYet'))
  })
})
