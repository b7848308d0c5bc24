import type { CampaignId } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'

export async function tellApplicants(_ctx: Ctx, _campaignId: CampaignId, _alive: () => void): Promise<void> {}
