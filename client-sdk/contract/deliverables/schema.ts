import { z } from 'zod'
import { CatalogueKey } from '../catalogue/schema.ts'
import { DealPlace } from '../deals/place.ts'
import { Command, type CommandDef, type EventDef, Seq, text } from '../define.ts'
import { ApplicationId } from '../ids.ts'
import { Day, WebAddress } from '../units.ts'
import { deliverableMoves, deliverableStates } from './machine.ts'

export const DeliverableState = z.enum(deliverableStates)
export const DeliverableMove = z.enum(deliverableMoves)
/** A piece of work's number in its deal. */
export const DeliverableNumber = z.int().min(1).max(100_000)

/**
 * A piece of work that was agreed on: one for each that the terms count. `rounds`: how many revisions were asked for. `submitted`,
 * `moved`: the seqs that tell of its last submission and its last move. `links` of the last submission and the `note` that was
 * said with the last move are null where there are none, and once they are erased.
 */
export const Deliverable = z.object({
  deliverable: DeliverableNumber,
  platform: CatalogueKey,
  format: z.string(),
  due: Day.nullable(),
  state: DeliverableState,
  rounds: z.int().nonnegative(),
  submitted: Seq.nullable(),
  moved: Seq.nullable(),
  links: z.array(z.string()).nullable(),
  note: z.string().nullable(),
})
/** A piece of work that was agreed on, and how it stands. */
export type Deliverable = z.output<typeof Deliverable>

const Which = Command.extend({ applicationId: ApplicationId, deliverable: DeliverableNumber })
const note = text(2_000).optional()
export const SubmitDeliverable = Which.extend({ links: z.array(WebAddress).min(1).max(10), note })
export type SubmitDeliverable = z.output<typeof SubmitDeliverable>
/** `submitted`: the submission that it is about, by its seq: another one since makes it `resource.stale`. */
export const ReviewDeliverable = Which.extend({
  submitted: Seq.describe('The submission that it is about, by its seq'),
  move: DeliverableMove.extract(['approve', 'requestRevision', 'dispute']),
  note,
})
export type ReviewDeliverable = z.output<typeof ReviewDeliverable>

export const deliverableCommands = {
  'deliverable.submit': { input: SubmitDeliverable, output: DealPlace, allow: 'deliver' },
  /** Who may do which, its machine says. */
  'deliverable.review': { input: ReviewDeliverable, output: DealPlace, allow: 'decide' },
} as const satisfies Record<string, CommandDef>

/** In the application's room. */
export const deliverableEvents = {
  'deliverable.statusChanged': {
    version: 1,
    deal: z.object({
      deliverable: DeliverableNumber,
      move: DeliverableMove,
      from: DeliverableState,
      to: DeliverableState,
      as: z.enum(['brand', 'creator', 'admin']),
    }),
    personal: z.object({ links: z.array(z.string()).nullable(), note: z.string().nullable() }),
  },
  /** Of work that is not there yet. `escalated`: it is late for days, and the brand's owners were told. */
  'deliverable.reminded': {
    version: 1,
    deal: z.object({
      deliverable: DeliverableNumber,
      kind: z.enum(['dueSoon', 'overdue', 'escalated']),
      due: Day,
      to: z.enum(['creator', 'brand']),
    }),
    personal: null,
  },
} as const satisfies Record<string, EventDef>
