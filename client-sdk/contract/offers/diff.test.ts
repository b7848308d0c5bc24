import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, type Json } from '../canonical.ts'
import { diffTerms, type TermChange } from './diff.ts'
import type { Terms } from './schema.ts'
import { type TermName, termNames } from './term-names.ts'

// Few values, so that versions have much in common.
const day = fc.constantFrom(null, '2026-12-01', '2026-12-24')
const piece = fc.record({
  platform: fc.constantFrom('instagram', 'tiktok'),
  format: fc.constantFrom('reel', 'story'),
  count: fc.integer({ min: 1, max: 2 }),
  due: day,
})
const payment = fc.record({ amount: fc.constantFrom(0, 100), due: fc.constantFrom('onAgreement', 'onDelivery', 'onApproval') })
const few = <T>(item: fc.Arbitrary<T>, minLength = 0) => fc.array(item, { minLength, maxLength: 6 })
const months = fc.constantFrom(1, 12)
const terms = fc.record({
  fee: fc.record({ amount: fc.constantFrom(0, 100), currency: fc.constantFrom('EUR', 'JPY') }),
  deliverables: few(piece, 1),
  usage: fc.record({
    channels: few(fc.constantFrom('social', 'tv', 'print')),
    territories: few(fc.constantFrom('UA', 'FR', '001')),
    months: fc.option(months),
  }),
  exclusivity: fc.option(fc.record({ scope: fc.constantFrom('sport', 'food'), months })),
  revisionRounds: fc.integer({ min: 0, max: 2 }),
  payments: few(payment, 1),
  clauses: few(fc.constantFrom('One', 'Two', 'Three')),
  nonce: fc.stringMatching(/^[0-9a-f]{32}$/),
}) as fc.Arbitrary<Terms>

/** The terms, one by one. */
const split = ({ usage, nonce: _, ...rest }: Terms): Record<TermName, unknown> => ({
  ...rest,
  'usage.channels': usage.channels,
  'usage.territories': usage.territories,
  'usage.months': usage.months,
})

/** Makes the later terms of the earlier, by the changes alone. Throws where a change is none of these terms. */
function apply(before: Record<TermName, unknown>, changes: readonly TermChange[]): Record<TermName, unknown> {
  const after = { ...before }
  for (const [term, its] of Map.groupBy(changes, (change) => change.term)) {
    const [first] = its
    if (first!.item !== null) after[term] = applyList(before[term] as unknown[], its)
    else {
      expect([its.length, first!.before]).toEqual([1, before[term]])
      after[term] = first!.after
    }
  }
  return after
}

function applyList(before: readonly unknown[], changes: readonly TermChange[]): unknown[] {
  const after: unknown[] = []
  let i = 0
  for (const change of changes) {
    const isGone = change.after === null
    while (isGone ? i < change.item! : after.length < change.item!) after.push(before[i++]) // what both have
    if (change.before !== null) expect(before[i++]).toEqual(change.before)
    if (!isGone) after.push(change.after)
  }
  return [...after, ...before.slice(i)]
}

test('terms do not differ from themselves, whatever their nonce', () => {
  fc.assert(
    fc.property(terms, fc.stringMatching(/^[0-9a-f]{32}$/), (a, nonce) => {
      expect(diffTerms(a, { ...a, nonce })).toEqual([])
    }),
  )
})

test('what differs, done to the earlier terms, makes the later, term by term', () => {
  fc.assert(
    fc.property(terms, terms, (a, b) => {
      expect(apply(split(a), diffTerms(a, b))).toEqual(split(b))
    }),
    { numRuns: 2_000 },
  )
})

test('what differs comes in the order of the terms; of a list in the order of its items', () => {
  fc.assert(
    fc.property(terms, terms, (a, b) => {
      const changes = diffTerms(a, b)
      const order = changes.map(({ term }) => termNames.indexOf(term))
      expect(order).toEqual(order.toSorted((x, y) => x - y))
      for (const its of Map.groupBy(changes, ({ term }) => term).values())
        for (const isIn of [
          ({ after }: TermChange) => after !== null,
          ({ before, after }: TermChange) => before !== null && after === null,
        ]) {
          const places = its.filter(isIn).map(({ item }) => item ?? 0)
          expect(places).toEqual([...new Set(places)].sort((x, y) => x - y))
        }
    }),
  )
})

test('an item’s place is that in the later list, or in the earlier where it is gone, and it is what stands there', () => {
  fc.assert(
    fc.property(terms, terms, (a, b) => {
      const [before, after] = [split(a), split(b)]
      for (const change of diffTerms(a, b)) {
        expect(canonical(change.before as Json)).not.toBe(canonical(change.after as Json))
        if (change.item === null) continue
        const [list, value] = change.after === null ? [before, change.before] : [after, change.after]
        expect((list[change.term] as unknown[])[change.item]).toEqual(value)
      }
    }),
  )
})

test('no more is told than has to be: an item that is added, or gone, is one change and leaves the others as they are', () => {
  fc.assert(
    fc.property(terms, fc.nat(5), fc.constantFrom('One', 'Two', 'Other'), (a, at, clause) => {
      const place = Math.min(at, a.clauses.length)
      const longer = { ...a, clauses: a.clauses.toSpliced(place, 0, clause) }
      expect(diffTerms(a, longer)).toMatchObject([{ term: 'clauses', before: null, after: clause }])
      expect(diffTerms(longer, a)).toMatchObject([{ term: 'clauses', before: clause, after: null }])
    }),
  )
})

test('a clause that became another, one that was added and one that is gone are told by their places', () => {
  const [a] = fc.sample(terms, { numRuns: 1, seed: 1 })
  const of = (...clauses: string[]) => ({ ...a!, clauses })
  expect(diffTerms(of('One', 'Two', 'Three'), of('One', 'Deux', 'Three', 'Four'))).toEqual([
    { term: 'clauses', item: 1, before: 'Two', after: 'Deux' },
    { term: 'clauses', item: 3, before: null, after: 'Four' },
  ])
  expect(diffTerms(of('One', 'Two', 'Three'), of('Two'))).toEqual([
    { term: 'clauses', item: 0, before: 'One', after: null },
    { term: 'clauses', item: 2, before: 'Three', after: null },
  ])
})
