import {
  type DealPlace,
  type MilestoneMove,
  type MoveMilestone,
  nextMilestone,
  refuseMilestoneMove,
} from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { assertAllowed, changeDeal, type Fact, type Held } from '../deals/change-deal.ts'
import { told } from '../deliverables/move-deliverable.ts'

/** Says what became of a payment: asked for, made, received, or not received. Parley moves no money. */
export function moveMilestone(ctx: Ctx, input: MoveMilestone): Promise<DealPlace> {
  const words = { note: input.note ?? null }
  const personal = { type: 'milestone.statusChanged', words } as const
  return changeDeal(ctx, { name: 'milestone.move', rule: 'moveApplication', input, personal }, (held) => ({
    facts: [milestoneFact(held, input, words)],
    answer: {},
  }))
}

type Order = { milestone: number; move: MilestoneMove }
/** Throws what the rules say. */
export function milestoneFact({ deal, as }: Pick<Held, 'deal' | 'as'>, order: Order, personal: { note: string | null }): Fact {
  assertAllowed(refuseMilestoneMove(deal, order, as))
  const { milestone, move } = order
  const { state: from } = deal.milestones.find((one) => one.milestone === milestone)!
  const to = nextMilestone(from, move, as)!
  return { type: 'milestone.statusChanged', deal: { milestone, move, from, to, as: told(as) }, personal }
}
