import { z } from 'zod'
import { DealPlace } from '../deals/place.ts'
import { Command, type CommandDef, type EventDef, Seq, text } from '../define.ts'
import { ApplicationId } from '../ids.ts'
import { Amount, Currency } from '../units.ts'
import { milestoneMoves, milestoneStates } from './machine.ts'

export const MilestoneState = z.enum(milestoneStates)
export const MilestoneMove = z.enum(milestoneMoves)
/** A payment's number in its deal: its place among the payments of the terms. */
export const MilestoneNumber = z.int().min(1).max(20)
/** When a part of the fee is due. `onDelivery`: once all has been submitted; `onApproval`: once all is approved. */
export const When = z.enum(['onAgreement', 'onDelivery', 'onApproval'])

/** A part of the fee, and what the two say of it. `note` was said with the last move; null where nothing was, and once it is erased. */
export const Milestone = z.object({
  milestone: MilestoneNumber,
  amount: Amount,
  currency: Currency,
  due: When,
  state: MilestoneState,
  moved: Seq.nullable(),
  note: z.string().nullable(),
})
/** A part of the fee, and what the two say of it. */
export type Milestone = z.output<typeof Milestone>

export const MoveMilestone = Command.extend({
  applicationId: ApplicationId,
  milestone: MilestoneNumber,
  move: MilestoneMove,
  note: text(2_000).optional(),
})
export type MoveMilestone = z.output<typeof MoveMilestone>

export const milestoneCommands = {
  /** Who may do which, its machine says. Parley moves no money. */
  'milestone.move': { input: MoveMilestone, output: DealPlace, allow: 'moveApplication' },
} as const satisfies Record<string, CommandDef>

/** In the application's room. */
export const milestoneEvents = {
  'milestone.statusChanged': {
    version: 1,
    deal: z.object({
      milestone: MilestoneNumber,
      move: MilestoneMove,
      from: MilestoneState,
      to: MilestoneState,
      as: z.enum(['brand', 'creator', 'admin']),
    }),
    personal: z.object({ note: z.string().nullable() }),
  },
} as const satisfies Record<string, EventDef>
