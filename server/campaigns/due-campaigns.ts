import { LockMode } from '@mikro-orm/core'
import { type CampaignMove, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'
import { type CampaignId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { campaignsToClose, campaignsToComplete } from '../../persistence/campaigns/due.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { platformId } from '../once.ts'

const BATCH = 100

/** Ends the time to apply of those whose moment has come. Answers how many; may run anywhere at once. */
export const closeDueCampaigns = (ctx: Ctx): Promise<number> =>
  sweep(
    (limit) => campaignsToClose(ctx.db.pool, limit),
    (id) => moveDue(ctx, id, 'close', ({ applyBy }, now) => !!applyBy && applyBy <= now),
  )

/** Ends those that nothing can come of any more: all is decided, and the time to decide is over. */
export const completeDueCampaigns = (ctx: Ctx): Promise<number> =>
  sweep(
    (limit) => campaignsToComplete(ctx.db.pool, limit),
    (id) => moveDue(ctx, id, 'complete', ({ decideBy }, now) => !!decideBy && decideBy <= now),
  )

/** Each in a transaction of its own; one that fails holds up no other, and is told of in the end. */
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

type IsDue = (campaign: Campaign, now: Date) => boolean
/** Nobody waits for a row that somebody else changes: the next sweep comes soon. */
function moveDue(ctx: Ctx, id: CampaignId, move: CampaignMove, isDue: IsDue): Promise<boolean> {
  return ctx.em.fork().transactional(async (em) => {
    const campaign = await em.findOne(Campaign, { id }, { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE })
    const to = campaign && nextCampaign(campaign.state, move, 'system')
    if (!campaign || !to || !isDue(campaign, await databaseNow(em))) return false
    const { state: from, roomId } = campaign
    const commandId = platformId(id, campaign.version)
    const deal = { move, from, to, version: campaign.version + 1 } // as the flush raises it
    const by = { actor: SYSTEM, commandId, accessVersion: null }
    const event = { ...by, streamId: roomId, type: 'campaign.statusChanged', deal, personal: { reason: null } } as const
    const [told] = await ctx.log.append(em, [event])
    em.assign(campaign, { state: to, changedAt: ctx.now(), moved: told!.seq })
    await em.flush() // once: to write a row twice locks what it refers to
    return true
  })
}
