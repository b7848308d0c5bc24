import type { Terms } from '../../client-sdk/contract/index.ts'
import type { TermChange } from '../../client-sdk/contract/offers/diff.ts'
import type { TermName } from '../../client-sdk/contract/offers/term-names.ts'
import { block, count, day, money, territory, words } from './shown.ts'

type Piece = Terms['deliverables'][number]
type Payment = Terms['payments'][number]
const WHEN = { onAgreement: 'on agreement', onDelivery: 'once all work is submitted', onApproval: 'once all work is approved' } as const
export const when = (due: Payment['due']): string => WHEN[due]

const months = (n: number | null): string => (n === null ? 'without end' : count(n, 'month'))
const piece = ({ platform, format, count: n, due }: Piece) => `${n} × ${words(format)} on ${words(platform)}, due: ${day(due)}`
const payment = ({ amount, due }: Payment, currency: string) => `${money({ amount, currency })}, ${when(due)}`
const exclusivity = (it: Terms['exclusivity']): string => (it ? `${words(it.scope)}, for ${months(it.months)}` : 'none')
const rounds = (n: number): string => `${count(n, 'round')} for each piece of work`
const list = (items: readonly string[]): string => items.join(', ') || 'none named'

const row = (name: string, value: string) => `<tr><th scope="row">${name}<td>${value}\n`
const rows = (head: string, lines: readonly string[]) => `<table><thead><tr>${head}</thead>\n${lines.join('\n')}</table>`

/** All of the terms, for people. */
export function termsTable({ fee, deliverables, usage, exclusivity: excluded, revisionRounds, payments, clauses }: Terms): string {
  const pieces = deliverables.map(
    (one) => `<tr><td class="n">${one.count}<td>${words(one.platform)}<td>${words(one.format)}<td>${day(one.due)}`,
  )
  const parts = payments.map(
    ({ amount, due }, i) => `<tr><td>${i + 1}<td class="n">${money({ amount, currency: fee.currency })}<td>${when(due)}`,
  )
  return `<table>
${row('Fee', `<strong>${money(fee)}</strong>`)}${row('Payments', rows('<th>Part<th class="n">Amount<th>Due', parts))}${row(
  'Work',
  rows('<th class="n">Pieces<th>Platform<th>Format<th>Due', pieces),
)}${row('Revisions', rounds(revisionRounds))}${row('Use on', list(usage.channels.map(words)))}${row(
  'Use in',
  list(usage.territories.map(territory)),
)}${row('Use for', months(usage.months))}${row('Exclusivity', exclusivity(excluded))}</table>
${clauses.length ? `<h3>Clauses</h3>\n<ol class="clauses">\n${clauses.map((one) => `<li>${block(one)}`).join('\n')}\n</ol>` : '<p class="note">There are no further clauses.'}
`
}

const TERMS: Record<TermName, string> = {
  fee: 'Fee',
  deliverables: 'Work',
  'usage.channels': 'Use on',
  'usage.territories': 'Use in',
  'usage.months': 'Use for',
  exclusivity: 'Exclusivity',
  revisionRounds: 'Revisions',
  payments: 'Payment',
  clauses: 'Clause',
}
/** `Clause 3`: of a list, which. */
export const termName = (term: TermName, item: number | null): string => `${TERMS[term]}${item === null ? '' : ` ${item + 1}`}`

/** Of what each term is: `diffTerms` takes nothing else for it. */
type Values = {
  fee: Terms['fee']
  deliverables: Piece
  'usage.channels': string
  'usage.territories': string
  'usage.months': number | null
  exclusivity: Terms['exclusivity']
  revisionRounds: number
  payments: Payment
  clauses: string
}
const SHOWN: { [T in TermName]: (value: Values[T], currency: string) => string } = {
  fee: money,
  deliverables: piece,
  'usage.channels': words,
  'usage.territories': territory,
  'usage.months': months,
  exclusivity,
  revisionRounds: rounds,
  payments: payment,
  clauses: block,
}
/** A list has nothing in the place of what was added or is gone. */
function value<T extends TermName>({ term, item }: { term: T; item: number | null }, its: unknown, currency: string): string {
  return item !== null && its === null ? '–' : SHOWN[term](its as Values[T], currency)
}

/** What differs from the terms of version `from`, for people. `currency`: of the later terms. */
export function changesTable(changes: readonly TermChange[], from: number, currency: string): string {
  if (changes.length === 0) return `<p class="note">The terms are the same as those of version ${from}.`
  const fee = changes.find(({ term }) => term === 'fee')?.before as Terms['fee'] | undefined
  const lines = changes.map((change) => {
    const before = value(change, change.before, fee?.currency ?? currency)
    return `<tr><th scope="row">${termName(change.term, change.item)}<td>${before}<td>${value(change, change.after, currency)}`
  })
  return `<p>Against version ${from}:\n${rows('<th>Term<th>Before<th>After', lines)}`
}
