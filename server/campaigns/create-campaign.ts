import { blankCampaign, type CampaignPlace, type CreateCampaign } from '../../client-sdk/contract/index.ts'
import { databaseNow } from '../../persistence/market.ts'
import { assertKnown } from '../catalogue/catalogue.ts'
import type { Ctx } from '../ctx.ts'
import { asTeam, insisting } from '../market/authorise.ts'
import { once } from '../once.ts'
import { assertAhead, assertInOrder, chosenIn, textOf } from './fields.ts'
import { holdTeam } from './hold.ts'
import { openCampaign } from './open-campaign.ts'

/** A new draft, with its room for the brand's team. */
export function createCampaign(ctx: Ctx, input: CreateCampaign): Promise<CampaignPlace> {
  const { commandId, brandId, ...said } = input
  return insisting(async () => {
    await asTeam(ctx, 'runCampaigns', brandId)
    const fields = { ...blankCampaign, ...said }
    assertInOrder(fields)
    const catalogue = await ctx.catalogue.read()
    const text = await textOf(fields)
    return ctx.em.transactional(async (em) => {
      await holdTeam(em, ctx, 'runCampaigns', brandId)
      return once(em, ctx, 'campaign.create', input, async () => {
        assertKnown(catalogue, chosenIn(fields))
        assertAhead('opensAt', fields.opensAt, await databaseNow(em))
        return openCampaign(em, ctx, { brandId, commandId, fields, text })
      })
    })
  })
}
