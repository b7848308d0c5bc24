import {
  type CampaignCard,
  type CampaignListing,
  CampaignState,
  type DiscoverCampaigns,
  type ListCampaigns,
  type Page,
  type PageOf,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { discover, isFoundByIndex } from '../../persistence/campaigns/discover.ts'
import { campaignsOf, savedCampaigns, searchCampaignsOf } from '../../persistence/campaigns/lists.ts'
import { question } from '../../persistence/search/question.ts'
import { type Ctx, caller } from '../ctx.ts'
import { limited } from '../limits.ts'
import { asTeam } from '../market/authorise.ts'
import { keys, paged, placeIn } from './cursor.ts'

/** Open campaigns that the caller may see, as a creator. Amounts are compared in one currency alone. */
export async function discoverCampaigns(ctx: Ctx, { limit, cursor, ...asked }: DiscoverCampaigns): Promise<PageOf<CampaignListing>> {
  const { userId } = caller(ctx)
  const { q, ...filters } = asked
  if (asked.currency === undefined && (asked.budget !== undefined || asked.sort === 'budget'))
    throw new ParleyError('request.invalid', 'currency: budgets are compared in one')
  const name = { list: 'discover', ...asked }
  const after = placeIn(name, cursor, asked.sort === 'budget' ? keys.amount : keys.moment)
  const words = q === undefined ? null : question(q).query
  if (words === '') return { items: [], cursor: null }
  if (words !== null) await assertSearchable(ctx, words)
  return paged(name, await discover(ctx.db.pool, { ...filters, userId, words, after, limit: limit + 1 }), limit)
}

async function assertSearchable(ctx: Ctx, words: string): Promise<void> {
  const { userId } = caller(ctx)
  if (!ctx.limits.searches.take(userId)) throw limited(ctx.limits, 'searches', userId)
  if (/(?:^| )-/.test(words) && !(await isFoundByIndex(ctx.db.pool, words)))
    throw new ParleyError('request.invalid', 'q: say what is to be there, and not only what is not')
}

/** A brand's campaigns for its team, the last changed first. */
export async function listCampaigns(ctx: Ctx, { brandId, state, q, limit, cursor }: ListCampaigns): Promise<PageOf<CampaignCard>> {
  const { userId } = await asTeam(ctx, 'viewBrand', brandId)
  const states = state.length > 0 ? [...new Set(state)].sort() : CampaignState.options
  const name = { list: 'brand', brandId, states, q }
  const wanted = { brandId, userId, states, after: placeIn(name, cursor, keys.moment), limit: limit + 1 }
  if (q === undefined) return paged(name, await campaignsOf(ctx.db.pool, wanted), limit)
  const words = question(q).query
  if (words === '') return { items: [], cursor: null }
  return paged(name, await searchCampaignsOf(ctx.db.pool, { ...wanted, words }), limit)
}

/** What the caller keeps and may see, the last kept first. */
export async function listSaved(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<CampaignListing>> {
  const { userId } = caller(ctx)
  const name = { list: 'saved', userId }
  const after = placeIn(name, cursor, keys.moment)
  return paged(name, await savedCampaigns(ctx.db.pool, { userId, after, limit: limit + 1 }), limit)
}
