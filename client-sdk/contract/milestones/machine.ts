// The SDK's bundle asks this table, and does without zod.
import { type Actor, type Side, sideOf } from '../sides.ts'

export const milestoneStates = ['due', 'invoiced', 'paid', 'disputed', 'confirmed'] as const
/** How a payment stands, by what the two say of it: Parley moves no money. */
export type MilestoneState = (typeof milestoneStates)[number]
export const milestoneMoves = ['invoice', 'pay', 'confirm', 'dispute'] as const
/** What is said of a payment: that it was asked for, sent, received, or not received. */
export type MilestoneMove = (typeof milestoneMoves)[number]

/** from × move × side → to. What is not here is refused; from when on it may be asked for, `deals/rules.ts` says. */
const table: Record<MilestoneState, Partial<Record<MilestoneMove, Partial<Record<Side, MilestoneState>>>>> = {
  due: { invoice: { creator: 'invoiced' } },
  invoiced: { pay: { brand: 'paid' } },
  paid: { confirm: { creator: 'confirmed' }, dispute: { creator: 'disputed' } },
  disputed: { confirm: { creator: 'confirmed', admin: 'confirmed' } },
  confirmed: {},
}

/** Where this move leads, or null if it is refused. */
export function nextMilestone(from: MilestoneState, move: MilestoneMove, by: Actor): MilestoneState | null {
  const side = sideOf(by)
  return (side && table[from][move]?.[side]) ?? null
}
