import type { EntityManager } from '@mikro-orm/postgresql'
import { cardOf, toldAmong, waitingForBrand } from '../../persistence/deals/reminders.ts'
import { teamOf } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import type { Seen } from '../deals/look.ts'
import { notify } from '../mail/notify.ts'
import { applicationsWaiting } from '../mail/templates/applications-waiting.ts'

/** One mail a day, by UTC, for all of a campaign's applications that wait, to each who decides: there may be thousands. */
export async function mailWaiting(em: EntityManager, ctx: Ctx, { place, campaign, now }: Seen): Promise<void> {
  const { applicationId, brandId, campaignId } = place
  const day = now.slice(0, 10)
  const once = (userId: string) => `waiting:${campaignId}:${day}:${userId}`
  const team = await teamOf(em, brandId, ['owner', 'manager'])
  const told = await toldAmong(em, team.map(once))
  const to = team.filter((userId) => !told.has(once(userId)))
  if (to.length === 0) return
  const { title } = await cardOf(em, applicationId)
  const data = {
    campaign: title,
    campaignId,
    waiting: await waitingForBrand(em, campaignId),
    decideBy: campaign.decideBy?.toISOString() ?? null,
  }
  await notify(em, ctx, { to, template: applicationsWaiting, data, once })
}
