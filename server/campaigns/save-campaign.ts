import type { Output, SaveCampaign } from '../../client-sdk/contract/index.ts'
import { setSaved } from '../../persistence/campaigns/write.ts'
import { type Ctx, caller } from '../ctx.ts'
import { asViewer } from '../market/authorise.ts'

/** Keeps a campaign that the caller may see among theirs, or lets it go: that also when they may see it no more. */
export async function saveCampaign(ctx: Ctx, { campaignId, saved }: SaveCampaign): Promise<Output<'campaign.save'>> {
  const { userId } = caller(ctx)
  if (saved) await asViewer(ctx, 'viewCampaign', campaignId)
  const done = await ctx.em.transactional((em) => setSaved(em, userId, campaignId, saved, ctx.now()))
  if (!saved && !done) await asViewer(ctx, 'viewCampaign', campaignId)
  return { campaignId }
}
