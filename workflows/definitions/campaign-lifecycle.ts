import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { CampaignId } from '../../client-sdk/contract/index.ts'
import type { CampaignActivities } from '../activities/campaigns.ts'
import { keepTo } from './keep-to.ts'
import { long, usual } from './usual.ts'

const { nextOfCampaign, stepCampaign } = proxyActivities<CampaignActivities>(usual)
const { tellApplicants } = proxyActivities<CampaignActivities>(long)

/** From a draft to the end: opens and closes at its moments, tells those who have applied, and is completed once all is over. */
export const campaignLifecycle = (campaignId: CampaignId): Promise<void> =>
  keepTo({
    next: () => nextOfCampaign(campaignId),
    act: (step) => (step.what === 'tellApplicants' ? tellApplicants(campaignId) : stepCampaign(campaignId, step)),
    anew: () => continueAsNew<typeof campaignLifecycle>(campaignId),
  })
