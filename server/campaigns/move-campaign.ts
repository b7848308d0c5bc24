import type { EntityManager } from '@mikro-orm/postgresql'
import { type CampaignState, nextCampaign } from '../../client-sdk/contract/campaigns/machine.ts'
import { type CampaignFields, type CampaignPlace, type MoveCampaign, ParleyError, type TeamRole } from '../../client-sdk/contract/index.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import { type CampaignStanding, databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { assertCurrent, asViewer, insisting } from '../market/authorise.ts'
import { assertSameReason } from '../market/same-reason.ts'
import { once } from '../once.ts'
import { changeCampaign } from './change-campaign.ts'
import { assertAhead, assertComplete, assertInOrder, fieldsOf, placeOf } from './fields.ts'
import { holdCampaign } from './hold.ts'

/** Moves a campaign by its machine. Deadlines are asked of PostgreSQL's clock, under the campaign's lock. */
export function moveCampaign(ctx: Ctx, input: MoveCampaign): Promise<CampaignPlace> {
  return insisting(async () => {
    const standing = await asViewer(ctx, 'runCampaigns', input.campaignId)
    assertFits(input)
    const { reason, ...kept } = input // what a repeat is known by is kept: no words that could have to be erased
    let isNew = false
    const place = await ctx.em.transactional(async (em) => {
      const campaign = await holdCampaign(em, standing)
      return once(em, ctx, 'campaign.move', kept, () => {
        isNew = true
        return move(em, ctx, standing, campaign, input)
      })
    })
    const { actorKey: actor, roomId } = standing
    if (!isNew) await assertSameReason(ctx, { roomId, actor: actor!, commandId: input.commandId, type: 'campaign.statusChanged' }, reason)
    return place
  })
}

function assertFits({ move, reason, applyBy, decideBy }: MoveCampaign): void {
  const refuse = (why: string) => new ParleyError('request.invalid', why)
  if (move === 'cancel' && reason === undefined) throw refuse('reason: cancelling takes one')
  if (move === 'reopen' && applyBy === undefined) throw refuse('applyBy: reopening takes a later one')
  if (move !== 'reopen' && applyBy !== undefined) throw refuse('applyBy: only reopening takes one')
  if (move !== 'reopen' && decideBy !== undefined) throw refuse('decideBy: only reopening takes one')
}

/** The caller holds the campaign's row. */
async function move(
  em: EntityManager,
  ctx: Ctx,
  { role, actorKey, accessVersion }: CampaignStanding,
  campaign: Campaign,
  input: MoveCampaign,
): Promise<CampaignPlace> {
  assertCurrent(campaign, input)
  const { move, reason = null, commandId } = input
  const to = target(campaign.state, move, role as TeamRole)
  const now = await databaseNow(em)
  const fields = fieldsAfter(fieldsOf(campaign), input, now)
  const by = { actor: actorKey!, accessVersion, commandId } // whoever runs it is in its room
  await changeCampaign(em, ctx, campaign, { move, to, by, reason, now, fields })
  return placeOf(campaign)
}

/** Where it leads. `access.denied` where only the role is in the way: an owner could. */
function target(from: CampaignState, move: MoveCampaign['move'], role: TeamRole): CampaignState {
  const to = nextCampaign(from, move, role)
  if (to) return to
  if (nextCampaign(from, move, 'owner')) throw new ParleyError('access.denied', 'Only an owner may do that')
  throw new ParleyError('campaign.illegalMove', `What is ${from} cannot ${move}`)
}

/** What it says then. Throws where it cannot stand before creators so, or no more. */
function fieldsAfter(before: CampaignFields, { move, applyBy, decideBy }: MoveCampaign, now: Date): CampaignFields {
  const after = { ...before, applyBy: applyBy ?? before.applyBy, decideBy: decideBy ?? before.decideBy }
  if (move !== 'publish' && move !== 'resume' && move !== 'reopen') return before
  assertComplete(after)
  assertAhead('applyBy', after.applyBy, now)
  if (decideBy !== undefined) assertAhead('decideBy', decideBy, now)
  assertInOrder(after)
  if (before.decideBy && after.decideBy! < before.decideBy)
    throw new ParleyError('request.invalid', 'decideBy: is before what was published')
  return after
}
