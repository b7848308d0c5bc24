import type { EntityManager } from '@mikro-orm/postgresql'
import type { CampaignMove, CampaignState } from '../../client-sdk/contract/campaigns/machine.ts'
import type { CampaignFields } from '../../client-sdk/contract/index.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import type { Ctx } from '../ctx.ts'
import type { By } from '../rooms/membership.ts'
import { columnsOf, fieldsOf } from './fields.ts'
import { mailGuests } from './guests.ts'

/** `fields`: what it says from now on, if that changes with it. `now`: PostgreSQL's, under the row's lock. */
type Change = { move: CampaignMove; to: CampaignState; by: By; reason: string | null; now: Date; fields?: CampaignFields }

/**
 * Moves a campaign whose row is held, whoever does so; whether it may is decided before. To publish it writes to those who were invited.
 * A moment to open is a draft's, and no move leads back to one.
 */
export async function changeCampaign(em: EntityManager, ctx: Ctx, campaign: Campaign, change: Change): Promise<void> {
  const { move, to, by, reason, now, fields = fieldsOf(campaign) } = change
  const isFirst = move === 'publish'
  if (isFirst) await mailGuests(em, ctx, campaign)
  const deal = { move, from: campaign.state, to, version: campaign.version + 1 } // as the flush raises it
  const event = { ...by, streamId: campaign.roomId, type: 'campaign.statusChanged', deal, personal: { reason } } as const
  const [told] = await ctx.log.append(em, [event])
  const at = { changedAt: ctx.now(), ...(isFirst && { publishedAt: now }) }
  em.assign(campaign, { ...columnsOf({ ...fields, opensAt: null }), ...at, state: to, moved: told!.seq })
  await em.flush() // once: to write a row twice locks what it refers to
}
