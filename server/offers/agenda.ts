import { type ApplicationId, openOffer } from '../../client-sdk/contract/index.ts'
import { dealOf, placeOfDeal } from '../../persistence/deals.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'
import { expireOffer } from './expire-offers.ts'

export type OfferStep = Step<'expire'>

/** What is next for a version of the terms; null once it is answered, or never runs out. */
export async function nextOfOffer(ctx: Ctx, applicationId: ApplicationId, offer: number): Promise<OfferStep | null> {
  const place = await placeOfDeal(ctx.db.pool, applicationId)
  const deal = place && (await dealOf(ctx.db.pool, place.roomId))
  const open = deal && openOffer(deal)
  if (open?.offer !== offer || open.validUntil === null) return null
  return { at: open.validUntil, what: 'expire' }
}

/** Does it, if it is still to be done. */
export async function stepOffer(ctx: Ctx, applicationId: ApplicationId, _offer: number, { at }: OfferStep): Promise<void> {
  const place = await placeOfDeal(ctx.db.pool, applicationId)
  if (place) await expireOffer(ctx, { ...place, expiresAt: at })
}
