import { type ApplicationMove, type ApplicationState, nextApplication } from '../applications/machine.ts'
import { type DeliverableMove, nextDeliverable } from '../deliverables/machine.ts'
import type { Envelope, EventName } from '../events.ts'
import { type ActorKey, type ApplicationId, type EventId, newId, type RoomId } from '../ids.ts'
import { type MilestoneMove, nextMilestone } from '../milestones/machine.ts'
import type { Terms } from '../offers/schema.ts'
import { type Actor, partyOf, sideOf } from '../sides.ts'
import { reduceDeal } from './reduce.ts'
import { isAllApproved, openOffer, type Refusal } from './rules.ts'
import type { Deal } from './schema.ts'

const roomId = newId<RoomId>()
export const applicationId = newId<ApplicationId>()
export const AT = '2026-01-01T00:00:00.000Z'
export const member = newId<ActorKey>()

/** An event of the deal's room. */
export const envelope = (seq: number, type: EventName, deal: object | null, personal: object | null = null): Envelope =>
  ({ roomId, seq, id: newId<EventId>(), type, version: 1, actor: member, at: AT, data: { deal, personal } }) as unknown as Envelope
/** The deal after one more event. */
export const told = (deal: Deal, type: EventName, said: object | null, personal: object | null = null): Deal =>
  reduceDeal(deal, envelope(deal.asOf + 1, type, said, personal))!
/** A deal that has just begun. */
export const begun = (): Deal =>
  reduceDeal(null, envelope(2, 'application.submitted', { applicationId, campaignId: newId() }, { cover: 'Hello', answers: [] }))!

export const termsWith = (said: Partial<Terms> = {}): Terms => ({
  fee: { amount: 100, currency: 'EUR' },
  deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: null }],
  usage: { channels: [], territories: ['001'], months: 12 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [{ amount: 100, due: 'onAgreement' }],
  clauses: [],
  nonce: '0'.repeat(32),
  ...said,
})
export const attestation = { kind: 'hub', session: newId(), method: 'password', provedAt: AT, at: AT, keyId: 'k', signature: 's' } as const

/** What is told when an order has been allowed, and what follows from it for the application: as the server does it. */
export type Done =
  | { do: 'propose'; terms: Terms; hash: string; validUntil?: string | null }
  | { do: 'accept'; offer: number; hash: string }
  | { do: 'decline' | 'withdraw'; offer: number }
  | { do: 'deliverable'; number: number; move: DeliverableMove }
  | { do: 'milestone'; number: number; move: MilestoneMove }
  | { do: 'application'; move: ApplicationMove }
export function done(deal: Deal, as: Actor, its: Done): Deal {
  const by = partyOf(as)
  switch (its.do) {
    case 'propose': {
      const { terms, hash, validUntil = null } = its
      const offer = { offer: deal.offers.length + 1, by, basedOn: deal.binding, validUntil, terms, hash }
      const next = told(deal, 'offer.proposed', offer)
      return deal.state === 'submitted' || deal.state === 'shortlisted' ? moved(next, 'firstOffer', as) : next
    }
    case 'accept': {
      const next = told(deal, 'offer.accepted', { offer: its.offer, by, hash: its.hash, attestation })
      return deal.binding === null ? moved(next, 'accept', as) : completed(next)
    }
    case 'decline':
      return told(deal, 'offer.declined', { offer: its.offer, by }, { reason: 'No' })
    case 'withdraw':
      return told(deal, 'offer.withdrawn', { offer: its.offer, by }, { reason: null })
    case 'deliverable': {
      const from = deal.deliverables[its.number - 1]!.state
      const said = { deliverable: its.number, move: its.move, from, to: nextDeliverable(from, its.move, as), as: sideOf(as) }
      const next = told(deal, 'deliverable.statusChanged', said, { links: its.move === 'submit' ? ['https://a.b'] : null, note: 'So' })
      return its.move === 'submit' && deal.state.startsWith('agreed') ? moved(next, 'firstDelivery', as) : completed(next)
    }
    case 'milestone': {
      const from = deal.milestones[its.number - 1]!.state
      const said = { milestone: its.number, move: its.move, from, to: nextMilestone(from, its.move, as), as: sideOf(as) }
      return told(deal, 'milestone.statusChanged', said, { note: 'Now' })
    }
    case 'application':
      return moved(deal, its.move, as)
  }
}
const completed = (deal: Deal): Deal =>
  deal.state.startsWith('delivering') && isAllApproved(deal) ? moved(deal, 'allApproved', 'system') : deal
export function moved(deal: Deal, move: ApplicationMove, as: Actor): Deal {
  const to = nextApplication(deal.state, move, as)
  if (!to) throw new Error(`${move} is not possible from ${deal.state}`)
  return told(deal, 'application.statusChanged', { move, from: deal.state, to, version: deal.version + 1 }, { reason: null })
}
/** What is said of the open version once its time is over. */
export const expired = (deal: Deal): Deal => told(deal, 'offer.expired', { offer: openOffer(deal)!.offer })

export const HASH = 'a'.repeat(64)
export const terms = termsWith()
export const reels = (count: number) => [{ platform: 'instagram', format: 'reel', count, due: null }]
export const paid = (...amounts: number[]) => amounts.map((amount) => ({ amount, due: 'onAgreement' as const }))

/** The deal after these have done that, one after the other. */
export const after = (deal: Deal, ...steps: readonly (readonly [Actor, Done])[]): Deal =>
  steps.reduce((so, [as, its]) => done(so, as, its), deal)
export const propose = (said: Partial<Extract<Done, { do: 'propose' }>> = {}): Done => ({ do: 'propose', terms, hash: HASH, ...said })
export const accept = (offer: number): Done => ({ do: 'accept', offer, hash: HASH })
export const work = (move: Extract<Done, { do: 'deliverable' }>['move'], number = 1): Done => ({ do: 'deliverable', number, move })
export const pay = (move: Extract<Done, { do: 'milestone' }>['move'], number = 1): Done => ({ do: 'milestone', number, move })
/** The same, if it were in another state. */
export const inState = (deal: Deal, state: ApplicationState): Deal => ({ ...deal, state })
export const code = (refusal: Refusal | null) => refusal?.code ?? null
