import { hex } from '../../client-sdk/contract/chain.ts'
import { ParleyError, type Part, type Terms, termsBytes } from '../../client-sdk/contract/index.ts'
import { digest } from '../../persistence/digest.ts'

/** The most bytes that terms may be in canonical form. */
const TERMS_MAX = 32_768

/** What both sides sign: SHA-256 over the canonical terms. Throws `terms.tooLarge`. */
function termsHash(terms: Terms): string {
  const bytes = termsBytes(terms)
  if (bytes.length > TERMS_MAX) throw new ParleyError('terms.tooLarge', `terms: are longer than ${TERMS_MAX} bytes`)
  return hex(digest.sha256(bytes))
}

/** The fact that one side proposes terms. */
export const proposed = (deal: Omit<Part<'offer.proposed', 'deal'>, 'hash'>) =>
  ({ type: 'offer.proposed', deal: { ...deal, hash: termsHash(deal.terms) }, personal: null }) as const

const DAY = 86_400_000
/** A day is over once it is everywhere: when it is the day before yesterday by UTC. */
export function assertAhead({ deliverables }: Terms, now: Date): void {
  const yesterday = new Date(now.getTime() - DAY).toISOString().slice(0, 10)
  if (deliverables.some(({ due }) => due !== null && due < yesterday))
    throw new ParleyError('deadline.passed', 'terms: a deliverable is due on a day that is over')
}
