import { z } from 'zod'
import { Command, type EventDef, Instant, text } from '../define.ts'
import { UserId } from '../ids.ts'
import { Page } from '../listing.ts'

/** What slow work there is. Each run is of one thing, and its id is `<kind>:<the thing's id>`. */
export const workflowKinds = ['application', 'offer', 'deliverables', 'campaign', 'digest', 'mail', 'brandWeek', 'creatorWeek'] as const
export const WorkflowKind = z.enum(workflowKinds)
export type WorkflowKind = z.output<typeof WorkflowKind>
/** `continued`: it goes on in another run of the same id. */
export const WorkflowState = z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timedOut', 'continued'])
export type WorkflowState = z.output<typeof WorkflowState>
const WorkflowId = z.string().regex(/^[a-zA-Z]{1,40}:[\w:-]{1,150}$/)
const RunId = z.uuid()

/** A run. `entity`: the id of the thing that it is of; of an offer `<applicationId>:<offer>`. */
export const WorkflowRun = z.object({
  workflowId: WorkflowId,
  runId: RunId,
  kind: WorkflowKind,
  entity: z.string(),
  state: WorkflowState,
  startedAt: Instant,
  endedAt: Instant.nullable(),
})
export type WorkflowRun = z.output<typeof WorkflowRun>
/**
 * What a run does at the moment: an activity, that is tried again where it has failed; or, by the definition's name, its own next step,
 * where that fails again and again.
 */
export const PendingActivity = z.object({
  activity: z.string(),
  tries: z.int().nonnegative(),
  failure: z.string().nullable(),
  nextAt: Instant.nullable(),
})
export type PendingActivity = z.output<typeof PendingActivity>
/** A step of a run. `type`: in words, such as `activity failed`. `about`: the activity or the signal that it is of; of a timer, its moment. */
export const WorkflowStep = z.object({
  step: z.int().positive(),
  at: Instant,
  type: z.string(),
  about: z.string().nullable(),
  failure: z.string().nullable(),
})
export type WorkflowStep = z.output<typeof WorkflowStep>
/** `steps`: the last thousand at most, the first first. */
export const WorkflowHistory = WorkflowRun.extend({ pending: z.array(PendingActivity), steps: z.array(WorkflowStep) })
export type WorkflowHistory = z.output<typeof WorkflowHistory>

export const ListWorkflows = Page.extend({
  kind: WorkflowKind.optional(),
  state: WorkflowState.optional(),
  entity: z
    .string()
    .regex(/^[\w:-]{1,100}$/)
    .optional()
    .describe('As runs have it: the id of a campaign, an application, a person or a mail. With an application its offers are found, too'),
})
export type ListWorkflows = z.output<typeof ListWorkflows>
export const GetWorkflow = z.object({ workflowId: WorkflowId, runId: RunId })
export type GetWorkflow = z.output<typeof GetWorkflow>
/**
 * `retry`: what fails at the moment is tried at once; a run that has ended badly begins anew. `reset`: the run goes on from before
 * the activity that failed. `cancel`: it ends.
 */
export const WorkflowMove = z.enum(['retry', 'reset', 'cancel'])
export type WorkflowMove = z.output<typeof WorkflowMove>
export const MoveWorkflow = Command.extend({ ...GetWorkflow.shape, move: WorkflowMove, reason: text(1_000) })
export type MoveWorkflow = z.output<typeof MoveWorkflow>
/** `runId`: the run that goes on now. After a reset, or where it began anew, that is another. */
export const MovedWorkflow = WorkflowRun.pick({ workflowId: true, runId: true })
export type MovedWorkflow = z.output<typeof MovedWorkflow>

/** On the platform's stream: what administrators do to slow work. */
export const workflowEvents = {
  'workflow.moved': {
    version: 1,
    deal: z.object({ workflowId: WorkflowId, runId: RunId, move: WorkflowMove }),
    personal: z.object({ by: UserId, reason: z.string() }),
  },
} as const satisfies Record<string, EventDef>
