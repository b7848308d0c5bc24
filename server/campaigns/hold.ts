import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type BrandId, type MarketRule, mayAs, ParleyError } from '../../client-sdk/contract/index.ts'
import { Brand } from '../../persistence/entities/brands.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { Person } from '../../persistence/entities/people.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type CampaignStanding, teamRole } from '../../persistence/market.ts'
import { type Ctx, caller } from '../ctx.ts'

/**
 * Holds a brand's team as it is until the end of the transaction. For writes that no log checks: throws `access.changed` where the
 * caller's right is gone since it was looked at.
 */
export async function holdTeam(em: EntityManager, ctx: Ctx, rule: MarketRule, brandId: BrandId): Promise<Brand> {
  const { userId } = caller(ctx)
  const shared = { lockMode: LockMode.PESSIMISTIC_READ } as const
  await em.findOne(Person, userId, shared) // a block waits, or is seen
  const brand = await em.findOne(Brand, brandId, shared)
  if (!brand) throw notFound('brand')
  const role = await teamRole(em, brandId, userId)
  if (!role || !mayAs(rule, role)) throw new ParleyError('access.changed', 'Your role changed meanwhile')
  return brand
}

/** Holds a campaign's row for a change. */
export async function holdCampaign(
  em: EntityManager,
  { brandId, campaignId }: Pick<CampaignStanding, 'brandId' | 'campaignId'>,
): Promise<Campaign> {
  const campaign = await em.findOne(Campaign, { brandId, id: campaignId }, { lockMode: LockMode.PESSIMISTIC_WRITE })
  if (!campaign) throw notFound('campaign')
  return campaign
}
