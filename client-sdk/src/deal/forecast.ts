import { type ApplicationMove, nextApplication } from '../../contract/applications/machine.ts'
import {
  followingMove,
  isPast,
  openOffer,
  type Refusal,
  refuseComment,
  refuseDeliverableMove,
  refuseMilestoneMove,
  refuseOfferMove,
  refuseProposal,
} from '../../contract/deals/rules.ts'
import type { Deal } from '../../contract/deals/schema.ts'
import { type DeliverableMove, nextDeliverable } from '../../contract/deliverables/machine.ts'
import { nextMilestone } from '../../contract/milestones/machine.ts'
import { type Actor, partyOf } from '../../contract/sides.ts'
import type { DealOrders, Pending, Target } from './pending.ts'

/** An event, but for what the log alone can know. */
export type Fact = { readonly type: string; readonly deal: object; readonly personal: object | null }
/** What an order is about, what it is called there, and the facts that it will be; none where it shows only that it is on its way. */
type Forecast = { readonly about: readonly string[]; readonly move: string; readonly facts: readonly Fact[] }
/** How the deal stands, who acts on it, and what number a version has. `now`: ISO 8601. */
type Scene = { readonly deal: Deal; readonly as: Actor; readonly now: string; find(target: Target): number }

/** What an order will be, as far as the rules allow it. */
export function foreseen(pending: Pending, scene: Scene): Forecast {
  switch (pending.name) {
    case 'offer.propose':
      return proposal(scene, pending.input)
    case 'offer.counter':
      return counter(scene, pending.input)
    // It binds: so it is shown as on its way, and as accepted only once the hub says so.
    case 'offer.accept':
      return { about: [`offer ${pending.input.offer}`], move: 'accept', facts: [] }
    case 'offer.decline':
    case 'offer.withdraw':
      return closing(scene, pending.name === 'offer.decline' ? 'decline' : 'withdraw', pending.input)
    case 'offer.comment':
      return comment(scene, pending.input)
    case 'deliverable.submit':
    case 'deliverable.review':
      return work(scene, pending.input)
    case 'milestone.move':
      return payment(scene, pending.input)
    case 'application.move':
      return { about: ['application'], move: pending.input.move, facts: moved(scene.deal, pending.input.move, scene.as) }
  }
}

const unless = (refusal: Refusal | null, ...facts: Fact[]): readonly Fact[] => (refusal ? [] : facts)
const proposed = ({ deal, as }: Scene, said: object): Fact => ({
  type: 'offer.proposed',
  deal: { offer: deal.offers.length + 1, by: partyOf(as), hash: '', ...said },
  personal: null,
})

function proposal(scene: Scene, { terms, validUntil = null, basedOn = null }: DealOrders['offer.propose']): Forecast {
  const { deal, as, now } = scene
  const refusal = refuseProposal(deal, { terms, basedOn }, as, now)
  const facts = unless(refusal, ...expiry(deal, now), proposed(scene, { basedOn, validUntil, terms }))
  return { about: refusal ? [] : [`offer ${deal.offers.length + 1}`], move: 'propose', facts }
}

function counter(scene: Scene, { terms, validUntil = null, offer: target }: DealOrders['offer.counter']): Forecast {
  const { deal, as, now, find } = scene
  const offer = find(target)
  const refusal = refuseOfferMove(deal, { move: 'counter', offer, terms }, as, now)
  const facts = unless(refusal, proposed(scene, { basedOn: deal.binding, validUntil, terms }))
  return { about: [`offer ${offer}`, ...(refusal ? [] : [`offer ${deal.offers.length + 1}`])], move: 'counter', facts }
}

function closing({ deal, as, now, find }: Scene, move: 'decline' | 'withdraw', input: DealOrders['offer.decline']): Forecast {
  const offer = find(input.offer)
  const type = move === 'decline' ? 'offer.declined' : 'offer.withdrawn'
  const fact = { type, deal: { offer, by: partyOf(as) }, personal: { reason: input.reason ?? null } }
  return { about: [`offer ${offer}`], move, facts: unless(refuseOfferMove(deal, { move, offer }, as, now), fact) }
}

function comment({ deal, as, find }: Scene, { term, item = null, text, offer: target }: DealOrders['offer.comment']): Forecast {
  const offer = find(target)
  const fact = { type: 'offer.commented', deal: { offer, term, item }, personal: { text } }
  return { about: [], move: 'comment', facts: unless(refuseComment(deal, { offer, term, item }, as), fact) }
}

function work({ deal, as }: Scene, input: DealOrders['deliverable.submit' | 'deliverable.review']): Forecast {
  const { deliverable, note = null } = input
  const links = 'links' in input ? input.links : null
  const move: DeliverableMove = 'move' in input ? input.move : 'submit'
  const order = { deliverable, move, ...('submitted' in input && { submitted: input.submitted }) }
  const from = deal.deliverables.find((one) => one.deliverable === deliverable)?.state
  const said = { deliverable, move, from, to: from && nextDeliverable(from, move, as), as: partyOf(as) }
  const fact = { type: 'deliverable.statusChanged', deal: said, personal: { links, note } }
  return { about: [`deliverable ${deliverable}`], move, facts: unless(refuseDeliverableMove(deal, order, as), fact) }
}

function payment({ deal, as }: Scene, { milestone, move, note }: DealOrders['milestone.move']): Forecast {
  const from = deal.milestones.find((one) => one.milestone === milestone)?.state
  const said = { milestone, move, from, to: from && nextMilestone(from, move, as), as: partyOf(as) }
  const fact = { type: 'milestone.statusChanged', deal: said, personal: { note: note ?? null } }
  return { about: [`milestone ${milestone}`], move, facts: unless(refuseMilestoneMove(deal, { milestone, move }, as), fact) }
}

/** What ran out, though nobody has said so yet. */
function expiry(deal: Deal, now: string): Fact[] {
  const open = openOffer(deal)
  return open && isPast(open, now) ? [{ type: 'offer.expired', deal: { offer: open.offer }, personal: null }] : []
}

function moved({ state: from, version }: Deal, move: ApplicationMove, by: Actor): Fact[] {
  const to = nextApplication(from, move, by)
  const deal = { move, from, to, version: version + 1 }
  return to ? [{ type: 'application.statusChanged', deal, personal: { reason: null } }] : []
}

/** What the hub will say of the application in the same breath. */
export function followed(before: Deal, after: Deal, as: Actor): Fact[] {
  const next = followingMove(before, after, as)
  return next ? moved(after, next.move, next.by) : []
}
