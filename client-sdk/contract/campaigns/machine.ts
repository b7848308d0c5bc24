// Types alone: the SDK's bundle asks this table, and does without zod.
import type { TeamRole } from '../roles.ts'

export const campaignStates = ['draft', 'open', 'paused', 'closed', 'completed', 'cancelled'] as const
/** How a campaign stands. */
export type CampaignState = (typeof campaignStates)[number]
export const campaignMoves = ['publish', 'pause', 'resume', 'close', 'reopen', 'complete', 'cancel'] as const
/** What can be done with a campaign. */
export type CampaignMove = (typeof campaignMoves)[number]
/** `system`: the platform by itself, when a moment has come. */
export type CampaignActor = TeamRole | 'system'

type Table = Record<CampaignState, Partial<Record<CampaignMove, { to: CampaignState; by: readonly CampaignActor[] }>>>
const run = ['owner', 'manager'] as const
const cancel = { to: 'cancelled', by: ['owner'] } as const
const close = { to: 'closed', by: [...run, 'system'] } as const
/** from × move → to, and who. What is not here is refused; a new state does not compile until it is placed. */
const table: Table = {
  draft: { publish: { to: 'open', by: [...run, 'system'] }, cancel },
  open: { pause: { to: 'paused', by: run }, close, cancel },
  paused: { resume: { to: 'open', by: run }, close, cancel },
  closed: { reopen: { to: 'open', by: run }, complete: { to: 'completed', by: ['system'] }, cancel },
  completed: {},
  cancelled: {},
}

/** Where this move leads, or null if it is refused. */
export function nextCampaign(from: CampaignState, move: CampaignMove, by: CampaignActor): CampaignState | null {
  const step = table[from][move]
  return step?.by.includes(by) ? step.to : null
}

/** What somebody may do with a campaign as it stands. */
export const nextCampaignMoves = (from: CampaignState, by: CampaignActor): CampaignMove[] =>
  campaignMoves.filter((move) => nextCampaign(from, move, by) !== null)

/** What it asks for may still be changed. */
export const isEditable = (state: CampaignState): boolean => state === 'draft' || state === 'open' || state === 'paused'
