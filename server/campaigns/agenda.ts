import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { type CampaignStand, campaignStand } from '../../persistence/campaigns/stand.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'
import { closeDue, completeDue, openDue } from './move-due.ts'
import { newsOf } from './tell-applicants.ts'

/** `wait`: for nothing that has a moment. */
export type CampaignStep = Step<'open' | 'close' | 'complete' | 'tellApplicants' | 'wait'>

/** In ms. Whoever waits for what has no moment is signalled when it comes about; this often it looks by itself. */
const FAR = 30 * 86_400_000

/** What is next for a campaign; null once it is over, and those who had applied know. */
export async function nextOfCampaign(ctx: Ctx, campaignId: CampaignId): Promise<CampaignStep | null> {
  const its = await campaignStand(ctx.db.pool, campaignId)
  if (!its) return null
  const news = newsOf(its)
  const own = moveOf(its)
  return news && (!own || news.at <= own.at) ? { at: news.at, what: 'tellApplicants' } : own
}

function moveOf({ state, opensAt, applyBy, decideBy, now, isPending }: CampaignStand): CampaignStep | null {
  const wait: CampaignStep = { at: new Date(Date.parse(now) + FAR).toISOString(), what: 'wait' }
  switch (state) {
    case 'draft':
      return opensAt === null ? wait : { at: opensAt, what: 'open' }
    case 'open':
    case 'paused':
      return applyBy === null ? wait : { at: applyBy, what: 'close' }
    case 'closed': // once the time to decide is over it waits for the last deal
      return decideBy === null || (isPending && decideBy <= now) ? wait : { at: decideBy, what: 'complete' }
    default:
      return null
  }
}

const moves = { open: openDue, close: closeDue, complete: completeDue } as const

/** Does it, if it is still to be done. What is told is told by `tellApplicants`. */
export async function stepCampaign(ctx: Ctx, campaignId: CampaignId, { what }: CampaignStep): Promise<void> {
  if (what !== 'wait' && what !== 'tellApplicants') await moves[what](ctx, campaignId)
}
