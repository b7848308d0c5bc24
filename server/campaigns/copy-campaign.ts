import type { CampaignPlace, CopyCampaign } from '../../client-sdk/contract/index.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import type { Ctx } from '../ctx.ts'
import { asViewer, insisting } from '../market/authorise.ts'
import { once } from '../once.ts'
import { fieldsOf, textOf } from './fields.ts'
import { holdTeam } from './hold.ts'
import { openCampaign } from './open-campaign.ts'

/** A new draft that says what this one says, without its dates, guests and applications. What it has of the catalogue it keeps. */
export function copyCampaign(ctx: Ctx, input: CopyCampaign): Promise<CampaignPlace> {
  const { campaignId, commandId } = input
  return insisting(async () => {
    const { brandId } = await asViewer(ctx, 'runCampaigns', campaignId)
    return ctx.em.transactional(async (em) => {
      await holdTeam(em, ctx, 'runCampaigns', brandId)
      return once(em, ctx, 'campaign.copy', input, async () => {
        const source = await em.findOneOrFail(Campaign, { brandId, id: campaignId })
        const fields = { ...fieldsOf(source), opensAt: null, applyBy: null, decideBy: null, startsOn: null, endsOn: null }
        return openCampaign(em, ctx, { brandId, commandId, fields, text: await textOf(fields) })
      })
    })
  })
}
