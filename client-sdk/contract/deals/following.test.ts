import { expect, test } from 'vitest'
import type { Actor } from '../sides.ts'
import { followingMove } from './rules.ts'
import type { Deal } from './schema.ts'
import { accept, after, attestation, begun, type Done, HASH, inState, moved, propose, reels, termsWith, told, work } from './testing.ts'

const fresh = begun()
const open = after(fresh, ['owner', propose()])
const agreed = after(open, ['creator', accept(1)])
const two = after(fresh, ['owner', propose({ terms: termsWith({ deliverables: reels(2) }) })], ['creator', accept(1)])
const delivering = after(two, ['creator', work('submit')], ['owner', work('approve')], ['creator', work('submit', 2)])
const amending = (deal: Deal, count: number) => after(deal, ['owner', propose({ terms: termsWith({ deliverables: reels(count) }) })])

/** The deal after the order's own fact alone. */
const proposed = (deal: Deal): Deal => {
  const offer = { offer: deal.offers.length + 1, by: 'owner', basedOn: deal.binding, validUntil: null, terms: termsWith(), hash: HASH }
  return told(deal, 'offer.proposed', offer)
}
const accepted = (deal: Deal): Deal => told(deal, 'offer.accepted', { offer: deal.offers.length, by: 'creator', hash: HASH, attestation })
const worked = (deal: Deal, move: Extract<Done, { do: 'deliverable' }>['move'], to: string, deliverable = 1): Deal =>
  told(deal, 'deliverable.statusChanged', { deliverable, move, from: 'due', to, as: 'brand' }, { links: null, note: null })

const follows = (before: Deal, now: Deal, by: Actor) => {
  const next = followingMove(before, now, by)
  return next && `${next.move} by ${next.by}`
}

test.each<[string, string | null, string | null]>([
  ['the first proposal', 'firstOffer by owner', follows(fresh, proposed(fresh), 'owner')],
  [
    'one to who is shortlisted',
    'firstOffer by creator',
    follows(inState(fresh, 'shortlisted'), proposed(inState(fresh, 'shortlisted')), 'creator'),
  ],
  ['a counter', null, follows(open, proposed(open), 'creator')],
  ['the first acceptance', 'accept by creator', follows(open, accepted(open), 'creator')],
  ['an amendment', null, follows(agreed, proposed(agreed), 'owner')],
  ['its acceptance', null, follows(amending(agreed, 1), accepted(amending(agreed, 1)), 'creator')],
  [
    'the acceptance of one with more work, before any was handed in',
    null,
    follows(amending(agreed, 3), accepted(amending(agreed, 3)), 'creator'),
  ],
  ['the first submission', 'firstDelivery by creator', follows(agreed, worked(agreed, 'submit', 'submitted'), 'creator')],
  [
    'the first submission, while one side asks to cancel',
    'firstDelivery by creator',
    follows(moved(agreed, 'cancel.request', 'owner'), worked(moved(agreed, 'cancel.request', 'owner'), 'submit', 'submitted'), 'creator'),
  ],
  ['a later submission', null, follows(delivering, worked(delivering, 'submit', 'submitted', 2), 'creator')],
  ['the last approval', 'allApproved by system', follows(delivering, worked(delivering, 'approve', 'approved', 2), 'owner')],
  ['the last one cancelled', 'allApproved by system', follows(delivering, worked(delivering, 'cancel', 'cancelled', 2), 'admin')],
  ['a revision', null, follows(delivering, worked(delivering, 'requestRevision', 'revisionRequested', 2), 'owner')],
  [
    'an amendment that leaves no work open',
    'allApproved by system',
    follows(amending(delivering, 1), accepted(amending(delivering, 1)), 'creator'),
  ],
  ['what has moved the application itself', null, follows(agreed, moved(agreed, 'cancel.request', 'owner'), 'owner')],
  ['nothing', null, follows(agreed, agreed, 'owner')],
])('after %s comes %s', (_what, wanted, found) => {
  expect(found).toBe(wanted)
})
