import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { type CampaignStand, campaignStand } from '../../persistence/campaigns/stand.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'
import { closeDue, completeDue, openDue } from './move-due.ts'
import { newsOf } from './tell-applicants.ts'

export type CampaignStep = Step<'open' | 'close' | 'complete' | 'tellApplicants'>

/** What is next for a campaign; null where nothing is, or what it waits for has no moment. */
export async function nextOfCampaign(ctx: Ctx, campaignId: CampaignId): Promise<CampaignStep | null> {
  const its = await campaignStand(ctx.db.pool, campaignId)
  if (!its) return null
  const news = newsOf(its)
  const move = moveOf(its)
  return news && (!move || news.at <= move.at) ? { at: news.at, what: 'tellApplicants' } : move
}

function moveOf({ state, opensAt, applyBy, decideBy, now, isPending }: CampaignStand): CampaignStep | null {
  switch (state) {
    case 'draft':
      return opensAt === null ? null : { at: opensAt, what: 'open' }
    case 'open':
    case 'paused':
      return applyBy === null ? null : { at: applyBy, what: 'close' }
    case 'closed': // once the time to decide is over it waits for the last deal
      return decideBy === null || (isPending && decideBy <= now) ? null : { at: decideBy, what: 'complete' }
    default:
      return null
  }
}

const moves = { open: openDue, close: closeDue, complete: completeDue } as const

/** Does it, if it is still to be done. What is told is told by `tellApplicants`. */
export async function stepCampaign(ctx: Ctx, campaignId: CampaignId, { what }: CampaignStep): Promise<void> {
  if (what !== 'tellApplicants') await moves[what](ctx, campaignId)
}
