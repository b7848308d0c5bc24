// The SDK's bundle takes this, and does without zod.
import { type ApplicationMove, type ApplicationState, isFinal, isOpen, nextApplication } from '../applications/machine.ts'
import { type DeliverableMove, deliverableMoves, nextDeliverable } from '../deliverables/machine.ts'
import type { Deliverable } from '../deliverables/schema.ts'
import type { ErrorCode } from '../errors.ts'
import { type MilestoneMove, milestoneMoves, nextMilestone } from '../milestones/machine.ts'
import type { Milestone } from '../milestones/schema.ts'
import { nextOffer, type OfferMove } from '../offers/machine.ts'
import type { Offer, Terms } from '../offers/schema.ts'
import type { TermName } from '../offers/term-names.ts'
import { type Actor, type Party, partyOf, sideOf } from '../sides.ts'
import type { Deal, Dispute } from './schema.ts'

/** Why something may not be done with a deal. */
export type Refusal = { readonly code: ErrorCode; readonly why: string }
const refusal = (code: ErrorCode, why: string): Refusal => ({ code, why })
const notAllowed = refusal('access.denied', 'Your role does not allow that')

/** Versions of the terms that one side proposes at most; comments, and pieces of work in all versions together, that a deal has at most. */
export const OFFERS_MAX = 25
export const PIECES_EVER_MAX = 500
export const COMMENTS_MAX = 500

/** The version that waits for an answer, as far as the log says. */
export const openOffer = ({ offers }: Deal): Offer | null => offers.findLast(({ state }) => state === 'proposed') ?? null
/** The terms that bind now. */
export const bindingOffer = ({ offers, binding }: Deal): Offer | null => offers.find(({ offer }) => offer === binding) ?? null
/** Its time is over, though the log may not say so yet. `now` in ISO 8601, UTC to the millisecond. */
export const isPast = ({ validUntil }: Pick<Offer, 'validUntil'>, now: string): boolean => validUntil !== null && validUntil <= now

const isWork = (state: ApplicationState): boolean => state.startsWith('agreed') || state.startsWith('delivering')

/** May these terms follow what is agreed: what was invoiced or paid stays, and so does the currency. */
function refuseTerms(deal: Deal, terms: Terms): Refusal | null {
  const binding = bindingOffer(deal)
  if (!binding) return null
  if (terms.fee.currency !== binding.terms.fee.currency)
    return refusal('terms.badCurrency', 'terms.fee.currency: an amendment keeps the currency')
  const pieces = terms.deliverables.reduce((sum, { count }) => sum + count, deal.deliverables.length)
  if (pieces > PIECES_EVER_MAX)
    return refusal('terms.tooLarge', `terms.deliverables: all versions of a deal together have at most ${PIECES_EVER_MAX} pieces`)
  const isKept = ({ milestone, amount, due, state }: Milestone) => {
    const payment = terms.payments[milestone - 1]
    return state === 'due' || (payment?.amount === amount && payment.due === due)
  }
  return deal.milestones.every(isKept) ? null : refusal('offer.changesPaid', 'What was invoiced or paid cannot be changed by an amendment')
}

/** Why these terms may not be proposed now, or null. `basedOn`: the version that they would amend. */
export function refuseProposal(
  deal: Deal,
  { terms, basedOn }: { terms: Terms; basedOn: number | null },
  as: Actor,
  now: string,
): Refusal | null {
  const party = partyOf(as)
  if (!party) return notAllowed
  if (isFinal(deal.state)) return refusal('application.illegalMove', `The application is ${deal.state}`)
  const open = openOffer(deal)
  if (open && !isPast(open, now)) return refusal('offer.exists', `Version ${open.offer} waits for an answer`)
  if (deal.binding !== basedOn)
    return refusal(
      'offer.notBinding',
      deal.binding === null ? 'Nothing is agreed yet that could be amended' : `What binds is version ${deal.binding}`,
    )
  return refuseNext(deal, terms, party)
}

const refuseNext = (deal: Deal, terms: Terms, party: Party): Refusal | null =>
  isFull(deal, party) ? refusal('offer.full', `One side proposes at most ${OFFERS_MAX} versions`) : refuseTerms(deal, terms)
const isFull = ({ offers }: Deal, party: Party): boolean => offers.filter(({ by }) => by === party).length >= OFFERS_MAX

type OfferOrder =
  | { move: 'counter'; offer: number; terms: Terms }
  | { move: 'accept'; offer: number; hash: string }
  | { move: 'decline' | 'withdraw'; offer: number }
/** Why this may not be done with that version now, or null. */
export function refuseOfferMove(deal: Deal, order: OfferOrder, as: Actor, now: string): Refusal | null {
  const party = partyOf(as)
  if (!party) return notAllowed
  const offer = deal.offers.find((one) => one.offer === order.offer)
  if (!offer) return refusal('resource.notFound', 'No such version')
  if (offer.state !== 'proposed') return refusal(`offer.${offer.state}`, `Version ${offer.offer} was ${offer.state}`)
  if (isPast(offer, now)) return refusal('offer.expired', 'Its time is over')
  if (!nextOffer(offer.state, order.move, offer.by === party ? 'proposer' : 'other'))
    return offer.by === party
      ? refusal('offer.own', 'This is your side’s own proposal')
      : refusal('offer.notOwn', 'Only who proposed it can withdraw it')
  if (isFinal(deal.state)) return refusal('application.illegalMove', `The application is ${deal.state}`)
  if (order.move === 'counter') return refuseNext(deal, order.terms, party)
  if (order.move !== 'accept') return null
  if (order.hash !== offer.hash) return refusal('offer.otherTerms', 'These are not the terms of that version')
  if (deal.binding === null && !nextApplication(deal.state, 'accept', as))
    return refusal('application.illegalMove', `accept is not possible from ${deal.state}`)
  return refuseTerms(deal, offer.terms)
}

/** Why this may not be said of that version, or null. */
export function refuseComment(
  deal: Deal,
  { offer, term, item }: { offer: number; term: TermName; item: number | null },
  as: Actor,
): Refusal | null {
  if (!partyOf(as)) return notAllowed
  const about = deal.offers.find((one) => one.offer === offer)
  if (!about) return refusal('resource.notFound', 'No such version')
  if (item !== null && item >= lengthOf(about.terms, term)) return refusal('request.invalid', `item: ${term} has none in that place`)
  return deal.comments.length >= COMMENTS_MAX ? refusal('offer.commentsFull', `A deal has at most ${COMMENTS_MAX} comments`) : null
}

/** How many items a term has: 0 where it is no list. */
function lengthOf({ usage, ...terms }: Terms, term: TermName): number {
  if (term === 'usage.channels') return usage.channels.length
  if (term === 'usage.territories') return usage.territories.length
  return term === 'deliverables' || term === 'payments' || term === 'clauses' ? terms[term].length : 0
}

/** How many revisions of each piece of work were agreed on. */
export const roundsAgreed = (deal: Deal): number => bindingOffer(deal)?.terms.revisionRounds ?? 0

/** Why this may not be done with that piece of work now, or null. `submitted`: the submission that it is about. */
export function refuseDeliverableMove(
  deal: Deal,
  order: { deliverable: number; move: DeliverableMove; submitted?: number },
  as: Actor,
): Refusal | null {
  if (!sideOf(as)) return notAllowed
  const piece = deal.deliverables.find(({ deliverable }) => deliverable === order.deliverable)
  if (!piece) return refusal('resource.notFound', 'No such deliverable')
  if (!isWork(deal.state)) return refusal('application.illegalMove', `The application is ${deal.state}`)
  const illegal = refusal('deliverable.illegalMove', `${order.move} is not possible from ${piece.state}, or not by you`)
  if (!nextDeliverable(piece.state, order.move, as)) return illegal
  if (order.submitted !== undefined && order.submitted !== piece.submitted)
    return refusal('resource.stale', 'It was submitted again meanwhile; look at that')
  const isUsedUp = piece.rounds >= roundsAgreed(deal)
  if (order.move === 'requestRevision' && isUsedUp)
    return refusal('deliverable.noRounds', 'The revisions that were agreed on are used up: approve it, or dispute it')
  if (order.move === 'dispute' && !isUsedUp) return refusal('deliverable.roundsLeft', 'Ask for a revision first: some are left')
  return null
}

const isPresent = ({ state }: Deliverable): boolean => state !== 'cancelled'
/** Every piece of work is approved, or cancelled. */
export const isAllApproved = ({ deliverables }: Deal): boolean =>
  deliverables.length > 0 && deliverables.filter(isPresent).every(({ state }) => state === 'approved')
/** What a payment waits for has come about. */
export function isMilestoneDue({ deliverables }: Deal, { due }: Pick<Milestone, 'due'>): boolean {
  if (due === 'onAgreement') return true
  const present = deliverables.filter(isPresent)
  if (present.length === 0) return false // nothing is owed for work that was all cancelled
  return due === 'onDelivery' ? present.every(({ submitted }) => submitted !== null) : present.every(({ state }) => state === 'approved')
}

/** Why this may not be said of that payment now, or null. */
export function refuseMilestoneMove(deal: Deal, order: { milestone: number; move: MilestoneMove }, as: Actor): Refusal | null {
  if (!sideOf(as)) return notAllowed
  const payment = deal.milestones.find(({ milestone }) => milestone === order.milestone)
  if (!payment) return refusal('resource.notFound', 'No such milestone')
  if (!nextMilestone(payment.state, order.move, as))
    return refusal('milestone.illegalMove', `${order.move} is not possible from ${payment.state}, or not by you`)
  if (order.move === 'invoice' && !isMilestoneDue(deal, payment))
    return refusal('milestone.notYet', `It waits for all work to be ${payment.due === 'onDelivery' ? 'submitted' : 'approved'}`)
  return null
}

/** What is disputed and can still be decided, and whether one side waits for the other to cancel. */
export function waitingIn({ state, deliverables, milestones }: Deal): Dispute['waits'] {
  const disputed = deliverables.filter((one) => one.state === 'disputed' && isWork(state))
  return [
    ...disputed.map(({ deliverable: number }) => ({ what: 'deliverable', number }) as const),
    ...milestones.filter((one) => one.state === 'disputed').map(({ milestone: number }) => ({ what: 'milestone', number }) as const),
    ...(state.includes('+') ? [{ what: 'application', number: null } as const] : []),
  ]
}

/**
 * What an order's facts do to the application itself, as they made the deal `after` from `before`: one move, at most, told in the same
 * commit. An application that they moved already does not move again.
 */
export function followingMove(before: Deal, after: Deal, by: Actor): { move: ApplicationMove; by: Actor } | null {
  const { state } = before
  if (after.version !== before.version) return null
  if (after.binding !== before.binding && isOpen(state)) return { move: 'accept', by }
  if (after.offers.length > before.offers.length && (state === 'submitted' || state === 'shortlisted')) return { move: 'firstOffer', by }
  // An amendment may change how many pieces there are; that one was handed in is said of none while it is only agreed.
  if (state.startsWith('agreed') && after.deliverables.some(({ submitted }) => submitted !== null)) return { move: 'firstDelivery', by }
  return state.startsWith('delivering') && isAllApproved(after) ? { move: 'allApproved', by: 'system' } : null
}

/** What somebody may do with a deal as it stands: with the version that waits, with each piece of work, with each payment. */
export type DealMoves = {
  readonly propose: boolean
  readonly offer: readonly Exclude<OfferMove, 'expire'>[]
  readonly deliverables: Readonly<Record<number, readonly DeliverableMove[]>>
  readonly milestones: Readonly<Record<number, readonly MilestoneMove[]>>
}
export function nextMoves(deal: Deal, as: Actor, now: string): DealMoves {
  const party = partyOf(as)
  const open = openOffer(deal)
  const { terms, hash, offer } = open ?? { terms: null, hash: '', offer: 0 }
  const orders = terms
    ? ([
        { move: 'counter', offer, terms: bindingOffer(deal)?.terms ?? terms }, // there are terms that can follow, though the open ones may not
        { move: 'accept', offer, hash },
        { move: 'decline', offer },
        { move: 'withdraw', offer },
      ] as const)
    : []
  const work = deliverableMoves.filter((move) => move !== 'cancel' || sideOf(as) === 'admin')
  return {
    propose: party !== null && !isFinal(deal.state) && (!open || isPast(open, now)) && !isFull(deal, party),
    offer: orders.filter((order) => !refuseOfferMove(deal, order, as, now)).map(({ move }) => move),
    deliverables: Object.fromEntries(
      deal.deliverables.map(({ deliverable }) => [
        deliverable,
        work.filter((move) => !refuseDeliverableMove(deal, { deliverable, move }, as)),
      ]),
    ),
    milestones: Object.fromEntries(
      deal.milestones.map(({ milestone }) => [
        milestone,
        milestoneMoves.filter((move) => !refuseMilestoneMove(deal, { milestone, move }, as)),
      ]),
    ),
  }
}
