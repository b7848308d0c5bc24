// The SDK's bundle takes this, and does without zod.
import { canonical, type Json } from '../canonical.ts'
import type { Terms } from './schema.ts'
import type { TermName } from './term-names.ts'

/**
 * One term that differs. `item`: its place in the list, in the later terms, or in the earlier where it is gone; null where the
 * term is no list. `before` or `after` is null on the side that has none.
 */
export type TermChange = { term: TermName; item: number | null; before: unknown; after: unknown }

const same = (a: unknown, b: unknown): boolean => canonical(a as Json) === canonical(b as Json)

/** How two versions of the terms differ, term by term, in the order of the terms. */
export function diffTerms(before: Terms, after: Terms): TermChange[] {
  const whole = (term: TermName, a: unknown, b: unknown): TermChange[] => (same(a, b) ? [] : [{ term, item: null, before: a, after: b }])
  const list = (term: TermName, a: readonly unknown[], b: readonly unknown[]): TermChange[] =>
    diffList(a, b).map((change) => ({ term, ...change }))
  return [
    ...whole('fee', before.fee, after.fee),
    ...list('deliverables', before.deliverables, after.deliverables),
    ...list('usage.channels', before.usage.channels, after.usage.channels),
    ...list('usage.territories', before.usage.territories, after.usage.territories),
    ...whole('usage.months', before.usage.months, after.usage.months),
    ...whole('exclusivity', before.exclusivity, after.exclusivity),
    ...whole('revisionRounds', before.revisionRounds, after.revisionRounds),
    ...list('payments', before.payments, after.payments),
    ...list('clauses', before.clauses, after.clauses),
  ]
}

type ItemChange = Omit<TermChange, 'term'>
/** What both have, in the longest order that both keep, stays; what lies between is changed pair by pair, added or removed. */
function diffList(before: readonly unknown[], after: readonly unknown[]): ItemChange[] {
  const kept = [...longestCommon(before, after), [before.length, after.length] as const]
  const changes: ItemChange[] = []
  let [i, j] = [0, 0]
  for (const [a, b] of kept) {
    for (; i < a || j < b; i += i < a ? 1 : 0, j += j < b ? 1 : 0)
      changes.push({ item: j < b ? j : i, before: i < a ? before[i] : null, after: j < b ? after[j] : null })
    i = a + 1
    j = b + 1
  }
  return changes
}

/** Pairs of places, in order, of a longest common subsequence. */
function longestCommon(before: readonly unknown[], after: readonly unknown[]): (readonly [number, number])[] {
  const [a, b] = [before, after].map((items) => items.map((item) => canonical(item as Json))) as [string[], string[]]
  const length = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i]![j] = a[i] === b[j] ? length[i + 1]![j + 1]! + 1 : Math.max(length[i + 1]![j]!, length[i]![j + 1]!)
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (length[i + 1]![j]! >= length[i]![j + 1]!) i++
    else j++
  }
  return pairs
}
