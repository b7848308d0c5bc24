import { type GetWorkflow, type MoveWorkflow, ParleyError, type WorkflowMove } from '../../client-sdk/contract/index.ts'
import { type Event, eventsBackwards, idOf } from './history.ts'
import { codeOf, known, type Reached } from './reach.ts'
import { type DescribedRun, describeRun, isStuck } from './runs.ts'

/** Of gRPC. */
const ALREADY_EXISTS = 6
const UNIMPLEMENTED = 12
/** Temporal's `WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY`. */
const AFTER_A_BAD_END = 2
const IDENTITY = 'parley'

type Which = GetWorkflow & { move: WorkflowMove }
/** What a move comes to, as things are. `activities`: by Temporal's ids. `event`: the one that the run is to go on from. */
type Plan = { what: 'tryAtOnce'; activities: string[] } | { what: 'goBack'; event: Event } | { what: 'beginAnew' | 'cancel' | 'end' }
type Planned = Plan | { what: 'nothing'; why: ParleyError }

const nothing = (code: 'workflow.illegalMove' | 'resource.notFound', why: string): Planned => ({
  what: 'nothing',
  why: new ParleyError(code, why),
})
const illegal = (why: string) => nothing('workflow.illegalMove', why)

/** Why a move is not possible, as things are; null where it is. Changes nothing. */
export async function refusalOf(temporal: Reached, which: Which): Promise<ParleyError | null> {
  const planned = await plan(temporal, which)
  return planned.what === 'nothing' ? planned.why : null
}

/**
 * Makes a move, once for each command id: Temporal has it with what it did, and what is done already is not possible again. What fails
 * still is tried at once again. Whatever there is no more to do that to stays as it is. Answers the run that goes on now.
 */
export async function makeMove(temporal: Reached, order: MoveWorkflow): Promise<{ runId: string }> {
  const planned = await plan(temporal, order)
  const runId = planned.what === 'nothing' ? undefined : await known(carryOut(temporal, order, planned))
  return runId === undefined ? latest(temporal, order) : { runId }
}

async function latest(temporal: Reached, { workflowId }: Which): Promise<{ runId: string }> {
  const now = await describeRun(temporal, { workflowId })
  if (!now) throw new ParleyError('resource.notFound', 'There is no such run')
  return { runId: now.run.runId }
}

async function plan(temporal: Reached, { workflowId, runId, move }: Which): Promise<Planned> {
  const found = await describeRun(temporal, { workflowId, runId })
  if (!found) return nothing('resource.notFound', 'There is no such run')
  if (found.run.state === 'running') return planOfRunning(temporal, found, move)
  if (move === 'cancel') return illegal('It is over')
  if (found.run.state === 'completed') return illegal('It ended well')
  if (found.run.state === 'continued') return illegal('It goes on in another run')
  if ((await latest(temporal, { workflowId, runId, move })).runId !== runId) return illegal('Another run came after it')
  if (move === 'retry') return { what: 'beginAnew' }
  for await (const event of eventsBackwards(temporal, found.run)) {
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes
    if (failed) return backTo(temporal, found, ({ eventId }) => idOf(eventId) === idOf(failed.scheduledEventId))
  }
  return illegal('No activity of it has failed')
}

async function planOfRunning(temporal: Reached, found: DescribedRun, move: WorkflowMove): Promise<Planned> {
  const { workflowExtendedInfo, pendingActivities } = found.described
  if (move === 'cancel' && isStuck(found)) return { what: 'end' } // to be cancelled is a step of its own
  if (move === 'cancel') return workflowExtendedInfo?.cancelRequested ? illegal('It is being cancelled already') : { what: 'cancel' }
  const activities = (pendingActivities ?? []).filter(({ lastFailure }) => lastFailure).map(({ activityId }) => activityId!)
  if (activities.length === 0) return illegal('No activity of it fails')
  if (move === 'retry') return { what: 'tryAtOnce', activities }
  return backTo(temporal, found, (event) => activities.includes(event.activityTaskScheduledEventAttributes?.activityId ?? ''))
}

/** To before an activity, by the event that scheduled it: the workflow's own step that did so is done again. */
async function backTo(temporal: Reached, { run }: DescribedRun, isScheduled: (event: Event) => boolean): Promise<Planned> {
  let first: Event | undefined
  for await (const event of eventsBackwards(temporal, run)) if (isScheduled(event)) first = event
  return first ? { what: 'goBack', event: first } : illegal('Its history does not say what failed')
}

/** The id of the run that it goes on in. */
async function carryOut(temporal: Reached, order: MoveWorkflow, planned: Plan): Promise<string> {
  const { service, namespace } = temporal
  const { workflowId, runId, commandId: requestId } = order
  const execution = { workflowId, runId }
  const by = { namespace, workflowExecution: execution, identity: IDENTITY, reason: `workflow.moved ${requestId}` }
  switch (planned.what) {
    case 'tryAtOnce':
      await tryAtOnce(temporal, execution, planned.activities)
      return runId
    case 'beginAnew':
      return beginAnew(temporal, order)
    case 'goBack': {
      const workflowTaskFinishEventId = planned.event.activityTaskScheduledEventAttributes!.workflowTaskCompletedEventId!
      return (await service.resetWorkflowExecution({ ...by, workflowTaskFinishEventId, requestId })).runId!
    }
    case 'cancel':
      await service.requestCancelWorkflowExecution({ ...by, requestId })
      return runId
    case 'end':
      await service.terminateWorkflowExecution(by)
      return runId
  }
}

/** What was tried already starts over with its tries. */
async function tryAtOnce(
  { service, namespace }: Reached,
  execution: { workflowId: string; runId: string },
  activities: readonly string[],
): Promise<void> {
  try {
    for (const id of activities) await service.resetActivity({ namespace, execution, id, identity: IDENTITY })
  } catch (error) {
    if (codeOf(error) !== UNIMPLEMENTED) throw error
    throw new ParleyError('workflow.illegalMove', 'This version of Temporal cannot do that; reset the run in its place')
  }
}

/** With what it was given, under the same id. */
async function beginAnew(temporal: Reached, order: MoveWorkflow): Promise<string> {
  const { service, namespace } = temporal
  const { workflowId, runId, commandId: requestId } = order
  const page = { namespace, execution: { workflowId, runId }, maximumPageSize: 1 }
  const { history } = await service.getWorkflowExecutionHistory(page)
  const began = history?.events?.[0]?.workflowExecutionStartedEventAttributes
  if (!began) throw new ParleyError('resource.notFound', 'There is no such run')
  const { workflowType, taskQueue, input, header, memo, searchAttributes } = began
  const { workflowExecutionTimeout, workflowRunTimeout, workflowTaskTimeout } = began
  const as = {
    workflowType,
    taskQueue,
    input,
    header,
    memo,
    searchAttributes,
    workflowExecutionTimeout,
    workflowRunTimeout,
    workflowTaskTimeout,
  }
  const how = { requestId, identity: IDENTITY, workflowIdReusePolicy: AFTER_A_BAD_END }
  try {
    return (await service.startWorkflowExecution({ namespace, workflowId, ...as, ...how })).runId!
  } catch (error) {
    if (codeOf(error) !== ALREADY_EXISTS) throw error
    return (await latest(temporal, order)).runId // somebody else was faster
  }
}
