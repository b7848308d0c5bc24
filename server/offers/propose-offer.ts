import {
  type Actor,
  type CounterOffer,
  type OfferPlace,
  ParleyError,
  type ProposeOffer,
  partyOf,
  refuseOfferMove,
  refuseProposal,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import { assertKnown } from '../catalogue/catalogue.ts'
import type { Ctx } from '../ctx.ts'
import { assertAllowed, changeDeal, type Held } from '../deals/change-deal.ts'
import { assertAhead, proposed } from '../deals/proposed.ts'

type Proposal = { terms: Terms; validUntil: string | null; basedOn: number | null }

/** Proposes terms, or an amendment of those that bind. The first proposal begins the negotiation. */
export async function proposeOffer(ctx: Ctx, input: ProposeOffer): Promise<OfferPlace> {
  const catalogue = await ctx.catalogue.read()
  return changeDeal(ctx, { name: 'offer.propose', rule: 'negotiate', input }, ({ deal, as, now }) => {
    assertAllowed(refuseProposal(deal, input, as, now))
    return proposal(catalogue, { deal, as, now }, input)
  })
}

/** Answers the version that waits with another. One that amends is based on the same binding version. */
export async function counterOffer(ctx: Ctx, input: CounterOffer): Promise<OfferPlace> {
  const catalogue = await ctx.catalogue.read()
  return changeDeal(ctx, { name: 'offer.counter', rule: 'negotiate', input }, ({ deal, as, now }) => {
    assertAllowed(refuseOfferMove(deal, { ...input, move: 'counter' }, as, now))
    return proposal(catalogue, { deal, as, now }, { ...input, basedOn: deal.binding })
  })
}

type Catalogue = Parameters<typeof assertKnown>[0]
/** The next version, by whoever proposes it. */
function proposal(catalogue: Catalogue, { deal, as, now }: Pick<Held, 'deal' | 'as' | 'now'>, { terms, validUntil, basedOn }: Proposal) {
  assertKnown(catalogue, { platforms: terms.deliverables.map(({ platform }) => platform), categories: [] })
  assertAhead(terms, new Date(now))
  if (validUntil !== null && validUntil <= now) throw new ParleyError('deadline.passed', 'validUntil: is over already')
  const fact = proposed({ offer: deal.offers.length + 1, by: sideOf(as), basedOn, validUntil, terms })
  return { facts: [fact], answer: { offer: fact.deal.offer, hash: fact.deal.hash } }
}

const sideOf = (as: Actor) => partyOf(as)! // the rules let nobody else come so far
