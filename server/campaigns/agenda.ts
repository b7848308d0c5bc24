import type { CampaignId } from '../../client-sdk/contract/index.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'

export type CampaignStep = Step<'open' | 'close' | 'complete' | 'tellApplicants'>

export async function nextOfCampaign(_ctx: Ctx, _campaignId: CampaignId): Promise<CampaignStep | null> {
  return null
}

export async function stepCampaign(_ctx: Ctx, _campaignId: CampaignId, _step: CampaignStep): Promise<void> {}
