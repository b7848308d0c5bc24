import { describe, expect, test } from 'vitest'
import type { ApplicationState } from '../applications/machine.ts'
import { type DeliverableMove, nextDeliverable } from '../deliverables/machine.ts'
import type { Envelope, EventName, Part } from '../events.ts'
import { type ActorKey, type ApplicationId, type CampaignId, type EventId, newId, type RoomId } from '../ids.ts'
import { type MilestoneMove, nextMilestone } from '../milestones/machine.ts'
import type { Terms } from '../offers/schema.ts'
import type { Actor } from '../sides.ts'
import { reduceDeal } from './reduce.ts'
import { isAllApproved, isMilestoneDue, refuseDeliverableMove, refuseMilestoneMove, refuseOfferMove, refuseProposal } from './rules.ts'
import type { Deal } from './schema.ts'

const roomId = newId<RoomId>()
const actor = newId<ActorKey>()
const NOW = '2026-01-01T00:00:00.000Z'

type Said<E extends EventName> = { deal: Part<E, 'deal'>; personal: Part<E, 'personal'> }
/** The deal after one more event. */
function after<E extends EventName>(deal: Deal | null, type: E, data: Said<E>): Deal {
  const seq = (deal?.asOf ?? 0) + 1
  const event = { roomId, seq, id: newId<EventId>(), type, version: 1, actor, at: NOW, data } as unknown as Envelope
  return reduceDeal(deal, event)!
}

type Work = Terms['deliverables'][number]
const reel = (more: Partial<Work> = {}): Work => ({ platform: 'instagram', format: 'reel', count: 2, due: null, ...more })
const video = (more: Partial<Work> = {}): Work => ({ platform: 'youtube', format: 'video', count: 1, due: null, ...more })
const pay = (...amounts: number[]): Terms['payments'] => amounts.map((amount) => ({ amount, due: 'onAgreement' }))
const terms = (said: Partial<Terms> = {}): Terms => ({
  fee: { amount: 100, currency: 'EUR' },
  deliverables: [reel()],
  usage: { channels: [], territories: ['001'], months: 12 },
  exclusivity: null,
  revisionRounds: 1,
  payments: pay(60, 40),
  clauses: [],
  nonce: '0'.repeat(32),
  ...said,
})
const hash = '0'.repeat(64)
const attestation = { kind: 'hub', session: newId(), method: 'password', provedAt: NOW, at: NOW, keyId: 'k', signature: 's' } as never

const propose = (deal: Deal, said: Terms, basedOn: number | null = deal.binding): Deal =>
  after(deal, 'offer.proposed', {
    deal: { offer: deal.offers.length + 1, by: 'brand', basedOn, validUntil: null, terms: said, hash },
    personal: null,
  })
const accept = (deal: Deal, offer = deal.offers.length): Deal =>
  after(deal, 'offer.accepted', { deal: { offer, by: 'creator', hash, attestation }, personal: null })
const submitted = () =>
  after(null, 'application.submitted', {
    deal: { applicationId: newId<ApplicationId>(), campaignId: newId<CampaignId>() },
    personal: null as never,
  })
const stands = (deal: Deal, to: ApplicationState): Deal =>
  after(deal, 'application.statusChanged', {
    deal: { move: 'accept', from: deal.state, to, version: deal.version + 1 },
    personal: { reason: null },
  })
const agreed = (said: Partial<Terms> = {}): Deal => stands(accept(propose(submitted(), terms(said))), 'agreed')
/** What both agree on instead. */
const amended = (deal: Deal, said: Partial<Terms>): Deal => accept(propose(deal, terms(said)))

const links = ['https://example.com/reel']
const as: Record<DeliverableMove, Actor> = {
  submit: 'creator',
  requestRevision: 'owner',
  approve: 'owner',
  dispute: 'owner',
  cancel: 'admin',
}
const work = (deal: Deal, deliverable: number, ...moves: DeliverableMove[]): Deal =>
  moves.reduce((so, move) => {
    const from = so.deliverables[deliverable - 1]!.state
    const to = nextDeliverable(from, move, as[move])!
    const personal = { links: move === 'submit' ? links : null, note: `${move}!` }
    return after(so, 'deliverable.statusChanged', {
      deal: { deliverable, move, from, to, as: as[move] === 'owner' ? 'brand' : 'creator' },
      personal,
    })
  }, deal)
const paid = (deal: Deal, milestone: number, ...moves: MilestoneMove[]): Deal =>
  moves.reduce((so, move) => {
    const by = move === 'pay' ? 'owner' : 'creator'
    const from = so.milestones[milestone - 1]!.state
    const to = nextMilestone(from, move, by)!
    const deal = { milestone, move, from, to, as: by === 'owner' ? 'brand' : 'creator' } as const
    return after(so, 'milestone.statusChanged', { deal, personal: { note: move } })
  }, deal)
const states = ({ deliverables }: Deal) => deliverables.map(({ deliverable, platform, state }) => `${deliverable} ${platform} ${state}`)

describe('what is agreed', () => {
  test('makes a piece of work for each that the terms count, and a payment for each part of the fee', () => {
    const deal = agreed({ deliverables: [reel({ due: '2026-05-01' }), video()] })
    expect(deal.deliverables).toMatchObject([
      { deliverable: 1, platform: 'instagram', format: 'reel', due: '2026-05-01', state: 'due', rounds: 0, submitted: null, links: null },
      { deliverable: 2, platform: 'instagram', due: '2026-05-01', state: 'due' },
      { deliverable: 3, platform: 'youtube', format: 'video', due: null, state: 'due' },
    ])
    expect(deal.milestones).toEqual([
      { milestone: 1, amount: 60, currency: 'EUR', due: 'onAgreement', state: 'due', moved: null, note: null },
      { milestone: 2, amount: 40, currency: 'EUR', due: 'onAgreement', state: 'due', moved: null, note: null },
    ])
  })

  test('is worked on: links and a note of the last submission, the rounds that were asked for', () => {
    const once = work(agreed(), 1, 'submit')
    expect(once.deliverables[0]).toMatchObject({ state: 'submitted', submitted: once.asOf, moved: once.asOf, links, note: 'submit!' })
    const back = work(once, 1, 'requestRevision')
    expect(back.deliverables[0]).toMatchObject({ rounds: 1, submitted: once.asOf, moved: back.asOf, links, note: 'requestRevision!' })
    expect(work(back, 1, 'submit', 'approve').deliverables[0]).toMatchObject({ state: 'approved', rounds: 1, submitted: back.asOf + 1 })
  })

  test('forgets links and notes that are erased, and those alone', () => {
    const both = paid(work(agreed(), 1, 'submit', 'requestRevision'), 1, 'invoice')
    const erase = (...seqs: number[]) => after(both, 'log.erased', { deal: { seqs, reason: 'personRequest' }, personal: null })
    const { submitted: at, moved } = both.deliverables[0]!
    expect(erase(at!).deliverables[0]).toMatchObject({ links: null, note: 'requestRevision!', state: 'revisionRequested' })
    expect(erase(moved!).deliverables[0]).toMatchObject({ links, note: null, rounds: 1 })
    expect(erase(both.milestones[0]!.moved!).milestones[0]).toMatchObject({ note: null, state: 'invoiced' })
    expect(erase(1)).toEqual({ ...both, asOf: both.asOf + 1 })
  })
})

describe('an amendment', () => {
  test('to less work keeps what is furthest along, and so no more than it counts', () => {
    const deal = work(work(agreed({ deliverables: [reel({ count: 4 })] }), 3, 'submit', 'approve'), 4, 'submit')
    const one = amended(deal, { deliverables: [reel({ count: 1 })] })
    expect(one.deliverables.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'approved', 'cancelled'])
    const two = amended(deal, { deliverables: [reel({ count: 2 })] })
    expect(two.deliverables.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'approved', 'submitted'])
  })

  test('that says the same again leaves every piece its day, whichever is done', () => {
    const lines = [reel({ count: 1, due: '2026-05-01' }), reel({ count: 1, due: '2026-06-01' })]
    const deal = work(agreed({ deliverables: lines }), 2, 'submit', 'approve')
    expect(amended(deal, { deliverables: lines }).deliverables).toEqual(deal.deliverables)
  })

  test('adds no more than a deal may have in all', () => {
    const lines = (count: number) => [reel({ count, format: `of ${count}` })]
    const big = [96, 97, 98, 99].reduce((so, count) => amended(so, { deliverables: lines(count) }), agreed({ deliverables: lines(100) }))
    const proposal = (count: number) =>
      refuseProposal(big, { terms: terms({ deliverables: lines(count) }), basedOn: big.binding }, 'owner', NOW)?.code
    expect([proposal(10), proposal(11)]).toEqual([undefined, 'terms.tooLarge'])
  })

  test('keeps pieces as they stand, with their new day, cancels those that are gone, and adds new ones behind', () => {
    const deal = work(work(work(agreed({ deliverables: [reel({ count: 3 }), video()] }), 1, 'submit', 'approve'), 2, 'submit'), 4, 'submit')
    const next = amended(deal, { deliverables: [{ ...reel(), platform: 'tiktok', count: 1 }, reel({ due: '2026-09-09' })] })
    expect(states(next)).toEqual([
      '1 instagram approved',
      '2 instagram submitted',
      '3 instagram cancelled',
      '4 youtube cancelled',
      '5 tiktok due',
    ])
    expect(next.deliverables.map(({ due }) => due)).toEqual(['2026-09-09', '2026-09-09', null, null, null])
    expect(next.deliverables[1]).toEqual({ ...deal.deliverables[1], due: '2026-09-09' })
    expect(next.binding).toBe(2)
  })

  test('cancels what was disputed and is gone; what was approved stays approved, though it is gone', () => {
    const deal = work(work(agreed({ deliverables: [reel(), video()], revisionRounds: 0 }), 1, 'submit', 'dispute'), 2, 'submit', 'approve')
    expect(states(amended(deal, { deliverables: [video()] }))).toEqual(['1 instagram cancelled', '2 instagram approved', '3 youtube due'])
  })

  test('takes no piece twice, and brings back none that was cancelled: there is a new one', () => {
    const less = amended(agreed(), { deliverables: [reel({ count: 1 })] })
    expect(states(less)).toEqual(['1 instagram due', '2 instagram cancelled'])
    const more = amended(less, { deliverables: [reel({ count: 1, due: '2026-02-02' }), reel()] })
    expect(states(more)).toEqual(['1 instagram due', '2 instagram cancelled', '3 instagram due', '4 instagram due'])
    expect(more.deliverables.map(({ due }) => due)).toEqual(['2026-02-02', null, null, null])
  })

  test('tells formats of one platform apart', () => {
    const story = { ...reel({ count: 1 }), format: 'story' }
    expect(amended(agreed({ deliverables: [reel({ count: 1 })] }), { deliverables: [story] }).deliverables).toMatchObject([
      { format: 'reel', state: 'cancelled' },
      { format: 'story', state: 'due' },
    ])
  })

  test('gives payments that are due anew, more or fewer, and keeps what was invoiced or paid', () => {
    const deal = paid(agreed(), 1, 'invoice', 'pay')
    const next = amended(deal, { payments: pay(60, 30, 10) })
    expect(next.milestones[0]).toEqual(deal.milestones[0])
    expect(next.milestones.map(({ milestone, amount, state }) => [milestone, amount, state])).toEqual([
      [1, 60, 'paid'],
      [2, 30, 'due'],
      [3, 10, 'due'],
    ])
    expect(amended(next, { payments: pay(60, 40) }).milestones).toHaveLength(2)
  })

  test('changes how many revisions there are', () => {
    const deal = stands(work(agreed({ revisionRounds: 0 }), 1, 'submit'), 'delivering')
    const ask = { deliverable: 1, move: 'requestRevision' } as const
    expect(refuseDeliverableMove(deal, ask, 'owner')?.code).toBe('deliverable.noRounds')
    expect(refuseDeliverableMove(amended(deal, { revisionRounds: 1 }), ask, 'owner')).toBeNull()
  })

  const changes: [string, Partial<Terms>, string | null][] = [
    ['another amount', { payments: pay(50, 50) }, 'offer.changesPaid'],
    ['another time', { payments: [{ amount: 60, due: 'onApproval' }, ...pay(40)] }, 'offer.changesPaid'],
    ['another place', { payments: pay(40, 60) }, 'offer.changesPaid'],
    ['no such payment', { payments: [] }, 'offer.changesPaid'],
    ['another currency', { fee: { amount: 100, currency: 'USD' } }, 'terms.badCurrency'],
    ['others after it', { payments: pay(60, 20, 20) }, null],
  ]
  test.each(changes)('of what was invoiced: %s', (_, said, code) => {
    const deal = paid(agreed(), 1, 'invoice')
    expect(refuseProposal(deal, { terms: terms(said), basedOn: 1 }, 'owner', NOW)?.code ?? null).toBe(code)
    // Proposed before the invoice, it is refused when it is accepted after it.
    const late = paid(propose(agreed(), terms(said)), 1, 'invoice')
    expect(refuseOfferMove(late, { move: 'accept', offer: 2, hash }, 'creator', NOW)?.code ?? null).toBe(code)
    expect(refuseOfferMove(late, { move: 'counter', offer: 2, terms: terms(said) }, 'creator', NOW)?.code ?? null).toBe(code)
  })
  test('may change any payment that nobody has asked for', () => {
    expect(refuseProposal(agreed(), { terms: terms({ payments: pay(100) }), basedOn: 1 }, 'owner', NOW)).toBeNull()
  })
})

describe('a payment', () => {
  const due = (when: 'onAgreement' | 'onDelivery' | 'onApproval') => ({ due: when })
  test('is due on the agreement, once all is handed in, or once all is approved; what is cancelled holds up none', () => {
    const none = agreed()
    const half = work(none, 1, 'submit')
    const all = work(half, 2, 'submit')
    const one = work(all, 1, 'approve')
    const both = work(one, 2, 'approve')
    const which = (deal: Deal) => (['onAgreement', 'onDelivery', 'onApproval'] as const).filter((when) => isMilestoneDue(deal, due(when)))
    expect([none, half].map(which)).toEqual([['onAgreement'], ['onAgreement']])
    expect([all, one].map(which)).toEqual([
      ['onAgreement', 'onDelivery'],
      ['onAgreement', 'onDelivery'],
    ])
    expect(which(both)).toEqual(['onAgreement', 'onDelivery', 'onApproval'])
    expect([none, half, all, one, both].map(isAllApproved)).toEqual([false, false, false, false, true])
    const dropped = amended(work(half, 1, 'approve'), { deliverables: [reel({ count: 1 })] })
    expect(which(dropped)).toEqual(['onAgreement', 'onDelivery', 'onApproval'])
    expect(isAllApproved(dropped)).toBe(true)
  })

  test('is not owed for work that was all cancelled', () => {
    const deal = work(
      agreed({ deliverables: [reel({ count: 1 })], payments: [{ amount: 100, due: 'onApproval' }] }),
      1,
      'submit',
      'dispute',
      'cancel',
    )
    expect(refuseMilestoneMove(deal, { milestone: 1, move: 'invoice' }, 'creator')?.code).toBe('milestone.notYet')
    expect(isMilestoneDue(deal, due('onAgreement'))).toBe(true)
  })
})
