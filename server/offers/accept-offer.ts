import { sign } from 'node:crypto'
import {
  type AcceptOffer,
  acceptanceBytes,
  type OfferPlace,
  ParleyError,
  partyOf,
  refuseOfferMove,
} from '../../client-sdk/contract/index.ts'
import { type Ctx, caller } from '../ctx.ts'
import { assertAllowed, changeDeal, type Held } from '../deals/change-deal.ts'
import { provedAt } from '../sessions/step-up.ts'

/**
 * Accepts the terms of a version by their hash: from then on they bind both sides. Takes a session whose person has proved lately who
 * they are, and the hub signs what that rests on.
 */
export const acceptOffer = (ctx: Ctx, input: AcceptOffer): Promise<OfferPlace> =>
  changeDeal(ctx, { name: 'offer.accept', rule: 'bind', input }, async (held) => {
    const { offer, hash } = input
    assertAllowed(refuseOfferMove(held.deal, { move: 'accept', offer, hash }, held.as, held.now))
    const by = partyOf(held.as)
    if (!by) throw new ParleyError('access.denied', 'Your role does not allow that')
    const deal = { offer, by, hash, attestation: await attested(ctx, held, { offer, hash, by }) }
    return { facts: [{ type: 'offer.accepted', deal, personal: null }], answer: { offer, hash } }
  })

/** What the hub has seen of whoever accepts, under its signature. */
async function attested(ctx: Ctx, { em, roomId: room, applicationId: application, actorKey: member, now }: Held, accepted: Accepted) {
  const { sessionId: session } = caller(ctx)
  const proved = (await provedAt(em, session, new Date(now))).toISOString()
  const { key, jwk } = ctx.signer
  const rests = { kind: 'hub', session, method: 'password', provedAt: proved, at: now, keyId: jwk.kid } as const
  const bytes = acceptanceBytes({ room, application, member, ...accepted, ...rests })
  return { ...rests, signature: sign(null, bytes, key).toString('base64url') }
}
type Accepted = { offer: number; hash: string; by: 'brand' | 'creator' }
