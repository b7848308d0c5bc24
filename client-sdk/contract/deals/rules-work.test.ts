import { describe, expect, test } from 'vitest'
import { applicationStates, finalStates } from '../applications/machine.ts'
import type { Actor } from '../sides.ts'
import { isAllApproved, isMilestoneDue, refuseDeliverableMove, refuseMilestoneMove, roundsAgreed, waitingIn } from './rules.ts'
import type { Deal } from './schema.ts'
import { accept, after, begun, code, type Done, inState, moved, pay, propose, reels, termsWith, work } from './testing.ts'

const fresh = begun()
const open = after(fresh, ['owner', propose()])
const agreed = after(open, ['creator', accept(1)])

describe('with work', () => {
  const refusal = (
    deal: Deal,
    move: Extract<Done, { do: 'deliverable' }>['move'],
    as: Actor,
    more: { deliverable?: number; submitted?: number } = {},
  ) => code(refuseDeliverableMove(deal, { deliverable: 1, move, ...more }, as))
  const handedIn = after(agreed, ['creator', work('submit')])
  const seq = handedIn.deliverables[0]!.submitted!
  const revised = after(handedIn, ['owner', work('requestRevision')], ['creator', work('submit')])
  const disputed = after(revised, ['owner', work('dispute')])

  test.each<[string, string | null, string | null]>([
    ['submitting', null, refusal(agreed, 'submit', 'creator')],
    ['submitting again', 'deliverable.illegalMove', refusal(handedIn, 'submit', 'creator')],
    ['submitting, by the brand', 'deliverable.illegalMove', refusal(agreed, 'submit', 'owner')],
    ['anything, by who looks on', 'access.denied', refusal(agreed, 'submit', 'viewer')],
    ['what there is not', 'resource.notFound', refusal(agreed, 'submit', 'creator', { deliverable: 2 })],
    ['approving what was not handed in', 'deliverable.illegalMove', refusal(agreed, 'approve', 'owner')],
    ['approving', null, refusal(handedIn, 'approve', 'manager')],
    ['approving, by the creator', 'deliverable.illegalMove', refusal(handedIn, 'approve', 'creator')],
    ['approving this submission', null, refusal(handedIn, 'approve', 'owner', { submitted: seq })],
    ['approving another submission', 'resource.stale', refusal(revised, 'approve', 'owner', { submitted: seq })],
    [
      'approving a submission that there never was',
      'resource.stale',
      refusal(revised, 'approve', 'owner', { submitted: revised.asOf + 1 }),
    ],
    ['a revision, where one is left', null, refusal(handedIn, 'requestRevision', 'owner')],
    ['a dispute, where a revision is left', 'deliverable.roundsLeft', refusal(handedIn, 'dispute', 'owner')],
    ['a revision, where none is left', 'deliverable.noRounds', refusal(revised, 'requestRevision', 'owner')],
    ['a dispute, where none is left', null, refusal(revised, 'dispute', 'owner')],
    ['deciding a dispute, by the brand', 'deliverable.illegalMove', refusal(disputed, 'approve', 'owner')],
    ['deciding a dispute, by an administrator', null, refusal(disputed, 'approve', 'admin')],
    ['cancelling what is disputed, by an administrator', null, refusal(disputed, 'cancel', 'admin')],
    ['cancelling what is not disputed', 'deliverable.illegalMove', refusal(handedIn, 'cancel', 'admin')],
  ])('%s: %s', (_, expected, refused) => expect(refused).toBe(expected))
  test.each(applicationStates.filter((state) => !/^(agreed|delivering)/.test(state)))('nothing is done while it is %s', (state) => {
    expect(refusal(inState(agreed, state), 'submit', 'creator')).toBe('application.illegalMove')
    expect(refusal(inState(disputed, state), 'approve', 'admin')).toBe('application.illegalMove')
  })
  test('there are as many revisions as what binds now says', () => {
    expect([roundsAgreed(fresh), roundsAgreed(open), roundsAgreed(agreed)]).toEqual([0, 0, 1])
    const more = after(revised, ['owner', propose({ terms: termsWith({ revisionRounds: 2 }) })], ['creator', accept(2)])
    expect(refusal(more, 'requestRevision', 'owner')).toBeNull()
  })
  test('all is approved once nothing else is there that was not cancelled, and there was something', () => {
    const two = after(fresh, ['owner', propose({ terms: termsWith({ deliverables: reels(2) }) })], ['creator', accept(1)])
    const one = after(two, ['creator', work('submit')], ['owner', work('approve')])
    expect([isAllApproved(fresh), isAllApproved(two), isAllApproved(one)]).toEqual([false, false, false])
    expect(isAllApproved(after(one, ['owner', propose()], ['creator', accept(2)]))).toBe(true)
  })
})

describe('with payments', () => {
  const refusal = (deal: Deal, move: Extract<Done, { do: 'milestone' }>['move'], as: Actor, milestone = 1) =>
    code(refuseMilestoneMove(deal, { milestone, move }, as))
  const invoiced = after(agreed, ['creator', pay('invoice')])
  const sent = after(invoiced, ['owner', pay('pay')])
  test.each<[string, string | null, string | null]>([
    ['an invoice', null, refusal(agreed, 'invoice', 'creator')],
    ['an invoice, by the brand', 'milestone.illegalMove', refusal(agreed, 'invoice', 'owner')],
    ['an invoice of nothing', 'resource.notFound', refusal(agreed, 'invoice', 'creator', 2)],
    ['anything, by who looks on', 'access.denied', refusal(agreed, 'invoice', 'viewer')],
    ['paying before the invoice', 'milestone.illegalMove', refusal(agreed, 'pay', 'owner')],
    ['paying', null, refusal(invoiced, 'pay', 'owner')],
    ['saying that it came', null, refusal(sent, 'confirm', 'creator')],
    ['saying that it came, by the brand', 'milestone.illegalMove', refusal(sent, 'confirm', 'owner')],
    ['saying that it did not', null, refusal(sent, 'dispute', 'creator')],
    ['deciding what nobody disputes', 'milestone.illegalMove', refusal(sent, 'confirm', 'admin')],
    ['deciding', null, refusal(after(sent, ['creator', pay('dispute')]), 'confirm', 'admin')],
  ])('%s: %s', (_, expected, refused) => expect(refused).toBe(expected))
  test.each(finalStates)('they go on when it is %s', (state) => expect(refusal(inState(invoiced, state), 'pay', 'owner')).toBeNull())

  const due = (when: 'onAgreement' | 'onDelivery' | 'onApproval', deal: Deal) => isMilestoneDue(deal, { due: when })
  test('each has its time: at once, when all was handed in, when all was approved', () => {
    const two = after(fresh, ['owner', propose({ terms: termsWith({ deliverables: reels(2) }) })], ['creator', accept(1)])
    const half = after(two, ['creator', work('submit')])
    const whole = after(half, ['creator', work('submit', 2)], ['owner', work('requestRevision', 2)], ['owner', work('approve')])
    const done = after(whole, ['creator', work('submit', 2)], ['owner', work('approve', 2)])
    const times = (deal: Deal) => [due('onAgreement', deal), due('onDelivery', deal), due('onApproval', deal)]
    expect([two, half, whole, done].map(times)).toEqual([
      [true, false, false],
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ])
  })
  test('nothing is owed for work that was all cancelled, but for what was owed at once', () => {
    const off = { ...agreed, deliverables: agreed.deliverables.map((one) => ({ ...one, state: 'cancelled' as const, submitted: 9 })) }
    expect([due('onAgreement', off), due('onDelivery', off), due('onApproval', off)]).toEqual([true, false, false])
  })
  test('what is not due yet is refused by name', () => {
    const later = termsWith({ payments: [{ amount: 100, due: 'onDelivery' }] })
    const deal = after(fresh, ['owner', propose({ terms: later })], ['creator', accept(1)])
    expect(refusal(deal, 'invoice', 'creator')).toBe('milestone.notYet')
    expect(refusal(after(deal, ['creator', work('submit')]), 'invoice', 'creator')).toBeNull()
  })
})

describe('what waits for an administrator', () => {
  const disputed = after(
    after(fresh, ['owner', propose({ terms: termsWith({ revisionRounds: 0 }) })], ['creator', accept(1)]),
    ['creator', work('submit')],
    ['owner', work('dispute')],
  )
  const unpaid = after(disputed, ['creator', pay('invoice')], ['owner', pay('pay')], ['creator', pay('dispute')])
  test('is what is disputed, and a wish to cancel', () => {
    expect(waitingIn(agreed)).toEqual([])
    expect(waitingIn(moved(unpaid, 'cancel.request', 'owner'))).toEqual([
      { what: 'deliverable', number: 1 },
      { what: 'milestone', number: 1 },
      { what: 'application', number: null },
    ])
  })
  test('is the payment alone once it is over', () =>
    expect(waitingIn(inState(unpaid, 'cancelled'))).toEqual([{ what: 'milestone', number: 1 }]))
})
