// The SDK's bundle asks this table, and does without zod.
import { type Actor, type Side, sideOf } from '../sides.ts'

/** `agreed+brand`: agreed, and the brand has asked to cancel. */
export const applicationStates = [
  'submitted',
  'shortlisted',
  'negotiating',
  'agreed',
  'agreed+brand',
  'agreed+creator',
  'delivering',
  'delivering+brand',
  'delivering+creator',
  'completed',
  'declined',
  'withdrawn',
  'expired',
  'cancelled',
] as const
/** How an application stands. */
export type ApplicationState = (typeof applicationStates)[number]
export const applicationMoves = [
  'submit',
  'shortlist',
  'firstOffer',
  'accept',
  'firstDelivery',
  'allApproved',
  'decline',
  'withdraw',
  'expire',
  'cancel.request',
  'cancel.revoke',
  'cancel.confirm',
] as const
/** What can be done with an application. */
export type ApplicationMove = (typeof applicationMoves)[number]
/** Who moves: what somebody is to the application, an administrator, or the platform by itself. */
export type ApplicationActor = Actor

type From = ApplicationState | 'none'
type Moves = Partial<Record<ApplicationMove, Partial<Record<Side, ApplicationState>>>>
const either = (to: ApplicationState) => ({ brand: to, creator: to })
/** The platform declines what is open when its campaign is cancelled. */
const endings: Moves = {
  decline: { brand: 'declined', system: 'declined' },
  withdraw: { creator: 'withdrawn' },
  expire: { system: 'expired' },
}
const confirmedBy = (side: Side): Moves => ({ 'cancel.confirm': { [side]: 'cancelled', admin: 'cancelled' } })
/** from × move × side → to; `none`: not submitted yet. What is not here is refused; a new state does not compile until it is placed. */
const table: Record<From, Moves> = {
  none: { submit: { creator: 'submitted' } },
  submitted: { shortlist: { brand: 'shortlisted' }, firstOffer: either('negotiating'), accept: { brand: 'agreed' }, ...endings },
  shortlisted: { firstOffer: either('negotiating'), accept: { brand: 'agreed' }, ...endings },
  negotiating: { accept: either('agreed'), ...endings },
  agreed: { firstDelivery: { creator: 'delivering' }, 'cancel.request': { brand: 'agreed+brand', creator: 'agreed+creator' } },
  'agreed+brand': { firstDelivery: { creator: 'delivering+brand' }, 'cancel.revoke': { brand: 'agreed' }, ...confirmedBy('creator') },
  'agreed+creator': { firstDelivery: { creator: 'delivering+creator' }, 'cancel.revoke': { creator: 'agreed' }, ...confirmedBy('brand') },
  delivering: { allApproved: { system: 'completed' }, 'cancel.request': { brand: 'delivering+brand', creator: 'delivering+creator' } },
  'delivering+brand': { allApproved: { system: 'completed' }, 'cancel.revoke': { brand: 'delivering' }, ...confirmedBy('creator') },
  'delivering+creator': { allApproved: { system: 'completed' }, 'cancel.revoke': { creator: 'delivering' }, ...confirmedBy('brand') },
  completed: {},
  declined: {},
  withdrawn: {},
  expired: {},
  cancelled: {},
}

/** Where this move leads, or null if it is refused. */
export function nextApplication(from: From, move: ApplicationMove, by: ApplicationActor): ApplicationState | null {
  const side = sideOf(by)
  return (side && table[from][move]?.[side]) ?? null
}

/** What somebody may do with an application as it stands. */
export const nextApplicationMoves = (from: From, by: ApplicationActor): ApplicationMove[] =>
  applicationMoves.filter((move) => nextApplication(from, move, by) !== null)

/** Nothing is agreed and nothing is over: it waits for somebody, until the deadline. */
export const openStates = ['submitted', 'shortlisted', 'negotiating'] as const satisfies ApplicationState[]
/** Nothing follows any more. */
export const finalStates = ['completed', 'declined', 'withdrawn', 'expired', 'cancelled'] as const satisfies ApplicationState[]
export const isOpen = (state: ApplicationState): boolean => (openStates as readonly ApplicationState[]).includes(state)
export const isFinal = (state: ApplicationState): boolean => (finalStates as readonly ApplicationState[]).includes(state)
