/** The terms, one by one, as they are compared and commented on. The nonce is none. */
export const termNames = [
  'fee',
  'deliverables',
  'usage.channels',
  'usage.territories',
  'usage.months',
  'exclusivity',
  'revisionRounds',
  'payments',
  'clauses',
] as const
/** One of the terms. */
export type TermName = (typeof termNames)[number]
