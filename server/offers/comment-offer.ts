import { type CommentOffer, type OfferPlace, refuseComment } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { assertAllowed, changeDeal } from '../deals/change-deal.ts'

/** Says something about one of the terms of a version, whatever has become of it. */
export function commentOffer(ctx: Ctx, input: CommentOffer): Promise<OfferPlace> {
  const { offer, term, item, text } = input
  const personal = { type: 'offer.commented', words: { text } } as const
  return changeDeal(ctx, { name: 'offer.comment', rule: 'negotiate', input, personal }, ({ deal, as }) => {
    assertAllowed(refuseComment(deal, input, as))
    const about = deal.offers.find((one) => one.offer === offer)
    if (!about) throw notFound('version')
    return { facts: [{ type: 'offer.commented', deal: { offer, term, item }, personal: { text } }], answer: { offer, hash: about.hash } }
  })
}
