import {
  type BrandWeek,
  type CohortWeek,
  Day,
  type ListBrandWeeks,
  type Page,
  type PageOf,
  ParleyError,
} from '../../client-sdk/contract/index.ts'
import { brandWeeks, cohorts } from '../../persistence/weeks.ts'
import { type Ctx, demand } from '../ctx.ts'
import { asTeam } from '../market/authorise.ts'

/** A brand's weeks, to its own team, the newest first. */
export async function listBrandWeeks(ctx: Ctx, { brandId, limit, cursor }: ListBrandWeeks): Promise<PageOf<BrandWeek>> {
  await asTeam(ctx, 'viewBrand', brandId)
  const found = await brandWeeks(ctx.db.pool, brandId, weekOf(cursor), limit + 1)
  await asTeam(ctx, 'viewBrand', brandId) // nobody sees what was committed after their removal
  return pageFrom(found, limit)
}

/** How many creators were new, active or returning in each week, the newest first. */
export async function listCohorts(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<CohortWeek>> {
  demand(ctx, 'administer')
  return pageFrom(await cohorts(ctx.db.pool, weekOf(cursor), limit + 1), limit)
}

/** A cursor is the last week of its page. */
function pageFrom<T extends { week: string }>(found: readonly T[], limit: number): PageOf<T> {
  const items = found.slice(0, limit)
  return { items, cursor: found.length > limit ? items.at(-1)!.week : null }
}

function weekOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const week = Day.safeParse(cursor)
  if (!week.success) throw new ParleyError('request.invalid', 'cursor: is none of ours')
  return week.data
}
