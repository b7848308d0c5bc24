// The SDK's bundle and the verifier take this, and do without zod.
import { isFinal } from '../applications/machine.ts'
import type { Deliverable } from '../deliverables/schema.ts'
import type { Envelope } from '../events.ts'
import type { Milestone } from '../milestones/schema.ts'
import type { Offer, Terms } from '../offers/schema.ts'
import type { Deal } from './schema.ts'

/**
 * Event → deal: what has become of a deal, said once for the server, the SDK and the verifier. It begins with the application; an
 * event seen before changes nothing, and one that is of no deal only moves `asOf` on. Events must come in order.
 */
export function reduceDeal(deal: Deal | null, event: Envelope): Deal | null {
  if (!deal) return event.type === 'application.submitted' ? begun(event) : null
  return event.seq > deal.asOf ? { ...step(deal, event), asOf: event.seq } : deal
}

const begun = ({ roomId, seq, data }: Envelope<'application.submitted'>): Deal => ({
  applicationId: data.deal.applicationId,
  roomId,
  asOf: seq,
  state: 'submitted',
  version: 1,
  offers: [],
  binding: null,
  deliverables: [],
  milestones: [],
  comments: [],
})

function step(deal: Deal, event: Envelope): Deal {
  const { seq, at, actor: member } = event
  switch (event.type) {
    case 'application.statusChanged': {
      const { to: state, version } = event.data.deal
      // Nothing is proposed any more to whom it is over.
      const offers = isFinal(state) ? deal.offers.map((one) => (one.state === 'proposed' ? closed(one, 'expired', seq) : one)) : deal.offers
      return { ...deal, state, version, offers }
    }
    case 'offer.proposed': {
      const { offer, by, basedOn, validUntil, terms, hash } = event.data.deal
      const before = deal.offers.map((one) => (one.state === 'proposed' ? closed(one, 'countered', seq) : one))
      const proposed = { offer, by, member, seq, at, state: 'proposed', basedOn, validUntil, terms, hash } as const
      return { ...deal, offers: [...before, { ...proposed, reason: null, closed: null, acceptance: null }] }
    }
    case 'offer.accepted': {
      const { offer, by, attestation } = event.data.deal
      const accept = (one: Offer): Offer => ({ ...closed(one, 'accepted', seq), acceptance: { seq, by, member, at, attestation } })
      const terms = deal.offers.find((one) => one.offer === offer)?.terms
      return terms ? bound({ ...withOffer(deal, offer, accept), binding: offer }, terms) : deal
    }
    case 'offer.declined':
    case 'offer.withdrawn': {
      const state = event.type === 'offer.declined' ? 'declined' : 'withdrawn'
      const reason = event.data.personal?.reason ?? null
      return withOffer(deal, event.data.deal.offer, (one) => ({ ...closed(one, state, seq), reason }))
    }
    case 'offer.expired':
      return withOffer(deal, event.data.deal.offer, (one) => closed(one, 'expired', seq))
    case 'offer.commented': {
      const { offer, term, item } = event.data.deal
      if (!deal.offers.some((one) => one.offer === offer)) return deal
      return { ...deal, comments: [...deal.comments, { seq, member, at, offer, term, item, text: event.data.personal?.text ?? null }] }
    }
    case 'deliverable.statusChanged':
      return withDeliverable(deal, event)
    case 'milestone.statusChanged': {
      const { milestone, to: state } = event.data.deal
      const note = event.data.personal?.note ?? null
      const move = (one: Milestone): Milestone => (one.milestone === milestone ? { ...one, state, moved: seq, note } : one)
      return { ...deal, milestones: deal.milestones.map(move) }
    }
    case 'log.erased':
      return erased(deal, new Set(event.data.deal.seqs))
    default:
      return deal
  }
}

const closed = (one: Offer, state: Offer['state'], seq: number): Offer => ({ ...one, state, closed: seq })
const withOffer = (deal: Deal, offer: number, change: (one: Offer) => Offer): Deal => ({
  ...deal,
  offers: deal.offers.map((one) => (one.offer === offer ? change(one) : one)),
})

function withDeliverable(deal: Deal, { seq, data: { deal: said, personal } }: Envelope<'deliverable.statusChanged'>): Deal {
  const { deliverable, move, to: state } = said
  const note = personal?.note ?? null
  const change = (one: Deliverable): Deliverable => ({
    ...one,
    state,
    moved: seq,
    note,
    rounds: one.rounds + (move === 'requestRevision' ? 1 : 0),
    ...(move === 'submit' && { submitted: seq, links: personal?.links ?? null }),
  })
  return { ...deal, deliverables: deal.deliverables.map((one) => (one.deliverable === deliverable ? change(one) : one)) }
}

/** What follows from terms that bind: each piece of work and each payment, those from before as they stand. */
const bound = (deal: Deal, terms: Terms): Deal => ({
  ...deal,
  deliverables: deliverablesOf(deal.deliverables, terms),
  milestones: terms.payments.map(({ amount, due }, i) => {
    const before = deal.milestones[i]
    if (before && before.state !== 'due') return before // rules.ts: it is the same in the new terms
    return { milestone: i + 1, amount, currency: terms.fee.currency, due, state: 'due', moved: null, note: null }
  }),
})

/**
 * A piece from before that the terms still have, by platform and format, goes on as it stands, with the day of the new terms: of
 * several, those that are furthest along. What they no longer have is cancelled unless it was approved; what is new has the next number.
 */
function deliverablesOf(before: readonly Deliverable[], terms: Terms): Deliverable[] {
  const rest = stillWanted(before, terms)
  const kept = new Map<number, Deliverable>()
  const added: Deliverable[] = []
  for (const { platform, format, count, due } of terms.deliverables) {
    for (let n = 0; n < count; n++) {
      const its = rest.find((one) => one.platform === platform && one.format === format && !kept.has(one.deliverable))
      if (its) kept.set(its.deliverable, { ...its, due })
      else added.push(piece(before.length + added.length + 1, platform, format, due))
    }
  }
  const isOver = ({ state }: Deliverable) => state === 'approved' || state === 'cancelled'
  return [...before.map((one) => kept.get(one.deliverable) ?? (isOver(one) ? one : { ...one, state: 'cancelled' as const })), ...added]
}

/** As many pieces of each kind as the terms count, those that are furthest along, in order of their numbers. */
function stillWanted(before: readonly Deliverable[], terms: Terms): Deliverable[] {
  const kindOf = ({ platform, format }: Pick<Deliverable, 'platform' | 'format'>) => JSON.stringify([platform, format])
  const wanted = new Map<string, number>()
  for (const line of terms.deliverables) wanted.set(kindOf(line), (wanted.get(kindOf(line)) ?? 0) + line.count)
  const rank = ({ state, submitted }: Deliverable) => (state === 'approved' ? 0 : submitted === null ? 2 : 1)
  return before
    .filter(({ state }) => state !== 'cancelled')
    .sort((a, b) => rank(a) - rank(b) || a.deliverable - b.deliverable)
    .filter((one) => {
      const left = wanted.get(kindOf(one)) ?? 0
      wanted.set(kindOf(one), left - 1)
      return left > 0
    })
    .sort((a, b) => a.deliverable - b.deliverable)
}

const piece = (deliverable: number, platform: Deliverable['platform'], format: string, due: string | null): Deliverable => ({
  deliverable,
  platform,
  format,
  due,
  state: 'due',
  rounds: 0,
  submitted: null,
  moved: null,
  links: null,
  note: null,
})

/** What was said there is gone. */
function erased(deal: Deal, seqs: ReadonlySet<number>): Deal {
  const isGone = (seq: number | null) => seq !== null && seqs.has(seq)
  return {
    ...deal,
    offers: deal.offers.map((one) => (isGone(one.closed) ? { ...one, reason: null } : one)),
    deliverables: deal.deliverables.map((one) => ({
      ...one,
      note: isGone(one.moved) ? null : one.note,
      links: isGone(one.submitted) ? null : one.links,
    })),
    milestones: deal.milestones.map((one) => (isGone(one.moved) ? { ...one, note: null } : one)),
    comments: deal.comments.map((one) => (isGone(one.seq) ? { ...one, text: null } : one)),
  }
}
