import type { EntityManager } from '@mikro-orm/postgresql'
import { cardOf, waitingForBrand } from '../../persistence/deals/reminders.ts'
import { firstTold, teamOf } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import type { Seen } from '../deals/look.ts'
import { notify } from '../mail/notify.ts'
import { applicationsWaiting } from '../mail/templates/applications-waiting.ts'

/**
 * One mail a day, by UTC, for all of a campaign's applications that wait, to each who decides: there may be thousands, and they are counted
 * once. Who wants no such mail has had theirs, too, or else they would be counted for each of them.
 */
export async function mailWaiting(em: EntityManager, ctx: Ctx, { place, campaign, now }: Seen): Promise<void> {
  const { applicationId, brandId, campaignId } = place
  const day = now.slice(0, 10)
  const name = (userId: string) => `waiting:${campaignId}:${day}:${userId}`
  const team = await teamOf(em, brandId, ['owner', 'manager'])
  const first = await firstTold(em, team.map(name))
  const to = team.filter((userId) => first.has(name(userId)))
  if (to.length === 0) return
  const { title } = await cardOf(em, applicationId)
  const data = {
    campaign: title,
    campaignId,
    waiting: await waitingForBrand(em, campaignId),
    decideBy: campaign.decideBy?.toISOString() ?? null,
  }
  await notify(em, ctx, { to, template: applicationsWaiting, data })
}
