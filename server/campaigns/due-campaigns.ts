import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { campaignsToClose, campaignsToComplete, campaignsToOpen } from '../../persistence/campaigns/due.ts'
import type { Ctx } from '../ctx.ts'
import { closeDue, completeDue, openDue } from './move-due.ts'

const BATCH = 100

/** Publishes the drafts whose moment has come. Answers how many it had to do with; may run anywhere at once. */
export const openDueCampaigns = (ctx: Ctx): Promise<number> =>
  sweep(
    (limit) => campaignsToOpen(ctx.db.pool, limit),
    (id) => openDue(ctx, id, false),
  )

/** Ends the time to apply of those whose moment has come. Answers how many; may run anywhere at once. */
export const closeDueCampaigns = (ctx: Ctx): Promise<number> =>
  sweep(
    (limit) => campaignsToClose(ctx.db.pool, limit),
    (id) => closeDue(ctx, id, false),
  )

/** Ends those that nothing can come of any more: all is decided, and the time to decide is over. */
export const completeDueCampaigns = (ctx: Ctx): Promise<number> =>
  sweep(
    (limit) => campaignsToComplete(ctx.db.pool, limit),
    (id) => completeDue(ctx, id, false),
  )

/**
 * Each in a transaction of its own; one that fails holds up no other, and is told of in the end. Nobody waits for a row that somebody
 * else changes: the next sweep comes soon.
 */
async function sweep(look: (limit: number) => Promise<CampaignId[]>, one: (id: CampaignId) => Promise<boolean>): Promise<number> {
  const failures: unknown[] = []
  for (let moved = 0; ; ) {
    const ids = await look(BATCH)
    let done = 0
    for (const id of ids) {
      try {
        if (await one(id)) done++
      } catch (error) {
        failures.push(error)
      }
    }
    moved += done
    if (ids.length === BATCH && done > 0) continue
    if (failures.length > 0) throw failures[0]
    return moved
  }
}
