import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finalStates } from '../applications/machine.ts'
import type { TermName } from '../offers/term-names.ts'
import type { Actor } from '../sides.ts'
import { COMMENTS_MAX, isPast, nextMoves, OFFERS_MAX, openOffer, refuseComment, refuseOfferMove, refuseProposal } from './rules.ts'
import type { Deal } from './schema.ts'
import { accept, after, begun, code, done, expired, HASH, inState, paid, pay, propose, terms, termsWith } from './testing.ts'

const NOW = '2026-01-01T12:00:00.000Z'
const fresh = begun()
const open = after(fresh, ['owner', propose()])
const agreed = after(open, ['creator', accept(1)])
const amending = after(agreed, ['creator', propose()])
const until = (validUntil: string) => after(fresh, ['owner', propose({ validUntil })])
const closedBy = {
  accepted: agreed,
  countered: after(open, ['creator', propose()]),
  declined: after(open, ['creator', { do: 'decline', offer: 1 }]),
  withdrawn: after(open, ['owner', { do: 'withdraw', offer: 1 }]),
  expired: expired(open),
}
const full = Array.from({ length: OFFERS_MAX }).reduce<Deal>((deal) => done(deal, 'owner', propose()), fresh)
const lookers = ['viewer', 'admin', 'system'] as const

describe('to propose', () => {
  const refusal = (deal: Deal, as: Actor, said: Partial<Parameters<typeof refuseProposal>[1]> = {}) =>
    code(refuseProposal(deal, { terms, basedOn: deal.binding, ...said }, as, NOW))
  const invoiced = after(agreed, ['creator', pay('invoice')])
  const dollars = termsWith({ fee: { amount: 100, currency: 'USD' } })

  test.each(['owner', 'manager', 'creator'] as const)('%s may, where nothing is open', (as) => {
    expect(refusal(fresh, as)).toBeNull()
    expect(refusal(agreed, as)).toBeNull()
    for (const state of ['submitted', 'shortlisted', 'negotiating'] as const) expect(refusal(inState(fresh, state), as)).toBeNull()
    for (const deal of Object.values({ ...closedBy, countered: fresh })) expect(refusal(deal, as)).toBeNull()
  })
  test.each<[string, string | null, string | null]>([
    ['who only looks on', 'access.denied', refusal(fresh, 'viewer')],
    ['an administrator', 'access.denied', refusal(fresh, 'admin')],
    ['the platform', 'access.denied', refusal(fresh, 'system')],
    ['while a version is open', 'offer.exists', refusal(open, 'creator')],
    ['while one’s own is open', 'offer.exists', refusal(open, 'owner')],
    ['while an amendment is open', 'offer.exists', refusal(amending, 'owner')],
    ['an amendment of nothing', 'offer.notBinding', refusal(fresh, 'owner', { basedOn: 1 })],
    ['an amendment of another version', 'offer.notBinding', refusal(agreed, 'owner', { basedOn: 2 })],
    ['what is none, after an agreement', 'offer.notBinding', refusal(agreed, 'owner', { basedOn: null })],
    ['one more than there may be', 'offer.full', refusal(expired(full), 'owner')],
    ['the last that there may be', null, refusal(expired({ ...full, offers: full.offers.slice(1) }), 'owner')],
    ['another currency, at first', null, refusal(fresh, 'owner', { terms: dollars })],
    ['another currency than what is agreed', 'terms.badCurrency', refusal(agreed, 'owner', { terms: dollars })],
    ['another amount, before it is invoiced', null, refusal(agreed, 'owner', { terms: termsWith({ payments: paid(60, 40) }) })],
    [
      'another amount than what was invoiced',
      'offer.changesPaid',
      refusal(invoiced, 'owner', { terms: termsWith({ payments: paid(60, 40) }) }),
    ],
    [
      'what was invoiced, at another time',
      'offer.changesPaid',
      refusal(invoiced, 'owner', { terms: termsWith({ payments: [{ amount: 100, due: 'onApproval' }] }) }),
    ],
    ['what was invoiced, and more', null, refusal(invoiced, 'owner', { terms: termsWith({ payments: paid(100, 50) }) })],
    ['once an open version’s time is over', null, code(refuseProposal(until(NOW), { terms, basedOn: null }, 'owner', NOW))],
  ])('%s: %s', (_, expected, refused) => expect(refused).toBe(expected))
  test.each(finalStates)('not when it is %s', (state) => expect(refusal(inState(fresh, state), 'owner')).toBe('application.illegalMove'))
  test('what was invoiced last cannot be left out', () => {
    const two = after(fresh, ['owner', propose({ terms: termsWith({ payments: paid(60, 40) }) })], ['creator', accept(1)])
    expect(refusal(after(two, ['creator', pay('invoice', 2)]), 'owner')).toBe('offer.changesPaid')
  })
})

describe('with a version', () => {
  const moves = ['counter', 'accept', 'decline', 'withdraw'] as const
  type Move = (typeof moves)[number]
  const order = (move: Move, offer: number, hash = HASH) => ({ move, offer, terms, hash }) as Parameters<typeof refuseOfferMove>[1]
  const refusal = (deal: Deal, move: Move, as: Actor, { offer = deal.offers.length, hash = HASH, now = NOW } = {}) =>
    code(refuseOfferMove(deal, order(move, offer, hash), as, now))

  test.each(moves.flatMap((move) => lookers.map((as) => [as, move] as const)))('%s may not %s', (as, move) =>
    expect(refusal(open, move, as)).toBe('access.denied'),
  )
  test.each(moves)('to %s one that is not there finds none', (move) => {
    expect(refusal(open, move, 'creator', { offer: 2 })).toBe('resource.notFound')
    expect(refusal(fresh, move, 'creator', { offer: 1 })).toBe('resource.notFound')
  })
  test.each(moves.flatMap((move) => Object.entries(closedBy).map(([fate, deal]) => [move, fate, deal] as const)))(
    'to %s one that was %s says so to both sides',
    (move, fate, deal) => {
      for (const as of ['owner', 'creator'] as const) expect(refusal(deal, move, as, { offer: 1 })).toBe(`offer.${fate}`)
    },
  )
  test.each<[Move, string | null, string | null]>([
    ['counter', null, 'offer.own'],
    ['accept', null, 'offer.own'],
    ['decline', null, 'offer.own'],
    ['withdraw', 'offer.notOwn', null],
  ])('to %s it is %s for the other side, and %s for the one that proposed it', (move, other, own) => {
    expect([refusal(open, move, 'creator'), refusal(open, move, 'owner'), refusal(open, move, 'manager')]).toEqual([other, own, own])
    const theirs = after(fresh, ['creator', propose()])
    expect([refusal(theirs, move, 'manager'), refusal(theirs, move, 'creator')]).toEqual([other, own])
    expect([refusal(amending, move, 'owner'), refusal(amending, move, 'creator')]).toEqual([other, own])
  })
  test.each(moves)('to %s it is too late from the very millisecond on', (move) => {
    const as = move === 'withdraw' ? 'owner' : 'creator'
    expect(refusal(until('2026-01-01T12:00:00.001Z'), move, as)).toBeNull()
    expect(refusal(until(NOW), move, as)).toBe('offer.expired')
    expect(refusal(until('2026-01-01T11:59:59.999Z'), move, as)).toBe('offer.expired')
  })
  test.each(moves.flatMap((move) => finalStates.map((state) => [move, state] as const)))('nobody may %s when it is %s', (move, state) => {
    const as = move === 'withdraw' ? 'owner' : 'creator'
    expect(refusal(inState(open, state), move, as)).toBe('application.illegalMove')
  })
  test('to accept takes the hash of that version', () =>
    expect(refusal(open, 'accept', 'creator', { hash: 'b'.repeat(64) })).toBe('offer.otherTerms'))
  test.each(['submitted', 'shortlisted'] as const)('a creator cannot agree while it is %s, and the brand can', (state) => {
    expect(refusal(inState(open, state), 'accept', 'creator')).toBe('application.illegalMove')
    expect(refusal(inState(after(fresh, ['creator', propose()]), state), 'accept', 'owner')).toBeNull()
  })
  test.each(['agreed', 'agreed+brand', 'delivering', 'delivering+creator'] as const)(
    'an amendment can be accepted while it is %s',
    (state) => expect(refusal(inState(amending, state), 'accept', 'owner')).toBeNull(),
  )
  test('an amendment cannot be accepted once it would change what was invoiced, and can be countered with what does not', () => {
    const other = after(agreed, ['owner', propose({ terms: termsWith({ payments: paid(60, 40) }) })], ['creator', pay('invoice')])
    expect(refusal(other, 'accept', 'creator')).toBe('offer.changesPaid')
    expect(refusal(other, 'counter', 'creator')).toBeNull()
    expect(nextMoves(other, 'creator', NOW).offer).toEqual(['counter', 'decline'])
  })
  test('a counter is one more version, and follows what is agreed', () => {
    expect(refusal(full, 'counter', 'creator')).toBeNull()
    const both = Array.from({ length: OFFERS_MAX }).reduce<Deal>((deal) => after(deal, ['owner', propose()], ['creator', propose()]), fresh)
    expect(refusal(both, 'counter', 'owner')).toBe('offer.full')
    expect(refusal(both, 'accept', 'owner')).toBeNull()
    const dollars = termsWith({ fee: { amount: 100, currency: 'USD' } })
    expect(code(refuseOfferMove(amending, { move: 'counter', offer: 2, terms: dollars }, 'owner', NOW))).toBe('terms.badCurrency')
  })
})

describe('to comment', () => {
  const refusal = (deal: Deal, as: Actor, offer = 1) => code(refuseComment(deal, { offer, term: 'fee', item: null }, as))
  const said = (count: number) => ({ ...open, comments: Array.from({ length: count }, () => ({}) as Deal['comments'][number]) })
  test.each(lookers)('%s may not', (as) => expect(refusal(open, as)).toBe('access.denied'))
  test.each(Object.entries(closedBy))('both sides may on a version that was %s', (_, deal) =>
    expect([refusal(deal, 'manager'), refusal(deal, 'creator')]).toEqual([null, null]),
  )
  test('of a list in a place that it has, and of what is no list in none', () => {
    const its = (term: TermName, item: number | null) => code(refuseComment(open, { offer: 1, term, item }, 'owner'))
    const { deliverables, payments, usage } = openOffer(open)!.terms
    const lists = { deliverables, payments, 'usage.channels': usage.channels, 'usage.territories': usage.territories } as const
    for (const [term, list] of Object.entries(lists) as [TermName, unknown[]][])
      expect([its(term, null), its(term, list.length - 1), its(term, list.length)]).toEqual([null, null, 'request.invalid'])
    for (const term of ['fee', 'usage.months', 'exclusivity', 'revisionRounds'] as const)
      expect([its(term, null), its(term, 0)]).toEqual([null, 'request.invalid'])
  })
  test('there is an end', () => {
    expect(refusal(open, 'owner', 2)).toBe('resource.notFound')
    expect([refusal(said(COMMENTS_MAX - 1), 'owner'), refusal(said(COMMENTS_MAX), 'owner')]).toEqual([null, 'offer.commentsFull'])
  })
})

test('a version without a time limit is never past, any other from that millisecond on', () => {
  const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  expect(isPast({ validUntil: null }, NOW)).toBe(false)
  fc.assert(
    fc.property(moment, moment, (until, now) => {
      expect(isPast({ validUntil: until.toISOString() }, now.toISOString())).toBe(now.getTime() >= until.getTime())
    }),
  )
})

describe('what is shown as possible', () => {
  const shown = (deal: Deal, as: Actor) => nextMoves(deal, as, NOW)
  test('is nothing to those who only look on', () => {
    const nothing = { propose: false, offer: [], deliverables: { 1: [] }, milestones: { 1: [] } }
    expect([shown(amending, 'viewer'), shown(amending, 'system')]).toEqual([nothing, nothing])
  })
  test('is each side’s own', () => {
    expect(shown(open, 'creator')).toMatchObject({ propose: false, offer: ['counter', 'accept', 'decline'] })
    expect(shown(open, 'owner')).toMatchObject({ propose: false, offer: ['withdraw'] })
    expect(shown(agreed, 'creator')).toEqual({ propose: true, offer: [], deliverables: { 1: ['submit'] }, milestones: { 1: ['invoice'] } })
    expect(shown(agreed, 'owner')).toEqual({ propose: true, offer: [], deliverables: { 1: [] }, milestones: { 1: [] } })
  })
  test('is a new proposal, and nothing with the old one, once its time is over', () => {
    expect(shown(until(NOW), 'owner')).toMatchObject({ propose: true, offer: [] })
    expect(shown(expired(full), 'owner').propose).toBe(false)
  })
  test('is what `openOffer` finds and no closed one', () => {
    expect(openOffer(closedBy.countered)?.offer).toBe(2)
    expect([closedBy.accepted, closedBy.declined, closedBy.withdrawn, closedBy.expired].map(openOffer)).toEqual([null, null, null, null])
  })
})
