// The SDK's bundle asks this table, and does without zod.

export const offerStates = ['proposed', 'accepted', 'countered', 'declined', 'withdrawn', 'expired'] as const
/** How a version of the terms stands. */
export type OfferState = (typeof offerStates)[number]
export const offerMoves = ['counter', 'accept', 'decline', 'withdraw', 'expire'] as const
/** What becomes of a version of the terms. */
export type OfferMove = (typeof offerMoves)[number]
/** Who moves: the side that proposed it, the one that it was proposed to, or time. */
export type OfferActor = 'proposer' | 'other' | 'system'

/** from × move × who → to. What is not here is refused. */
const table: Record<OfferState, Partial<Record<OfferMove, Partial<Record<OfferActor, OfferState>>>>> = {
  proposed: {
    counter: { other: 'countered' },
    accept: { other: 'accepted' },
    decline: { other: 'declined' },
    withdraw: { proposer: 'withdrawn' },
    expire: { system: 'expired' },
  },
  accepted: {},
  countered: {},
  declined: {},
  withdrawn: {},
  expired: {},
}

/** Where this move leads, or null if it is refused. */
export const nextOffer = (from: OfferState, move: OfferMove, by: OfferActor): OfferState | null => table[from][move]?.[by] ?? null
