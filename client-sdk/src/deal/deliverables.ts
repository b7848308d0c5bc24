import type { DealPlace } from '../../contract/deals/place.ts'
import type { ReviewDeliverable } from '../../contract/deliverables/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { DealClient } from './deal-client.ts'
import type { ShownDeliverable } from './view.ts'

/** A piece of work as it is shown, or its number: the newest submission of it. */
export type DeliverableRef = Pick<ShownDeliverable, 'deliverable' | 'submitted'> | number

/** The work that was agreed on. What is done to it shows at once, as pending, and resolves once the hub has it in the log. */
export interface Deliverables {
  readonly all: readonly ShownDeliverable[]
  /** For the creator: this is it. `links`: where to see it, https. */
  submit(deliverable: DeliverableRef, work: { readonly links: readonly string[]; readonly note?: string }): Promise<DealPlace>
  /** For the brand, as all below, of the submission that is shown: was it submitted again meanwhile, that rejects with `resource.stale`. */
  approve(deliverable: DeliverableRef, note?: string): Promise<DealPlace>
  /** Asks for a revision, as often as was agreed: then it rejects with `deliverable.noRounds`. */
  requestRevision(deliverable: DeliverableRef, note?: string): Promise<DealPlace>
  /** Once the revisions are used up: an administrator decides. */
  dispute(deliverable: DeliverableRef, note?: string): Promise<DealPlace>
}

const noneYet: readonly never[] = []
const numberOf = (ref: DeliverableRef): number => (typeof ref === 'number' ? ref : ref.deliverable)

export function deliverablesOn(deal: DealClient): Deliverables {
  const all = () => deal.state.deal?.deliverables ?? noneYet
  const review = (move: ReviewDeliverable['move'], ref: DeliverableRef, note: string | undefined) =>
    deal.order(() => {
      const deliverable = numberOf(ref)
      const shown = typeof ref === 'number' ? all().find((one) => one.deliverable === ref) : ref
      if (!shown) throw new ParleyError('resource.notFound', 'No such deliverable')
      if (shown.submitted === null) throw new ParleyError('deliverable.illegalMove', 'Nothing was submitted yet')
      return { name: 'deliverable.review', input: { deliverable, submitted: shown.submitted, move, ...noted(note) } }
    })
  return {
    get all() {
      return all()
    },
    submit: (ref, { links, note }) =>
      deal.order(() => ({ name: 'deliverable.submit', input: { deliverable: numberOf(ref), links: [...links], ...noted(note) } })),
    approve: (ref, note) => review('approve', ref, note),
    requestRevision: (ref, note) => review('requestRevision', ref, note),
    dispute: (ref, note) => review('dispute', ref, note),
  }
}

export const noted = (note: string | undefined): { note?: string } => (note === undefined ? {} : { note })
