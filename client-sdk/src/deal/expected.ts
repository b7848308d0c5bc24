import { type ApplicationMove, nextApplication } from '../../contract/applications/machine.ts'
import { reduceDeal } from '../../contract/deals/reduce.ts'
import {
  isAllApproved,
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
import type { Envelope } from '../../contract/events.ts'
import type { ActorKey, CommandId } from '../../contract/ids.ts'
import { nextMilestone } from '../../contract/milestones/machine.ts'
import { type Actor, partyOf } from '../../contract/sides.ts'
import { isIn, type Pending, type Target } from './pending.ts'

/** Beyond every seq that a log will have. */
const BEYOND = 2 ** 52
export const isReal = (seq: number): boolean => seq < BEYOND

/** Whoever looks at a deal. */
export type Me = { readonly key: ActorKey; readonly role: Actor }
/** `marks`: what is on its way, by what it is about. `ours`: versions that are themselves on their way, by number. */
export type Expected = {
  readonly deal: Deal
  readonly marks: ReadonlyMap<string, string>
  readonly ours: ReadonlyMap<number, CommandId>
}
type Fact = { readonly type: string; readonly deal: object; readonly personal: object | null }
/** What an order is about, what it is called there, and the facts that it will be; none where it shows only that it is on its way. */
type Forecast = { readonly about: readonly string[]; readonly move: string; readonly facts: readonly Fact[] }

/**
 * The deal as it will be once all that is on its way is done: each order is made the events that it is to become, and the contract's
 * own reducer takes them. So nothing is ever undone: what is refused waits no more, and is no longer expected. What the rules do not
 * allow is not foreseen; the hub decides.
 */
export function expected(deal: Deal, waiting: readonly Pending[], me: Me, now: string): Expected {
  const marks = new Map<string, string>()
  const ours = new Map<number, CommandId>()
  const numbers = new Map<Target, number>()
  let so = deal
  let seq = BEYOND
  for (const pending of waiting) {
    if (isIn(deal, pending)) {
      const proposed = deal.offers.find(({ seq }) => seq === pending.told)
      if (proposed) numbers.set(pending.commandId, proposed.offer)
      continue
    }
    const number = so.offers.length + 1
    const { about, move, facts } = foreseen(so, pending, me.role, now, (target) => numbers.get(target) ?? Number(target))
    for (const what of about) marks.set(what, move)
    if (facts.some(({ type }) => type === 'offer.proposed')) {
      numbers.set(pending.commandId, number)
      ours.set(number, pending.commandId)
    }
    const told = facts.reduce((now, fact) => reduced(now, fact, seq++, pending, me.key), so)
    so = followed(so, told, me.role).reduce((now, fact) => reduced(now, fact, seq++, pending, me.key), told)
  }
  return { deal: so === deal ? deal : { ...so, asOf: deal.asOf }, marks, ours }
}

function reduced(deal: Deal, { type, deal: its, personal }: Fact, seq: number, { eventId: id, at }: Pending, actor: ActorKey): Deal {
  const event = { roomId: deal.roomId, seq, id, type, version: 1, actor, at, data: { deal: its, personal } }
  return reduceDeal(deal, event as unknown as Envelope) ?? deal
}

function foreseen(deal: Deal, pending: Pending, as: Actor, now: string, find: (target: Target) => number): Forecast {
  const by = partyOf(as)
  const forecast = (about: string | readonly string[], move: string, refusal: Refusal | null, ...facts: Fact[]): Forecast => ({
    about: [about].flat(),
    move,
    facts: refusal || !by ? [] : facts,
  })
  const next = deal.offers.length + 1
  switch (pending.name) {
    case 'offer.propose': {
      const { terms, validUntil = null, basedOn = null } = pending.input
      const fact = { type: 'offer.proposed', deal: { offer: next, by, basedOn, validUntil, terms, hash: '' }, personal: null }
      const refusal = refuseProposal(deal, { terms, basedOn }, as, now)
      return forecast(refusal ? [] : `offer ${next}`, 'propose', refusal, ...expiry(deal, now), fact)
    }
    case 'offer.counter': {
      const { terms, validUntil = null, offer: target } = pending.input
      const offer = find(target)
      const refusal = refuseOfferMove(deal, { move: 'counter', offer, terms }, as, now)
      const said = { offer: next, by, basedOn: deal.binding, validUntil, terms, hash: '' }
      const about = [`offer ${offer}`, ...(refusal ? [] : [`offer ${next}`])]
      return forecast(about, 'counter', refusal, { type: 'offer.proposed', deal: said, personal: null })
    }
    // It binds: so it is shown as on its way, and as accepted only once the hub says so.
    case 'offer.accept':
      return forecast(`offer ${pending.input.offer}`, 'accept', null)
    case 'offer.decline':
    case 'offer.withdraw': {
      const offer = find(pending.input.offer)
      const move = pending.name === 'offer.decline' ? 'decline' : 'withdraw'
      const type = move === 'decline' ? 'offer.declined' : 'offer.withdrawn'
      const personal = { reason: pending.input.reason ?? null }
      return forecast(`offer ${offer}`, move, refuseOfferMove(deal, { move, offer }, as, now), { type, deal: { offer, by }, personal })
    }
    case 'offer.comment': {
      const { term, item = null, text } = pending.input
      const offer = find(pending.input.offer)
      const fact = { type: 'offer.commented', deal: { offer, term, item }, personal: { text } }
      return forecast([], 'comment', refuseComment(deal, { offer }, as), fact)
    }
    case 'deliverable.submit':
    case 'deliverable.review': {
      const { input } = pending
      const { deliverable, note = null } = input
      const links = 'links' in input ? input.links : null
      const move: DeliverableMove = 'move' in input ? input.move : 'submit'
      const order = { deliverable, move, ...('submitted' in input && { submitted: input.submitted }) }
      const from = deal.deliverables.find((one) => one.deliverable === deliverable)?.state ?? 'cancelled'
      const said = { deliverable, move, from, to: nextDeliverable(from, move, as), as: by }
      const fact = { type: 'deliverable.statusChanged', deal: said, personal: { links, note } }
      return forecast(`deliverable ${deliverable}`, move, refuseDeliverableMove(deal, order, as), fact)
    }
    case 'milestone.move': {
      const { milestone, move, note = null } = pending.input
      const from = deal.milestones.find((one) => one.milestone === milestone)?.state ?? 'confirmed'
      const said = { milestone, move, from, to: nextMilestone(from, move, as), as: by }
      const fact = { type: 'milestone.statusChanged', deal: said, personal: { note } }
      return forecast(`milestone ${milestone}`, move, refuseMilestoneMove(deal, { milestone, move }, as), fact)
    }
    case 'application.move': {
      const { move } = pending.input
      const facts = moved(deal, move, as)
      return forecast('application', move, null, ...facts)
    }
  }
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
function followed(before: Deal, after: Deal, by: Actor): Fact[] {
  const { state } = after
  if (after === before || after.version !== before.version) return []
  if (after.offers.length > before.offers.length) return moved(after, 'firstOffer', by)
  if (state.startsWith('agreed') && after.deliverables.some((one) => one.submitted !== null)) return moved(after, 'firstDelivery', by)
  return isAllApproved(after) ? moved(after, 'allApproved', 'system') : []
}
