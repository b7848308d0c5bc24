import type { EntityManager } from '@mikro-orm/postgresql'
import { isEditable } from '../../client-sdk/contract/campaigns/machine.ts'
import {
  type CampaignFields,
  type CampaignPlace,
  type Catalogue,
  ParleyError,
  type UpdateCampaign,
} from '../../client-sdk/contract/index.ts'
import { indexCampaign } from '../../persistence/campaigns/write.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import { type CampaignStanding, databaseNow } from '../../persistence/market.ts'
import { assertKnown } from '../catalogue/catalogue.ts'
import type { Ctx } from '../ctx.ts'
import { assertCurrent, asViewer, insisting } from '../market/authorise.ts'
import { once } from '../once.ts'
import { assertAhead, assertComplete, assertInOrder, changedFields, chosenIn, columnsOf, fieldsOf, placeOf, textOf } from './fields.ts'
import { holdCampaign } from './hold.ts'

/** Changes what a campaign says, until it is closed. The same again changes nothing, and is no new version. */
export function updateCampaign(ctx: Ctx, input: UpdateCampaign): Promise<CampaignPlace> {
  return insisting(async () => {
    const standing = await asViewer(ctx, 'runCampaigns', input.campaignId)
    const catalogue = await ctx.catalogue.read()
    return ctx.em.transactional(async (em) => {
      const campaign = await holdCampaign(em, standing)
      return once(em, ctx, 'campaign.update', input, () => update(em, ctx, { standing, catalogue, campaign, input }))
    })
  })
}

type Change = { standing: CampaignStanding; catalogue: Catalogue; campaign: Campaign; input: UpdateCampaign }

/** The caller holds the campaign's row. */
async function update(em: EntityManager, ctx: Ctx, { standing, catalogue, campaign, input }: Change): Promise<CampaignPlace> {
  const { campaignId, commandId, version: _, ...said } = input
  assertCurrent(campaign, input)
  if (!isEditable(campaign.state)) throw new ParleyError('campaign.illegalMove', `It is ${campaign.state}: nothing of it can change`)
  const before = fieldsOf(campaign)
  const after: CampaignFields = { ...before, ...said }
  const fields = changedFields(before, after)
  if (fields.length === 0) return placeOf(campaign)
  assertInOrder(after)
  assertKnown(catalogue, chosenIn(after), chosenIn(before))
  const now = await databaseNow(em)
  if (fields.includes('opensAt')) assertMayOpen(campaign, after, now)
  if (campaign.publishedAt) assertPromised(before, after, now)
  em.assign(campaign, { ...columnsOf(after), changedAt: ctx.now() })
  await em.flush()
  if (fields.some((name) => name === 'title' || name === 'brief' || name === 'goals'))
    await indexCampaign(em, campaignId, campaign.brandId, await textOf(after))
  const { actorKey: actor, accessVersion } = standing
  const deal = { version: campaign.version, fields }
  const by = { actor: actor!, accessVersion, commandId } // whoever runs it is in its room
  await ctx.log.append(em, [{ ...by, streamId: campaign.roomId, type: 'campaign.changed', deal, personal: null }])
  return placeOf(campaign)
}

/** A draft is published by itself; to anything else that moment is of no use. */
function assertMayOpen({ state }: Campaign, { opensAt }: CampaignFields, now: Date): void {
  if (state !== 'draft') throw new ParleyError('campaign.illegalMove', `It is ${state}: only a draft opens by itself`)
  assertAhead('opensAt', opensAt, now)
}

/** What creators were told holds: it stays whole, a new deadline lies ahead, and nobody has less time than that to be decided on. */
function assertPromised(before: CampaignFields, after: CampaignFields, now: Date): void {
  assertComplete(after)
  for (const name of ['applyBy', 'decideBy'] as const) if (after[name] !== before[name]) assertAhead(name, after[name], now)
  if (before.decideBy && after.decideBy && after.decideBy < before.decideBy)
    throw new ParleyError('request.invalid', 'decideBy: is before what was published')
}
