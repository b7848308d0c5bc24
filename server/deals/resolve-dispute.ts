import { type DealPlace, nextApplication, ParleyError, type ResolveDispute, SYSTEM } from '../../client-sdk/contract/index.ts'
import { disputedDeal } from '../../persistence/deals.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, demand } from '../ctx.ts'
import { deliverableFact } from '../deliverables/move-deliverable.ts'
import { milestoneFact } from '../milestones/move-milestone.ts'
import { changeDealAs, type Fact, type Held } from './change-deal.ts'

/** Decides what the two cannot agree on, by an administrator, who is no member of the room: only where something waits for one. */
export async function resolveDispute(ctx: Ctx, input: ResolveDispute): Promise<DealPlace> {
  demand(ctx, 'administer')
  const disputed = await disputedDeal(ctx.db.pool, input.applicationId)
  if (!disputed) throw notFound('dispute')
  const { type, words } = wordsOf(input)
  const acting = { ...disputed, as: 'admin', actorKey: SYSTEM, accessVersion: null } as const
  const personal = { type, words: { ...words, reason: input.reason } }
  return changeDealAs(ctx, acting, { name: 'deal.resolve', input, personal }, (held) => ({ facts: [resolution(held, input)], answer: {} }))
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
  const { state: from, version } = held.deal
  const to = nextApplication(from, 'cancel.confirm', 'admin')
  if (!to) throw new ParleyError('application.illegalMove', `Nobody has asked to cancel this deal: it is ${from}`)
  return { type: 'application.statusChanged', deal: { move: 'cancel.confirm', from, to, version: version + 1 }, personal: { reason } }
}
