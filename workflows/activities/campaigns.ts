import { heartbeat } from '@temporalio/activity'
import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { nextOrIdle } from '../../server/agenda.ts'
import { type CampaignStep, nextOfCampaign, stepCampaign } from '../../server/campaigns/agenda.ts'
import { tellApplicants } from '../../server/campaigns/tell-applicants.ts'
import type { Run } from './run.ts'

/** Of the queue `parley-campaigns`. */
export const campaignActivities = (run: Run) => ({
  nextOfCampaign: (id: CampaignId) => run((ctx) => nextOrIdle(ctx, { kind: 'campaign', id }, nextOfCampaign(ctx, id))),
  stepCampaign: (id: CampaignId, step: CampaignStep) => run((ctx) => stepCampaign(ctx, id, step)),
  tellApplicants: (id: CampaignId) => run((ctx) => tellApplicants(ctx, id, heartbeat)),
})
export type CampaignActivities = ReturnType<typeof campaignActivities>
