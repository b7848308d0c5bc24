import {
  type ApplicationCard,
  type Board,
  type CampaignId,
  type ListApplications,
  type ListBrandApplications,
  type ListMyApplications,
  may,
  type PageOf,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { columnsOf, listed, type Placed, type Scope } from '../../persistence/applications/lists.ts'
import { type Ctx, caller } from '../ctx.ts'
import { asTeam, asViewer } from '../market/authorise.ts'
import { after, cursorOf, type Question } from './cursor.ts'

type Filter = Pick<ListApplications, 'limit' | 'cursor' | 'state' | 'sort'>

/** Of a campaign, for its team. */
export async function listApplications(ctx: Ctx, { campaignId, ...filter }: ListApplications): Promise<PageOf<ApplicationCard>> {
  await asViewer(ctx, 'viewBrand', campaignId)
  const page = await pageOf(ctx, { campaignId }, filter)
  await asViewer(ctx, 'viewBrand', campaignId)
  return page
}

/** Over all of a brand's campaigns, for its team. */
export async function listBrandApplications(ctx: Ctx, { brandId, ...filter }: ListBrandApplications): Promise<PageOf<ApplicationCard>> {
  await asTeam(ctx, 'viewBrand', brandId)
  const page = await pageOf(ctx, { brandId }, filter)
  await asTeam(ctx, 'viewBrand', brandId)
  return page
}

/** The caller's own. */
export async function listMyApplications(ctx: Ctx, filter: ListMyApplications): Promise<PageOf<ApplicationCard>> {
  const { userId: creatorId, role } = caller(ctx)
  if (!may('apply', role)) throw new ParleyError('access.denied', 'Only creators apply')
  return pageOf(ctx, { creatorId }, filter)
}

/** A column for each state that any is in, with as many cards as `limit` says; its cursor goes on in the list of that state alone. */
export async function getBoard(ctx: Ctx, { campaignId, limit }: { campaignId: CampaignId; limit: number }): Promise<Board> {
  await asViewer(ctx, 'viewBrand', campaignId)
  const columns = await columnsOf(ctx.db.pool, campaignId, limit + 1)
  await asViewer(ctx, 'viewBrand', campaignId)
  return {
    columns: columns.map(({ state, count, cards }) => {
      return { state, count, ...toPage(cards, limit, { scope: { campaignId }, state: [state], sort: 'newest' }) }
    }),
  }
}

async function pageOf(ctx: Ctx, scope: Scope, { limit, cursor, state, sort }: Filter): Promise<PageOf<ApplicationCard>> {
  const question = { scope, state, sort }
  const cards = await listed(ctx.db.pool, { scope, states: state, sort, after: after(cursor, question), limit: limit + 1 })
  return toPage(cards, limit, question)
}

/** One more was read than is shown, which says whether there are more. */
function toPage(cards: readonly Placed[], limit: number, question: Question): PageOf<ApplicationCard> {
  const shown = cards.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(({ place: _, ...card }) => card), cursor: last && cards.length > limit ? cursorOf(last.place, question) : null }
}
