import { expect, test } from 'vitest'
import type { ErrorCode } from '../errors.ts'
import { ProposeOffer } from '../index.ts'
import { faultCode } from './bad-terms.ts'

const good = {
  commandId: '0190f3a0-0000-7000-8000-000000000001',
  applicationId: '0190f3a0-0000-7000-8000-000000000002',
  validUntil: null,
  terms: {
    fee: { amount: 100, currency: 'EUR' },
    deliverables: [{ platform: 'instagram', format: 'reel', count: 2, due: null }],
    usage: { channels: ['social'], territories: ['001'], months: 12 },
    exclusivity: { scope: 'drinks', months: 3 },
    revisionRounds: 1,
    payments: [{ amount: 100, due: 'onApproval' }],
    clauses: ['Be kind'],
    nonce: '0'.repeat(32),
  },
}
/** The same with something else at a place. */
function withValue(path: readonly (string | number)[], value: unknown): unknown {
  const copy: unknown = structuredClone(good)
  let at = copy as Record<string | number, unknown>
  for (const part of path.slice(0, -1)) at = at[part] as typeof at
  at[path.at(-1)!] = value
  return copy
}
const piece = { platform: 'instagram', format: 'reel', count: 1, due: null }
const payment = { amount: 0, due: 'onApproval' }

const cases: [ErrorCode, string, unknown[]][] = [
  ['terms.badAmount', 'terms.fee.amount', [-1, 0.5, 1_000_000_000_001, 2 ** 53, 1e300, '100', null, undefined, Number.NaN]],
  ['terms.badAmount', 'terms.payments.0.amount', [-100, 99.5, 1_000_000_000_001, '100', null]],
  ['terms.badCurrency', 'terms.fee.currency', ['eur', 'EURO', '', 'XQZ', 978, null]],
  ['terms.badCurrency', 'terms.payments.0.currency', ['USD', 'XQZ', 7]],
  ['request.invalid', 'terms.penalty', [5, 'All of it']],
  ['request.invalid', 'terms.fee.vat', [20]],
  ['request.invalid', 'terms.payments.0.note', ['In cash']],
  ['terms.badUnit', 'terms.deliverables.0.platform', ['', 'Not A Key', 7, null, 'x'.repeat(300)]],
  ['terms.badUnit', 'terms.deliverables.0.count', [0, -1, 1.5, '2', null]],
  ['terms.badUnit', 'terms.usage.territories.0', ['EU', 'UK', 'ua', '', 1]],
  ['terms.badUnit', 'terms.usage.months', [0, 1.5, 1_201, 'ever']],
  ['terms.badUnit', 'terms.exclusivity.months', [0, -3, null]],
  ['terms.badUnit', 'terms.revisionRounds', [-1, 0.5, 21, null]],
  ['terms.badUnit', 'terms.payments.0.due', ['whenever', '2030-01-01', null]],
  ['terms.badDate', 'terms.deliverables.0.due', ['tomorrow', '2030-02-30', '0000-01-01', 7]],
  ['terms.badDate', 'validUntil', ['tomorrow', '2030-01-01', 7, '+275760-09-13T00:00:00.000Z']],
  ['terms.badSum', 'terms.payments.0.amount', [99, 101, 0]],
  ['terms.badSum', 'terms.fee.amount', [99, 101]],
  ['terms.tooLarge', 'terms.deliverables.0.count', [101, 2 ** 31]],
  ['terms.tooLarge', 'terms.deliverables', [Array(51).fill(piece), [{ ...piece, count: 100 }, piece]]],
  ['terms.tooLarge', 'terms.deliverables.0.format', ['x'.repeat(61)]],
  ['terms.tooLarge', 'terms.usage.channels', [Array(21).fill('social')]],
  ['terms.tooLarge', 'terms.usage.territories', [Array(51).fill('UA')]],
  ['terms.tooLarge', 'terms.exclusivity.scope', ['x'.repeat(201)]],
  ['terms.tooLarge', 'terms.payments', [Array(21).fill(payment)]],
  ['terms.tooLarge', 'terms.clauses', [Array(21).fill('x')]],
  ['terms.tooLarge', 'terms.clauses.0', ['x'.repeat(4_001), '😀'.repeat(2_001)]],
  ['request.invalid', 'terms.clauses.0', ['', ' ', '\u0000', 7]],
  ['request.invalid', 'terms.nonce', ['', 'x'.repeat(32), '0'.repeat(33), undefined]],
  ['request.invalid', 'terms.payments', [[], null, 'x']],
  ['request.invalid', 'terms.deliverables', [[], null, {}]],
  ['request.invalid', 'terms', [null, 7, 'x', []]],
  ['request.invalid', 'applicationId', ['x', null]],
]

test('what the cases begin with is good', () => {
  expect(ProposeOffer.safeParse(good).success).toBe(true)
})

test.each(cases)('%s: what is wrong with %s', (code, path, values) => {
  for (const value of values) {
    const parts = path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
    const { error } = ProposeOffer.safeParse(withValue(parts, value))
    const given = JSON.stringify(value)?.slice(0, 60)
    expect({ given, code: error && faultCode(error.issues[0]!) }).toEqual({ given, code })
  }
})
