import type { ErrorCode } from '../errors.ts'

/** Of zod's issues, what this looks at. */
type Issue = { code?: string | undefined; path: readonly PropertyKey[] }

/** Of terms that are not as they should be: what is wrong with them, by the field that is. Anything else is `request.invalid`. */
export function faultCode({ code, path }: Issue): ErrorCode {
  if (path.at(-1) === 'validUntil') return 'terms.badDate'
  const inside = path.slice(path.indexOf('terms') + 1)
  if (!path.includes('terms') || inside.length === 0) return 'request.invalid'
  const field = inside.filter((part) => typeof part === 'string').at(-1)
  if (code === 'too_big' && field !== 'amount' && field !== 'count' && field !== 'months' && field !== 'revisionRounds')
    return 'terms.tooLarge'
  switch (field) {
    case 'amount':
      return 'terms.badAmount'
    case 'currency':
      return 'terms.badCurrency'
    case 'platform':
    case 'territories':
    case 'count':
    case 'months':
    case 'revisionRounds':
      return 'terms.badUnit'
    case 'due':
      return inside[0] === 'payments' ? 'terms.badUnit' : 'terms.badDate'
    case 'payments':
      return code === 'custom' ? 'terms.badSum' : 'request.invalid'
    case 'deliverables':
      return code === 'custom' ? 'terms.tooLarge' : 'request.invalid'
    default:
      return 'request.invalid'
  }
}
