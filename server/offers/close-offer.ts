import { type CloseOffer, type OfferPlace, ParleyError, partyOf, refuseOfferMove } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import { assertAllowed, changeDeal } from '../deals/change-deal.ts'

const closings = {
  decline: { name: 'offer.decline', type: 'offer.declined' },
  withdraw: { name: 'offer.withdraw', type: 'offer.withdrawn' },
} as const

/** Says no to the other side's terms. Either may propose again. */
export const declineOffer = (ctx: Ctx, input: CloseOffer): Promise<OfferPlace> => closeOffer(ctx, 'decline', input)
/** Takes one's own terms back. */
export const withdrawOffer = (ctx: Ctx, input: CloseOffer): Promise<OfferPlace> => closeOffer(ctx, 'withdraw', input)

function closeOffer(ctx: Ctx, move: keyof typeof closings, input: CloseOffer): Promise<OfferPlace> {
  const { name, type } = closings[move]
  const { offer, reason = null } = input
  return changeDeal(ctx, { name, rule: 'negotiate', input, personal: { type, words: { reason } } }, ({ deal, as, now }) => {
    assertAllowed(refuseOfferMove(deal, { move, offer }, as, now))
    const by = partyOf(as)
    const closed = deal.offers.find((one) => one.offer === offer)
    if (!by || !closed) throw new ParleyError('access.denied', 'Your role does not allow that')
    return { facts: [{ type, deal: { offer, by }, personal: { reason } }], answer: { offer, hash: closed.hash } }
  })
}
