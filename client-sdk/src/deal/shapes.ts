import type { DealPlace } from '../../contract/deals/place.ts'
import type { Agreement, Deal, Story } from '../../contract/deals/schema.ts'
import type { Deliverable } from '../../contract/deliverables/schema.ts'
import type { Milestone } from '../../contract/milestones/schema.ts'
import type { Offer, OfferComment, Terms } from '../../contract/offers/schema.ts'
import { isCount, isString, listOf, object, orNull } from '../shapes.ts'

/** What the SDK's own code leans on, and no more. */
const list = listOf(object({}))
const isTerms = object<Terms>({
  fee: object<Terms['fee']>({ amount: isCount, currency: isString }),
  deliverables: list,
  usage: object<Terms['usage']>({ channels: listOf(isString), territories: listOf(isString) }),
  payments: list,
  clauses: listOf(isString),
})
const isOffer = object<Offer>({ offer: isCount, by: isString, seq: isCount, state: isString, hash: isString, terms: isTerms })
const isDeliverable = object<Deliverable>({ deliverable: isCount, state: isString, rounds: isCount, submitted: orNull(isCount) })
const isMilestone = object<Milestone>({ milestone: isCount, state: isString, due: isString })

export const isDeal = object<Deal>({
  applicationId: isString,
  roomId: isString,
  asOf: isCount,
  state: isString,
  version: isCount,
  offers: listOf(isOffer),
  binding: orNull(isCount),
  deliverables: listOf(isDeliverable),
  milestones: listOf(isMilestone),
  comments: listOf(object<OfferComment>({ seq: isCount, offer: isCount, text: orNull(isString) })),
})
export const isPlace = object<DealPlace>({ applicationId: isString, version: isCount })
export const isAgreement = object<Agreement>({ offer: isCount, hash: isString, terms: isTerms, versions: list })
export const isStory = object<Story>({ items: list, cursor: orNull(isString) })
