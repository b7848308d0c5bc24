import type { ApplicationId, Deal } from '../../client-sdk/contract/index.ts'
import { dealOf } from '../../persistence/deals.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { readingDeal } from './as-reader.ts'

/** All of a deal as it stands: for both sides, and for an administrator while something of it waits for one. */
export const getDeal = (ctx: Ctx, { applicationId }: { applicationId: ApplicationId }): Promise<Deal> =>
  readingDeal(ctx, applicationId, async (roomId) => {
    const deal = await dealOf(ctx.db.pool, roomId)
    if (!deal) throw notFound('application')
    return deal
  })
