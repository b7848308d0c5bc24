import { type ApplicationId, type Deal, diffTerms, type Offer, type OfferDiff } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { getDeal } from './get-deal.ts'

/** How a version of the terms differs from another, or, unless said, from the one before it. */
export async function diffOffers(
  ctx: Ctx,
  { applicationId, offer, against = offer - 1 }: { applicationId: ApplicationId; offer: number; against?: number | undefined },
): Promise<OfferDiff> {
  const deal = await getDeal(ctx, { applicationId })
  const [from, to] = [version(deal, against), version(deal, offer)]
  return { from: against, to: offer, changes: diffTerms(from.terms, to.terms) }
}

function version({ offers }: Deal, number: number): Offer {
  const offer = offers.find((one) => one.offer === number)
  if (!offer) throw notFound('version')
  return offer
}
