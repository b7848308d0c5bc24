import type { ErrorCode } from '../errors.ts'

/** Of zod's issues, what this looks at. */
type Issue = { code?: string | undefined; origin?: string | undefined; path: readonly PropertyKey[] }

/** What is counted, or chosen out of what there is. */
const units: Record<string, ErrorCode> = {
  amount: 'terms.badAmount',
  currency: 'terms.badCurrency',
  platform: 'terms.badUnit',
  territories: 'terms.badUnit',
  count: 'terms.badUnit',
  months: 'terms.badUnit',
  revisionRounds: 'terms.badUnit',
}
/** What is wrong with a whole that is made of good parts. */
const wholes: Record<string, ErrorCode> = { payments: 'terms.badSum', deliverables: 'terms.tooLarge' }

/** Of terms that are not as they should be: what is wrong with them, by the field that is. Anything else is `request.invalid`. */
export function faultCode({ code, origin, path }: Issue): ErrorCode {
  if (path.at(-1) === 'validUntil') return 'terms.badDate'
  const at = path.indexOf('terms')
  const [list, ...rest] = at === -1 ? [] : path.slice(at + 1).filter((part) => typeof part === 'string')
  const field = rest.at(-1) ?? list
  if (field === undefined) return 'request.invalid'
  const unit = units[field]
  if (code === 'too_big' && (!unit || origin === 'array' || field === 'count')) return 'terms.tooLarge'
  if (field === 'due') return list === 'payments' ? 'terms.badUnit' : 'terms.badDate'
  return unit ?? (code === 'custom' ? wholes[field] : undefined) ?? 'request.invalid'
}
