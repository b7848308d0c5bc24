import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Terms } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { type World, world } from '../testing.ts'
import { accept, agreed, counter, dealNow, propose, someTerms } from './testing.ts'
import { handIn, pay, submit } from './testing-work.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const refusal = (code: string) => ({ code })

const fee = { amount: 100, currency: 'EUR' } as const
const pays = (...amounts: number[]): Terms['payments'] => amounts.map((amount) => ({ amount, due: 'onAgreement' }))
const reel = { platform: 'instagram', format: 'reel', count: 3, due: null }
const said = (more: Partial<Terms> = {}) => someTerms({ fee, deliverables: [reel], payments: pays(60, 40), ...more })

test('an amendment keeps what was done and paid, gives a new day, cancels what is gone, and adds what is new', async () => {
  const its = await agreed(w, said())
  const { manager } = its.campaign
  await handIn(w, its, 1)
  await submit(w, its, 2)
  for (const move of ['invoice', 'pay'] as const) await pay(w, its, 1, move)
  const before = await dealNow(w, its)
  const due = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
  const story = { platform: 'instagram', format: 'story', count: 1, due }
  const terms = said({ deliverables: [{ ...reel, count: 2, due }, story], payments: pays(60, 20, 20) })
  const place = await propose(w, manager, its, { terms, basedOn: 1 })
  expect((await dealNow(w, its)).deliverables).toEqual(before.deliverables) // nothing is so before both have said yes
  expect(await accept(w, its.creator, its, place)).toMatchObject({ state: 'delivering', version: its.version + 1 })
  const deal = await dealNow(w, its)
  expect(deal.deliverables).toEqual([
    { ...before.deliverables[0], due },
    { ...before.deliverables[1], due },
    { ...before.deliverables[2], state: 'cancelled' },
    { ...before.deliverables[2], deliverable: 4, format: 'story', due },
  ])
  expect(deal.milestones[0]).toEqual(before.milestones[0])
  expect(deal.milestones.slice(1)).toMatchObject([
    { milestone: 2, amount: 20, state: 'due' },
    { milestone: 3, amount: 20, state: 'due' },
  ])
  // The work goes on with what is there now.
  await expect(submit(w, its, 3)).rejects.toMatchObject(refusal('deliverable.illegalMove'))
  expect(await submit(w, its, 4)).toMatchObject({ state: 'delivering' })
  expect(await pay(w, its, 1, 'confirm')).toMatchObject({ state: 'delivering' })
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
})

test('what was asked for or paid is changed by none: not proposed, not countered, and not accepted where it was asked for in between', async () => {
  const its = await agreed(w, said())
  const { manager } = its.campaign
  const other = said({ payments: pays(50, 50) })
  const place = await propose(w, manager, its, { terms: other, basedOn: 1 })
  await pay(w, its, 1, 'invoice')
  const before = await dealNow(w, its)
  await expect(accept(w, its.creator, its, place)).rejects.toMatchObject(refusal('offer.changesPaid'))
  await expect(counter(w, its.creator, its, 2, { terms: said({ payments: pays(100) }) })).rejects.toMatchObject(
    refusal('offer.changesPaid'),
  )
  expect(await dealNow(w, its)).toEqual(before)
  const third = await counter(w, its.creator, its, 2, { terms: said({ payments: pays(60, 30, 10) }) })
  expect(await accept(w, manager, its, third)).toMatchObject({ state: 'agreed' })
  await expect(propose(w, manager, its, { terms: other, basedOn: 3 })).rejects.toMatchObject(refusal('offer.changesPaid'))
  expect((await dealNow(w, its)).milestones.map(({ amount, state }) => [amount, state])).toEqual([
    [60, 'invoiced'],
    [30, 'due'],
    [10, 'due'],
  ])
})

test('an amendment keeps the currency', async () => {
  const its = await agreed(w, said())
  const dollars = said({ fee: { amount: 100, currency: 'USD' } })
  const before = await dealNow(w, its)
  await expect(propose(w, its.creator, its, { terms: dollars, basedOn: 1 })).rejects.toMatchObject(refusal('terms.badCurrency'))
  expect(await dealNow(w, its)).toEqual(before)
})
