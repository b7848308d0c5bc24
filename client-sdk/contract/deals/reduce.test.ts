import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, type EventName, events, finalStates } from '../index.ts'
import type { OfferState } from '../offers/machine.ts'
import { reduceDeal } from './reduce.ts'
import type { Deal } from './schema.ts'
import { AT, applicationId, attestation, begun, envelope, expired, member, termsWith, told } from './testing.ts'

const HASH = 'a'.repeat(64)
const UNTIL = '2026-01-02T00:00:00.000Z'
const own = /^(application|offer|deliverable|milestone)\.|^log\.erased$/
const foreign = (Object.keys(events) as EventName[]).filter((type) => !own.test(type))

const proposal = (offer: number, by: 'brand' | 'creator' = 'brand', basedOn: number | null = null) => ({
  offer,
  by,
  basedOn,
  validUntil: UNTIL,
  terms: termsWith({ deliverables: [{ platform: 'instagram', format: 'reel', count: 2, due: null }] }),
  hash: HASH,
})
const acceptance = (offer: number) => ({ offer, by: 'creator', hash: HASH, attestation })
const status = (to: string, version = 2) => ({ move: 'accept', from: 'submitted', to, version })
const work = (move: string, to: string, deliverable = 1) => ({ deliverable, move, from: 'due', to, as: 'creator' })

const open = told(begun(), 'offer.proposed', proposal(1))
const agreed = told(open, 'offer.accepted', acceptance(1))
const commented = told(open, 'offer.commented', { offer: 1, term: 'fee', item: null }, { text: 'Too much' })

describe('a deal begins', () => {
  test('with its application, and before that nothing is one', () => {
    for (const type of [...Object.keys(events), 'later.thing'] as EventName[])
      if (type !== 'application.submitted') expect(reduceDeal(null, envelope(1, type, proposal(1), {}))).toBeNull()
    const { roomId, ...deal } = begun()
    expect(roomId).toMatch(/-/)
    expect(deal).toEqual({
      applicationId,
      asOf: 2,
      state: 'submitted',
      version: 1,
      offers: [],
      binding: null,
      deliverables: [],
      milestones: [],
      comments: [],
    })
  })
  test('once: another application in its room changes nothing of it', () =>
    expect(told(open, 'application.submitted', { applicationId: 'another', campaignId: 'c' }, { cover: '', answers: [] })).toEqual({
      ...open,
      asOf: 4,
    }))
})

describe('versions', () => {
  const offers = (deal: Deal) => deal.offers.map(({ offer, state, closed }) => [offer, state, closed])
  test('one is open as it was proposed', () =>
    expect(open.offers).toEqual([
      { ...proposal(1), member, seq: 3, at: AT, state: 'proposed', reason: null, closed: null, acceptance: null },
    ]))
  test('the next one counters it, and leaves those that were closed', () => {
    const two = told(open, 'offer.proposed', proposal(2, 'creator'))
    expect(offers(two)).toEqual([
      [1, 'countered', 4],
      [2, 'proposed', null],
    ])
    const three = told(told(two, 'offer.declined', { offer: 2, by: 'brand' }, { reason: null }), 'offer.proposed', proposal(3))
    expect(offers(three)).toEqual([
      [1, 'countered', 4],
      [2, 'declined', 5],
      [3, 'proposed', null],
    ])
  })
  test.each<[EventName, OfferState, string | null]>([
    ['offer.declined', 'declined', 'Too dear'],
    ['offer.withdrawn', 'withdrawn', 'Too dear'],
    ['offer.expired', 'expired', null],
  ])('%s closes that one alone, with what was said', (type, state, reason) => {
    const two = told(expired(open), 'offer.proposed', proposal(2))
    const deal = told(two, type, { offer: 2, by: 'brand' }, { reason: 'Too dear' })
    expect(deal).toEqual({ ...two, asOf: 6, offers: [two.offers[0], { ...two.offers[1], state, closed: 6, reason }] })
  })
  test('an acceptance binds, and is kept with what it rests on', () => {
    expect(agreed).toMatchObject({ binding: 1, state: 'submitted' })
    expect(agreed.offers[0]).toMatchObject({
      state: 'accepted',
      closed: 4,
      acceptance: { seq: 4, by: 'creator', member, at: AT, attestation },
    })
    expect([agreed.deliverables.length, agreed.milestones.length]).toEqual([2, 1])
  })
  test.each<[EventName, object, object | null]>([
    ['offer.accepted', acceptance(2), null],
    ['offer.declined', { offer: 2, by: 'creator' }, { reason: null }],
    ['offer.withdrawn', { offer: 2, by: 'creator' }, { reason: null }],
    ['offer.expired', { offer: 2 }, null],
    ['offer.commented', { offer: 2, term: 'fee', item: null }, { text: 'What?' }],
    ['deliverable.statusChanged', work('submit', 'submitted', 3), { links: [], note: null }],
    ['milestone.statusChanged', { milestone: 2, move: 'invoice', from: 'due', to: 'invoiced', as: 'creator' }, { note: null }],
  ])('%s of what is not there changes nothing', (type, said, words) => {
    expect(told(agreed, type, said, words)).toEqual({ ...agreed, asOf: 5 })
  })
})

describe('the application', () => {
  test.each(finalStates)('where it is %s, what was open is over with that, and what was closed stays', (state) => {
    const amended = told(agreed, 'offer.proposed', proposal(2, 'brand', 1))
    const over = told(amended, 'application.statusChanged', status(state, 7))
    expect(over).toMatchObject({ state, version: 7, binding: 1 })
    expect(over.offers).toEqual([amended.offers[0], { ...amended.offers[1], state: 'expired', closed: 6 }])
  })
  test.each(['shortlisted', 'negotiating', 'agreed', 'agreed+brand', 'delivering'] as const)(
    'where it is %s, versions stay as they are',
    (state) => expect(told(open, 'application.statusChanged', status(state))).toEqual({ ...open, asOf: 4, state, version: 2 }),
  )
})

describe('work and payments', () => {
  const submitted = told(agreed, 'deliverable.statusChanged', work('submit', 'submitted'), { links: ['https://a.b'], note: 'Here' })
  const revised = told(submitted, 'deliverable.statusChanged', work('requestRevision', 'revisionRequested'), {
    links: null,
    note: 'Brighter',
  })
  test('a submission has its links, and keeps them while something else is said of it', () => {
    expect(submitted.deliverables[0]).toMatchObject({
      state: 'submitted',
      submitted: 5,
      moved: 5,
      rounds: 0,
      links: ['https://a.b'],
      note: 'Here',
    })
    const now = { state: 'revisionRequested', submitted: 5, moved: 6, rounds: 1, links: ['https://a.b'], note: 'Brighter' }
    expect(revised.deliverables[0]).toMatchObject(now)
    expect(revised.deliverables[1]).toBe(agreed.deliverables[1])
  })
  test('a payment has what was said last', () => {
    const said = { milestone: 1, move: 'invoice', from: 'due', to: 'invoiced', as: 'creator' }
    const invoiced = told(agreed, 'milestone.statusChanged', said, { note: 'No. 7' })
    expect(invoiced.milestones).toEqual([{ ...agreed.milestones[0], state: 'invoiced', moved: 5, note: 'No. 7' }])
  })
})

/** A whole deal, with words everywhere, and what else is said in its room in between. */
const words: [EventName, object, object | null][] = [
  ['offer.proposed', proposal(1), null],
  ['offer.commented', { offer: 1, term: 'deliverables', item: 0 }, { text: 'Which?' }],
  ['offer.declined', { offer: 1, by: 'creator' }, { reason: 'Too little' }],
  ['offer.proposed', proposal(2, 'creator'), null],
  ['offer.withdrawn', { offer: 2, by: 'creator' }, { reason: 'A mistake' }],
  ['offer.proposed', proposal(3), null],
  ['offer.accepted', acceptance(3), null],
  ['application.statusChanged', status('agreed'), { reason: 'Gladly' }],
  ['chat.messageSent', {}, { text: 'Hello' }],
  ['deliverable.statusChanged', work('submit', 'submitted'), { links: ['https://a.b'], note: 'One' }],
  ['deliverable.statusChanged', work('requestRevision', 'revisionRequested'), { links: null, note: 'Again' }],
  ['deliverable.statusChanged', work('submit', 'submitted', 2), { links: ['https://a.c'], note: null }],
  ['milestone.statusChanged', { milestone: 1, move: 'invoice', from: 'due', to: 'invoiced', as: 'creator' }, { note: 'No. 7' }],
  ['offer.commented', { offer: 3, term: 'fee', item: null }, { text: 'Well' }],
]
const story: Envelope[] = words.map(([type, deal, personal], i) => envelope(3 + i, type, deal, personal))
const fold = (from: Deal | null, all: readonly Envelope[]) => all.reduce(reduceDeal, from)!
const whole = fold(begun(), story)
const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 2 + story.length }))

describe('what was seen before', () => {
  test('changes nothing, however much of it comes again', () => {
    fc.assert(
      fc.property(fc.nat(story.length), fc.nat(story.length), (cut, from) => {
        const half = fold(begun(), story.slice(0, cut))
        expect(fold(half, story.slice(Math.min(from, cut)))).toEqual(whole)
        for (const event of story.slice(0, cut)) expect(reduceDeal(half, event)).toBe(half)
      }),
    )
  })
  test('a begun deal is not begun again', () => expect(reduceDeal(whole, envelope(2, 'application.submitted', {}))).toBe(whole))
})

test.each([...foreign, 'later.thing' as EventName])('%s is of no deal, and only moves on as of when it is', (type) => {
  const deal = told(whole, type, proposal(9), { reason: 'x', note: 'x', text: 'x' })
  expect(deal).toEqual({ ...whole, asOf: whole.asOf + 1 })
})

describe('an erasure', () => {
  const erasing = (deal: Deal, gone: number[]) => told(deal, 'log.erased', { seqs: gone, reason: 'request' })
  test('of everything leaves what would be without any words, and nothing else', () => {
    const mute = fold(
      begun(),
      words.map(([type, deal], i) => envelope(3 + i, type, deal, null)),
    )
    const all = erasing(
      whole,
      story.map(({ seq }) => seq),
    )
    expect({ ...all, asOf: mute.asOf }).toEqual(mute)
  })
  test('of some empties what was said there alone', () => {
    const heard = ({ offers, deliverables, milestones, comments }: Deal) => [
      ...offers.map(({ reason, closed }) => [reason, closed]),
      ...deliverables.flatMap(({ note, moved, links, submitted }) => [
        [note, moved],
        [links, submitted],
      ]),
      ...milestones.map(({ note, moved }) => [note, moved]),
      ...comments.map(({ text, seq }) => [text, seq]),
    ]
    fc.assert(
      fc.property(seqs, (gone) => {
        const left = heard(whole).map(([text, seq]) => [gone.includes(seq as number) ? null : text, seq])
        expect(heard(erasing(whole, gone))).toEqual(left)
      }),
    )
  })
  test('in two steps is one in one', () => {
    fc.assert(
      fc.property(seqs, seqs, (one, other) => {
        const { asOf: _, ...twice } = erasing(erasing(whole, one), other)
        expect(erasing(whole, [...one, ...other])).toMatchObject(twice)
      }),
    )
  })
  test('keeps terms, hashes, acceptances and who did what', () => {
    const all = erasing(commented, [1, 2, 3, 4])
    expect(all.offers).toEqual(commented.offers)
    expect(all.comments).toEqual([{ ...commented.comments[0], text: null }])
  })
})

test('what is handed in is never changed', () => {
  const frozen = structuredClone(whole)
  for (const [type, deal, personal] of words) told(whole, type, deal, personal)
  told(whole, 'log.erased', { seqs: story.map(({ seq }) => seq) })
  expect(whole).toEqual(frozen)
})

test('that somebody was reminded of it changes nothing of a deal', () => {
  const reminders = [
    ['application.reminded', { kind: 'waiting', to: 'brand' }],
    ['offer.reminded', { offer: 1, kind: 'expiring', to: 'creator' }],
    ['deliverable.reminded', { deliverable: 1, kind: 'overdue', due: '2026-01-02', to: 'creator' }],
  ] as const
  for (const deal of [whole, begun()])
    for (const [type, said] of reminders) expect(told(deal, type, said)).toEqual({ ...deal, asOf: deal.asOf + 1 })
})
