// The SDK's bundle asks this table, and does without zod.
import { type Actor, type Side, sideOf } from '../sides.ts'

export const deliverableStates = ['due', 'submitted', 'revisionRequested', 'approved', 'disputed', 'cancelled'] as const
/** How a piece of work stands. That one is late is computed, and no state. */
export type DeliverableState = (typeof deliverableStates)[number]
export const deliverableMoves = ['submit', 'requestRevision', 'approve', 'dispute', 'cancel'] as const
/** What can be done with a piece of work. `cancel`: by an administrator, or by an amendment that no longer has it. */
export type DeliverableMove = (typeof deliverableMoves)[number]

type Moves = Partial<Record<DeliverableMove, Partial<Record<Side, DeliverableState>>>>
const amended: Moves = { cancel: { system: 'cancelled' } }
/** from × move × side → to. What is not here is refused; how many revisions there may be, `deals/rules.ts` says. */
const table: Record<DeliverableState, Moves> = {
  due: { submit: { creator: 'submitted' }, ...amended },
  submitted: {
    requestRevision: { brand: 'revisionRequested' },
    approve: { brand: 'approved' },
    dispute: { brand: 'disputed' },
    ...amended,
  },
  revisionRequested: { submit: { creator: 'submitted' }, ...amended },
  disputed: { approve: { admin: 'approved' }, cancel: { admin: 'cancelled', system: 'cancelled' } },
  approved: {},
  cancelled: {},
}

/** Where this move leads, or null if it is refused. */
export function nextDeliverable(from: DeliverableState, move: DeliverableMove, by: Actor): DeliverableState | null {
  const side = sideOf(by)
  return (side && table[from][move]?.[side]) ?? null
}
