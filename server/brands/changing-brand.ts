import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Json } from '../../client-sdk/contract/canonical.ts'
import { type BrandId, type CommandId, type MarketRule, mayAs, ParleyError, type UserId } from '../../client-sdk/contract/index.ts'
import { accessVersionOf } from '../../persistence/brands.ts'
import { Brand } from '../../persistence/entities/brands.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller, demand } from '../ctx.ts'
import { asTeam, insisting } from '../market/authorise.ts'
import { once } from '../once.ts'
import { denied } from '../rooms/authorise.ts'
import type { By } from '../rooms/membership.ts'

/** The brand's row is held; `by` is the caller on its stream. */
export type Changing = { em: EntityManager; brand: Brand; by: By; userId: UserId }
type OfBrand = { commandId: CommandId; brandId: BrandId }

/**
 * Changes a brand by somebody of its team, under its lock. `rule` is asked where it takes effect: a repeat answers whoever is in
 * the team, even where what it did took the right to do it again.
 */
export const changingBrand = <T extends Json>(
  ctx: Ctx,
  name: string,
  rule: MarketRule,
  input: OfBrand & Record<string, unknown>,
  effect: (changing: Changing) => Promise<T>,
): Promise<T> =>
  insisting(async () => {
    const { brandId, commandId } = input
    const { userId, role, actorKey: actor, accessVersion } = await asTeam(ctx, 'viewBrand', brandId)
    return ctx.em.transactional(async (em) => {
      const brand = await lockBrand(em, brandId)
      await assertStanding(em, brandId, accessVersion)
      return once(em, ctx, name, input, async () => {
        if (!mayAs(rule, role)) throw denied('Your role in this brand does not allow that')
        return effect({ em, brand, userId, by: { actor, commandId, accessVersion } })
      })
    })
  })

/** Before anything is said of the brand: who was removed while they waited for it learns nothing more. */
async function assertStanding(em: EntityManager, brandId: BrandId, checked: number): Promise<void> {
  if ((await accessVersionOf(em, brandId)) !== checked)
    throw new ParleyError('access.changed', 'Rights in this brand have just changed; try again')
}

/** Whoever changes a brand or its team holds its row; whoever makes rooms that follow the team holds it shared. */
export async function lockBrand(em: EntityManager, brandId: BrandId): Promise<Brand> {
  const brand = await em.findOne(Brand, brandId, { lockMode: LockMode.PESSIMISTIC_WRITE })
  if (!brand) throw notFound('brand')
  return brand
}

/** Who can have a brand, or be of its team. */
export function hiring(ctx: Ctx): UserId {
  const { userId } = caller(ctx)
  demand(ctx, 'hire')
  return userId
}
