import {
  type Brand,
  BrandId,
  type Invitation,
  type MarketRule,
  type Page,
  type PageOf,
  ParleyError,
  type TeamMember,
} from '../../client-sdk/contract/index.ts'
import * as brands from '../../persistence/brands.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { asTeam } from '../market/authorise.ts'

type OfBrand = { brandId: BrandId }

/** The brands that the caller is of the team of, the newest first. */
export async function listBrands(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<Brand>> {
  const found = await brands.brandsOf(ctx.db.pool, caller(ctx).userId, limit + 1, cursor === undefined ? null : brandIdOf(cursor))
  const items = found.slice(0, limit)
  return { items, cursor: found.length > limit ? items.at(-1)!.brandId : null }
}

function brandIdOf(cursor: string): BrandId {
  const id = BrandId.safeParse(cursor)
  if (!id.success) throw new ParleyError('request.invalid', 'cursor: is none of ours')
  return id.data
}

export async function getBrand(ctx: Ctx, { brandId }: OfBrand): Promise<Brand> {
  const brand = await brands.brandFor(ctx.db.pool, brandId, caller(ctx).userId)
  if (!brand) throw notFound('brand')
  return brand
}

/** Bounded, as a team is. */
export const listTeam = (ctx: Ctx, { brandId }: OfBrand): Promise<TeamMember[]> =>
  reading(ctx, 'viewBrand', brandId, () => brands.teamOf(ctx.db.pool, brandId))

export const listInvitations = (ctx: Ctx, { brandId }: OfBrand): Promise<Invitation[]> =>
  reading(ctx, 'manageTeam', brandId, () => brands.invitationsOf(ctx.db.pool, brandId))

/** Asked again afterwards: nobody sees what was committed after their removal. */
async function reading<T>(ctx: Ctx, rule: MarketRule, brandId: BrandId, read: () => Promise<T>): Promise<T> {
  await asTeam(ctx, rule, brandId)
  const value = await read()
  await asTeam(ctx, rule, brandId)
  return value
}
