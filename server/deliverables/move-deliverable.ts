import {
  type Actor,
  type DealPlace,
  type DeliverableMove,
  nextDeliverable,
  ParleyError,
  type ReviewDeliverable,
  refuseDeliverableMove,
  type SubmitDeliverable,
  sideOf,
} from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { assertAllowed, changeDeal, type Fact, type Held } from '../deals/change-deal.ts'

/** Hands in a piece of work. The first one begins the delivery. */
export function submitDeliverable(ctx: Ctx, input: SubmitDeliverable): Promise<DealPlace> {
  const words = { links: input.links, note: input.note ?? null }
  const personal = { type: 'deliverable.statusChanged', words } as const
  return changeDeal(ctx, { name: 'deliverable.submit', rule: 'deliver', input, personal }, (held) => ({
    facts: [deliverableFact(held, { ...input, move: 'submit' }, words)],
    answer: {},
  }))
}

/** Approves a piece of work, asks for a revision, or disputes it. The last approval completes the deal. */
export function reviewDeliverable(ctx: Ctx, input: ReviewDeliverable): Promise<DealPlace> {
  const words = { links: null, note: input.note ?? null }
  const personal = { type: 'deliverable.statusChanged', words } as const
  return changeDeal(ctx, { name: 'deliverable.review', rule: 'decide', input, personal }, (held) => ({
    facts: [deliverableFact(held, input, words)],
    answer: {},
  }))
}

type Order = { deliverable: number; move: DeliverableMove; submitted?: number }
type Words = { links: string[] | null; note: string | null }
/** Throws what the rules say. */
export function deliverableFact({ deal, as }: Pick<Held, 'deal' | 'as'>, order: Order, personal: Words): Fact {
  assertAllowed(refuseDeliverableMove(deal, order, as))
  const { deliverable, move } = order
  const { state: from } = deal.deliverables.find((one) => one.deliverable === deliverable)!
  const to = nextDeliverable(from, move, as)!
  return { type: 'deliverable.statusChanged', deal: { deliverable, move, from, to, as: told(as) }, personal }
}

/** As whom the log says that somebody acted. */
export function told(as: Actor): 'brand' | 'creator' | 'admin' {
  const side = sideOf(as)
  if (side === null || side === 'system') throw new ParleyError('access.denied', 'Your role does not allow that')
  return side
}
