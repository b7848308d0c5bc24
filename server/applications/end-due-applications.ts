import { type ApplicationId, type CampaignId, isOpen, SYSTEM } from '../../client-sdk/contract/index.ts'
import { type Cause, type Due, dueCampaigns, openApplications, settle } from '../../persistence/applications/due.ts'
import { placeOfDeal } from '../../persistence/deals.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { platformId } from '../once.ts'
import { each, movedOf } from '../sweep/each.ts'
import { change, type Held, hold } from './change.ts'

/** How much is ended in one call, so that who stops the sweep waits for no more. */
const AT_ONCE = 100

/** Lets applications expire on which nobody decided until the campaign's deadline. Says how many. */
export const expireDueApplications = (ctx: Ctx): Promise<number> => endDue(ctx, 'deadline')
/** Declines what is still open in campaigns that were cancelled. Says how many. */
export const declineCancelled = (ctx: Ctx): Promise<number> => endDue(ctx, 'cancelled')

/** Any number of processes may: what one has in hand, the others leave alone. */
async function endDue(ctx: Ctx, cause: Cause): Promise<number> {
  const campaigns = await dueCampaigns(ctx.db.pool, cause, AT_ONCE)
  if (campaigns.length === 0) return 0
  const due = await openApplications(ctx.db.pool, campaigns, AT_ONCE)
  const outcome = await each(due, (one) => end(ctx, cause, one))
  await settleAll(ctx, cause, campaigns)
  return movedOf(outcome, 'applications could not be ended')
}

const settleAll = (ctx: Ctx, cause: Cause, campaigns: readonly CampaignId[]) =>
  ctx.em.fork().transactional((em) => settle(em, cause, campaigns))

const moves = {
  deadline: { move: 'expire', reason: null },
  cancelled: { move: 'decline', reason: 'The campaign was cancelled' },
} as const

/** Ends one, if it is to end by now. True if this call did it. */
export async function endApplication(ctx: Ctx, id: ApplicationId, cause: Cause): Promise<boolean> {
  const place = await placeOfDeal(ctx.db.pool, id)
  return place !== undefined && end(ctx, cause, { ...place, id }, true)
}

/** True if this call ended it. Not waiting, it leaves alone what somebody has in hand. */
const end = (ctx: Ctx, cause: Cause, { id, brandId, campaignId }: Due, wait = false): Promise<boolean> =>
  ctx.em.fork().transactional(async (em) => {
    const { move, reason } = moves[cause]
    const held = await hold(em, { brandId, campaignId, applicationId: id, move }, wait)
    if (!held || !isOpen(held.application.state) || !isStillDue(cause, held, await databaseNow(em))) return false
    const by = { actor: SYSTEM, commandId: platformId(id, held.application.version), accessVersion: null }
    await change(em, ctx, held, { move, as: 'system', by, reason })
    return true
  })

const isStillDue = (cause: Cause, { campaign: { state, decideBy } }: Held, now: Date): boolean =>
  cause === 'cancelled' ? state === 'cancelled' : !!decideBy && decideBy <= now
