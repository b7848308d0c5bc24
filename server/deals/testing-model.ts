import type { ErrorCode } from '../../client-sdk/contract/index.ts'

// What a deal is, said once more and in another shape than the contract's, so that the two can be wrong only apart.

/** Two of the brand's team who decide and one who looks on, the creator, an administrator; and the platform, with its clock and its sweep. */
export const actors = ['owner', 'manager', 'viewer', 'creator', 'admin', 'system'] as const
export type Actor = (typeof actors)[number]
export type Side = 'brand' | 'creator'
export const sideOf = (who: Actor): Side | null => (who === 'creator' ? 'creator' : who === 'owner' || who === 'manager' ? 'brand' : null)

/** Who may be the one that the log says something of; an administrator acts as the platform there. */
export type Teller = 'owner' | 'manager' | 'creator' | 'system'

/** What may be answered: `ok`, or one of these codes. */
export type Outcome = 'ok' | ErrorCode

export type When = 'onAgreement' | 'onDelivery' | 'onApproval'
/** Terms, as far as anything follows from them. `parts` of the fee; `rounds` of revision. */
export type Kit = { pieces: [what: string, due: string | null][]; parts: [amount: number, when: When][]; rounds: number; currency: string }
const reel = 'instagram reel'
const story = 'instagram story'
const euros = { currency: 'EUR' }
/** `dear` pays first what `one` pays, so it can follow when that was paid already; `dollars`, `overdue` and `unknown` are refused, the first as an amendment. */
export const kits = {
  one: { ...euros, rounds: 0, pieces: [[reel, null]], parts: [[90_000, 'onAgreement']] },
  two: {
    ...euros,
    rounds: 1,
    pieces: [
      [reel, null],
      [reel, null],
    ],
    parts: [
      [30_000, 'onDelivery'],
      [60_000, 'onApproval'],
    ],
  },
  mixed: {
    ...euros,
    rounds: 2,
    pieces: [
      [story, '2999-01-31'],
      [reel, '2999-02-28'],
    ],
    parts: [
      [30_000, 'onDelivery'],
      [70_000, 'onAgreement'],
    ],
  },
  dear: {
    ...euros,
    rounds: 1,
    pieces: [
      [reel, '2999-01-01'],
      [story, null],
    ],
    parts: [
      [90_000, 'onAgreement'],
      [10_000, 'onApproval'],
    ],
  },
  other: { ...euros, rounds: 0, pieces: [[story, null]], parts: [[50_000, 'onApproval']] },
  dollars: { currency: 'USD', rounds: 0, pieces: [[reel, null]], parts: [[90_000, 'onAgreement']] },
  overdue: { ...euros, rounds: 0, pieces: [[reel, '2020-01-01']], parts: [[90_000, 'onAgreement']] },
  unknown: { ...euros, rounds: 0, pieces: [['nowhere reel', null]], parts: [[90_000, 'onAgreement']] },
} as const satisfies Record<string, DeepReadonly<Kit>>
type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> }
export type KitName = keyof typeof kits

export type Fate = 'open' | 'accepted' | 'countered' | 'declined' | 'withdrawn' | 'expired'
/** `born` and `died`: the seqs that tell of it. `until` in ms. */
export type Version = {
  by: Side
  kit: KitName
  nonce: string
  basis: number | null
  until: number | null
  fate: Fate
  born: number
  died: number | null
}
export type Work = 'due' | 'submitted' | 'revisionRequested' | 'approved' | 'disputed' | 'cancelled'
/** `asked`: how often for a revision. `sent`, `touched`: the seqs of its last submission and its last move. */
export type Piece = { what: string; due: string | null; at: Work; asked: number; sent: number | null; touched: number | null }
export type Money = 'due' | 'invoiced' | 'paid' | 'disputed' | 'confirmed'
export type Part = { amount: number; when: When; at: Money; touched: number | null }
export type Phase =
  | 'submitted'
  | 'shortlisted'
  | 'negotiating'
  | 'agreed'
  | 'delivering'
  | 'completed'
  | 'declined'
  | 'withdrawn'
  | 'expired'
  | 'cancelled'

/**
 * One application. `asking`: who wants to cancel. `changes`: its version. `pacts`: the versions that were agreed on, in order. `isPast`: the
 * open version's time is over. `isLate`: the campaign's is. `log`: who told what since `base`, the seq that all began with.
 */
export type Model = {
  phase: Phase
  asking: Side | null
  changes: number
  versions: Version[]
  pacts: number[]
  pieces: Piece[]
  parts: Part[]
  remarks: number[]
  isPast: boolean
  isLate: boolean
  log: string[]
  base: number
}

/** What somebody tells the program to do, in full. */
export type Order =
  | { do: 'propose'; kit: KitName; nonce: string; until: number | null; basis: number | null }
  | { do: 'counter'; version: number; kit: KitName; nonce: string; until: number | null }
  | { do: 'accept'; version: number; nonce: string | null; isProved: boolean }
  | { do: 'decline' | 'withdraw' | 'comment'; version: number }
  | { do: 'submit'; piece: number }
  | { do: 'review'; piece: number; move: 'approve' | 'requestRevision' | 'dispute'; sent: number }
  | { do: 'pay'; part: number; move: 'invoice' | 'pay' | 'confirm' | 'dispute' }
  | { do: 'move'; move: 'shortlist' | 'decline' | 'withdraw' | `cancel.${'request' | 'revoke' | 'confirm'}`; changes: number }
  | { do: 'resolve'; what: 'deliverable' | 'milestone' | 'application'; number: number | null; move: 'approve' | 'cancel' | 'confirm' }
  | { do: 'sweep' | 'deadline' | 'wait' }

export const isOpenPhase = ({ phase }: Model): boolean => phase === 'submitted' || phase === 'shortlisted' || phase === 'negotiating'
export const isWorking = ({ phase }: Model): boolean => phase === 'agreed' || phase === 'delivering'
export const isOver = (model: Model): boolean => !isOpenPhase(model) && !isWorking(model)
export const openVersion = ({ versions }: Model): Version | undefined => versions.find(({ fate }) => fate === 'open')
/** The kit that binds. */
export const pact = ({ versions, pacts }: Model): Kit | undefined => {
  const version = versions[(pacts.at(-1) ?? 0) - 1]
  return version && kitOf(version.kit)
}
export const kitOf = (name: KitName): Kit => structuredClone(kits[name]) as unknown as Kit

/** Something waits for an administrator who decides on work or on a payment. */
export const isDisputed = (model: Model): boolean =>
  model.parts.some(({ at }) => at === 'disputed') || (!isOver(model) && model.pieces.some(({ at }) => at === 'disputed'))
