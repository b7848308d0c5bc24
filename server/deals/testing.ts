import {
  type ApplicationPlace,
  type CampaignFields,
  type Deal,
  type OfferPlace,
  ProposeOffer,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import { dealOf } from '../../persistence/deals.ts'
import { apply, type Opening, openCampaign, terms as usual } from '../applications/testing.ts'
import { type Ctx, context } from '../ctx.ts'
import { acceptOffer } from '../offers/accept-offer.ts'
import { counterOffer, proposeOffer } from '../offers/propose-offer.ts'
import { openSession } from '../sessions/open-session.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'

/** A campaign with somebody who has applied to it. */
export type Parties = { campaign: Opening; creator: TestPerson } & ApplicationPlace
export async function parties(
  w: World,
  { terms = null, ...fields }: { terms?: Terms | null } & Partial<CampaignFields> = {},
): Promise<Parties> {
  const campaign = await openCampaign(w, fields)
  const creator = await w.person()
  return { ...(await apply(w, creator, campaign.campaignId, { terms })), campaign, creator }
}

let nonces = 0
/** Terms like no others. */
export const someTerms = (said: Partial<Terms> = {}): Terms => ({ ...usual, nonce: (++nonces).toString(16).padStart(32, '0'), ...said })

type Which = Pick<ApplicationPlace, 'applicationId'>
type Said = { terms?: Terms; validUntil?: string | null; basedOn?: number | null }
export const propose = (w: World, who: TestPerson, { applicationId }: Which, said: Said = {}): Promise<OfferPlace> =>
  proposeOffer(w.as(who), ProposeOffer.parse({ commandId: commandId(), applicationId, terms: someTerms(), ...said }))
export const counter = (w: World, who: TestPerson, { applicationId }: Which, offer: number, said: Said = {}): Promise<OfferPlace> =>
  counterOffer(w.as(who), { commandId: commandId(), applicationId, offer, terms: someTerms(), validUntil: null, ...said })
export const accept = async (w: World, who: TestPerson, { applicationId }: Which, { offer, hash }: { offer: number; hash: string }) =>
  acceptOffer(await provedBy(w, who), { commandId: commandId(), applicationId, offer, hash })

/** What somebody asks for who has just signed in: their session proves who they are. */
export async function provedBy(w: World, { userId, role }: TestPerson): Promise<Ctx> {
  const { sessionId } = await openSession(w.asSystem(), userId)
  return context(w.house, { sessionId, userId, role, endsAt: new Date(Date.now() + 900_000) })
}

/** As the log has it. */
export async function dealNow(w: World, { roomId }: Pick<ApplicationPlace, 'roomId'>): Promise<Deal> {
  const deal = await dealOf(w.db.pool, roomId)
  if (!deal) throw new Error('There is no deal')
  return deal
}

/** Parties with an agreement. */
export async function agreed(w: World, terms: Terms = someTerms()): Promise<Parties> {
  const its = await parties(w)
  const place = await propose(w, its.campaign.manager, its, { terms })
  return { ...its, ...(await accept(w, its.creator, its, place)) }
}
