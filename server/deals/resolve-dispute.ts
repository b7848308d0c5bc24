import { type DealPlace, type ResolveDispute, SYSTEM, waitingIn } from '../../client-sdk/contract/index.ts'
import { agreedDeal } from '../../persistence/deals.ts'
import { notFound } from '../../persistence/event-log.ts'
import { cancelFact } from '../applications/cancel-agreed.ts'
import { type Ctx, demand } from '../ctx.ts'
import { deliverableFact } from '../deliverables/move-deliverable.ts'
import { milestoneFact } from '../milestones/move-milestone.ts'
import { changeDealAs, type Fact, type Held } from './change-deal.ts'

/** Decides what the two cannot agree on, by an administrator, who is no member of the room: only where something waits for one. */
export async function resolveDispute(ctx: Ctx, input: ResolveDispute): Promise<DealPlace> {
  demand(ctx, 'administer')
  const deal = await agreedDeal(ctx.db.pool, input.applicationId)
  if (!deal) throw notFound('dispute')
  const acting = { ...deal, as: 'admin', actorKey: SYSTEM, accessVersion: null } as const
  const order = { name: 'deal.resolve', input: { ...input, reason: null }, personal: wordsOf(input) } as const
  return changeDealAs(ctx, acting, order, (held) => {
    if (waitingIn(held.deal).length === 0) throw notFound('dispute')
    return { facts: [resolution(held, input)], answer: {} }
  })
}

const wordsOf = ({ what, reason }: ResolveDispute) => {
  if (what === 'deliverable') return { type: 'deliverable.statusChanged', words: { links: null, note: reason } } as const
  if (what === 'milestone') return { type: 'milestone.statusChanged', words: { note: reason } } as const
  return { type: 'application.statusChanged', words: { reason } } as const
}

function resolution(held: Held, { what, number, move, reason }: ResolveDispute): Fact {
  if (what === 'deliverable' && move !== 'confirm' && number !== null)
    return deliverableFact(held, { deliverable: number, move }, { links: null, note: reason })
  if (what === 'milestone' && move === 'confirm' && number !== null)
    return milestoneFact(held, { milestone: number, move }, { note: reason })
  return cancelFact(held, 'cancel.confirm', { reason })
}
