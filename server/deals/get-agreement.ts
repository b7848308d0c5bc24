import {
  type ActorKey,
  type Agreement,
  type ApplicationCard,
  type ApplicationId,
  type Deal,
  diffTerms,
  type Offer,
} from '../../client-sdk/contract/index.ts'
import { applicationCards } from '../../persistence/applications.ts'
import { type Known, knownIn } from '../../persistence/deals/people.ts'
import { dealOf } from '../../persistence/deals.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { readingDeal } from './as-reader.ts'

/** What every agreement says of itself. */
export const NOTICE =
  'Parley moves no money and holds none. Milestones record what the two sides say of payments that they make between themselves.'

/** What binds both sides now, whole. Before anything does, there is none. */
export const getAgreement = (ctx: Ctx, { applicationId }: { applicationId: ApplicationId }): Promise<Agreement> =>
  readingDeal(ctx, applicationId, async (roomId) => {
    const { pool } = ctx.db
    const [deal, [card]] = await Promise.all([dealOf(pool, roomId), applicationCards(pool, [applicationId])])
    if (!deal || !card) throw notFound('application')
    const agreed = deal.offers.filter(isAgreed)
    const binding = agreed.find(({ offer }) => offer === deal.binding)
    if (!binding) throw notFound('agreement')
    const keys = agreed.flatMap(({ member, acceptance }) => [member, acceptance.member])
    const known = await knownIn(pool, roomId, [...new Set(keys)])
    return agreement(card, deal, { agreed, binding, known })
  })

type Agreed = Offer & { acceptance: NonNullable<Offer['acceptance']> }
const isAgreed = (offer: Offer): offer is Agreed => offer.acceptance !== null
type Versions = { agreed: readonly Agreed[]; binding: Agreed; known: ReadonlyMap<ActorKey, Known> }

function agreement(card: ApplicationCard, deal: Deal, { agreed, binding, known }: Versions): Agreement {
  const { applicationId, campaignId, roomId, title, brand, creator } = card
  const nameOf = (member: ActorKey) => known.get(member)?.name ?? null
  return {
    applicationId,
    campaignId,
    roomId,
    asOf: deal.asOf,
    state: deal.state,
    campaign: title,
    brand,
    creator,
    offer: binding.offer,
    terms: binding.terms,
    hash: binding.hash,
    versions: agreed.map(({ offer, hash, by, member, at, seq, terms, acceptance }, i) => ({
      offer,
      hash,
      proposed: { by, member, name: nameOf(member), at, seq },
      accepted: { ...acceptance, name: nameOf(acceptance.member) },
      changes: i === 0 ? [] : diffTerms(agreed[i - 1]!.terms, terms),
    })),
    deliverables: deal.deliverables,
    milestones: deal.milestones,
    notice: NOTICE,
  }
}
