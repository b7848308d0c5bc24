import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type CampaignMove, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'
import { type CampaignId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { isPending } from '../../persistence/campaigns/due.ts'
import { Brand } from '../../persistence/entities/brands.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { databaseNow } from '../../persistence/market.ts'
import { teamOf } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import { notify } from '../mail/notify.ts'
import { campaignNotOpened } from '../mail/templates/campaign-not-opened.ts'
import { platformId } from '../once.ts'
import { changeCampaign } from './change-campaign.ts'
import { fieldsOf, missingIn } from './fields.ts'

// What the platform does to one campaign at its moment, under the row's lock and by PostgreSQL's clock. True if this call did it. Not
// waiting, it leaves alone what somebody else has in hand.

/** Publishes a draft whose moment to open has come; where it cannot stand before creators, says so, and that moment is gone. */
export const openDue = (ctx: Ctx, id: CampaignId, wait = true): Promise<boolean> =>
  due(ctx, id, wait, 'publish', async ({ em, campaign, now, move }) => {
    if (!campaign.opensAt || campaign.opensAt > now) return false
    const missing = missingIn(fieldsOf(campaign), now)
    return missing.length === 0 ? move() : sayNotOpened(em, ctx, campaign, missing)
  })

/** Ends the time to apply. */
export const closeDue = (ctx: Ctx, id: CampaignId, wait = true): Promise<boolean> =>
  due(ctx, id, wait, 'close', async ({ campaign: { applyBy }, now, move }) => !!applyBy && applyBy <= now && move())

/** Ends what nothing can come of any more: in a closed campaign no application is new, and none that is over is open again. */
export const completeDue = (ctx: Ctx, id: CampaignId, wait = true): Promise<boolean> =>
  due(ctx, id, wait, 'complete', async ({ em, campaign: { decideBy }, now, move }) => {
    return !!decideBy && decideBy <= now && !(await isPending(em, id)) && move()
  })

/** `move`: does it. */
type Held = { em: EntityManager; campaign: Campaign; now: Date; move(): Promise<true> }
const due = (ctx: Ctx, id: CampaignId, wait: boolean, move: CampaignMove, act: (held: Held) => Promise<boolean>): Promise<boolean> =>
  ctx.em.fork().transactional(async (em) => {
    const lockMode = wait ? LockMode.PESSIMISTIC_WRITE : LockMode.PESSIMISTIC_PARTIAL_WRITE
    const campaign = await em.findOne(Campaign, { id }, { lockMode })
    const to = campaign && nextCampaign(campaign.state, move, 'system')
    if (!campaign || !to) return false
    const now = await databaseNow(em)
    const moveIt = async () => {
      await changeCampaign(em, ctx, campaign, { move, to, by: byPlatform(campaign), reason: null, now })
      return true as const
    }
    return act({ em, campaign, now, move: moveIt })
  })

/** Its version is one that nothing else was done to. */
const byPlatform = ({ id, version }: Campaign) => ({ actor: SYSTEM, commandId: platformId(id, version), accessVersion: null })

/** To the room, and to those who can do something about it. */
async function sayNotOpened(em: EntityManager, ctx: Ctx, campaign: Campaign, missing: string[]): Promise<true> {
  const { brandId, roomId, title, opensAt } = campaign
  const to = await teamOf(em, brandId, ['owner', 'manager'])
  const { name: brand } = await em.findOneOrFail(Brand, brandId)
  const data = { campaignId: campaign.id, campaign: title, brand, opensAt: opensAt!.toISOString(), missing }
  await notify(em, ctx, { to, template: campaignNotOpened, data })
  const by = { ...byPlatform(campaign), streamId: roomId, personal: null }
  em.assign(campaign, { opensAt: null, changedAt: ctx.now() })
  await em.flush()
  const changed = { version: campaign.version, fields: ['opensAt'] }
  await ctx.log.append(em, [
    { ...by, type: 'campaign.notOpened', deal: { missing } },
    { ...by, type: 'campaign.changed', deal: changed },
  ])
  return true
}
