import type { EntityManager } from '@mikro-orm/postgresql'
import { type ApplicationState, type CampaignId, type CampaignMove, isOpen, type UserId } from '../../client-sdk/contract/index.ts'
import { applicantsToTell, type CampaignStand, campaignStand, concerning } from '../../persistence/campaigns/stand.ts'
import { firstTold } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import { notify } from '../mail/notify.ts'
import { campaignMoved } from '../mail/templates/campaign-moved.ts'

/** In ms: what is taken back within so much is not told. */
const GRACE = 60_000
const PAGE = 200

/** It has come to a deal; whatever became of that. */
const isDealOf = (state: ApplicationState): boolean => !isOpen(state) && state !== 'declined' && state !== 'expired'

/** `name`: of the change; `at`: from when on it is told. */
type News = { name: string; move: CampaignMove; movedAt: string; at: string }

/** What those who have applied do not know yet; null where there is nothing. That it is closed says until when they hear, and is of no use after. */
export function newsOf({ isPublished, isTold, move, movedAt, news: name, decideBy, now }: CampaignStand): News | null {
  if (!isPublished || isTold || !move || !movedAt || !name || !concerning.includes(move)) return null
  if (move === 'close' && (decideBy === null || decideBy <= now)) return null
  return { name, move, movedAt, at: new Date(Date.parse(movedAt) + GRACE).toISOString() }
}

/**
 * Mails what has become of a campaign to each creator whom it concerns, once, and of no other creator. Page by page, each in a transaction
 * of its own that locks nothing of the campaign's; `alive` is called before each. Stopped anywhere, it is begun again from the start.
 * Where the campaign moves on meanwhile, that is another change.
 */
export async function tellApplicants(ctx: Ctx, campaignId: CampaignId, alive: () => void): Promise<void> {
  let name: string | undefined
  for (let after: UserId | null = null; ; ) {
    alive()
    const its = await campaignStand(ctx.db.pool, campaignId)
    const news = its && newsOf(its)
    if (!news || news.at > its.now || (name !== undefined && news.name !== name)) return
    name = news.name
    after = await ctx.em.fork().transactional((em) => tellPage(em, ctx, { campaignId, its, news, after }))
    if (after === null) return
  }
}

type Telling = { campaignId: CampaignId; its: CampaignStand; news: News; after: UserId | null }
/** The last whom it was told to; null once that was all, which is written down with it. */
async function tellPage(em: EntityManager, ctx: Ctx, { campaignId, its, news, after }: Telling): Promise<UserId | null> {
  const { name, move, movedAt } = news
  const page = await applicantsToTell(em, campaignId, { move, movedAt, after, limit: PAGE })
  const { title: campaign, brand, applyBy, decideBy } = its
  for (const isDeal of [false, true]) {
    const to = page.filter(({ state }) => isDealOf(state) === isDeal).map(({ userId }) => userId)
    const data = { campaignId, campaign, brand, move, applyBy, decideBy, isDeal }
    await notify(em, ctx, { to, template: campaignMoved, data, once: (userId) => `${name}:${userId}` })
  }
  if (page.length === PAGE) return page.at(-1)!.userId
  await firstTold(em, [name])
  return null
}
