import {
  type GetWorkflow,
  type ListWorkflows,
  type PageOf,
  ParleyError,
  type WorkflowKind,
  type WorkflowRun,
  type WorkflowState,
  workflowKinds,
} from '../../client-sdk/contract/index.ts'
import { nameOf } from '../../server/cursor.ts'
import { kinds, workflowId } from '../kinds.ts'
import { codeOf, instantOf, known, type Reached } from './reach.ts'

/** Of each state: its name in a visibility query, and its number. What this version has no word for goes on. */
const states: Record<WorkflowState, [name: string, number: number]> = {
  running: ['Running', 1],
  completed: ['Completed', 2],
  failed: ['Failed', 3],
  cancelled: ['Canceled', 4],
  terminated: ['Terminated', 5],
  continued: ['ContinuedAsNew', 6],
  timedOut: ['TimedOut', 7],
}
const stateOf = (status: unknown): WorkflowState =>
  (Object.keys(states) as WorkflowState[]).find((state) => states[state][1] === status) ?? 'running'

/** The runs of one kind alone, whatever else the namespace has. What is put in here has no quotes: the contract sees to that. */
export function queryOf(kind: WorkflowKind, entity?: string): string {
  const type = `WorkflowType = '${kinds[kind].definition}'`
  if (entity === undefined) return `(${type} AND WorkflowId STARTS_WITH '${workflowId(kind, '')}')`
  const id = workflowId(kind, entity)
  if (kind !== 'offer') return `(${type} AND WorkflowId = '${id}')`
  return `(${type} AND (WorkflowId = '${id}' OR WorkflowId STARTS_WITH '${id}:'))`
}
export const inState = (state: WorkflowState) => `ExecutionStatus = '${states[state][0]}'`

/** Temporal gives what goes on before what is over, each the newest first. */
export async function listRuns(
  { service, namespace }: Reached,
  { limit, cursor, ...question }: ListWorkflows,
): Promise<PageOf<WorkflowRun>> {
  const { kind, state, entity } = question
  const ofKinds = (kind ? [kind] : workflowKinds).map((one) => queryOf(one, entity)).join(' OR ')
  const query = state ? `(${ofKinds}) AND ${inState(state)}` : ofKinds
  const name = nameOf(question)
  const page = { namespace, query, pageSize: limit, nextPageToken: tokenFrom(name, cursor) }
  const { executions, nextPageToken } = await service.listWorkflowExecutions(page).catch((error: unknown) => {
    if (cursor !== undefined && NO_TOKEN.includes(codeOf(error))) throw noCursor()
    throw error
  })
  return { items: (executions ?? []).flatMap((one) => runOf(one) ?? []), cursor: cursorOf(name, nextPageToken) }
}

/** Of gRPC, for a token that is none of Temporal's: UNKNOWN, INVALID_ARGUMENT. */
const NO_TOKEN: readonly unknown[] = [2, 3]
const noCursor = () => new ParleyError('request.invalid', '`cursor` is none of this list')

/** Temporal's own token is in it. */
function tokenFrom(name: string, cursor: string | undefined): Uint8Array {
  if (cursor === undefined) return new Uint8Array()
  const [its, token = ''] = cursor.split('.')
  const bytes = Buffer.from(token, 'base64url')
  if (its !== name || bytes.length === 0) throw noCursor()
  return bytes
}

const cursorOf = (name: string, token: Uint8Array | null | undefined): string | null =>
  token && token.length > 0 ? `${name}.${Buffer.from(token).toString('base64url')}` : null

type Described = Awaited<ReturnType<Reached['service']['describeWorkflowExecution']>>
type Execution = NonNullable<Described['workflowExecutionInfo']>
/** Undefined for what is none of ours. */
function runOf({ execution, type, startTime, closeTime, status }: Execution): WorkflowRun | undefined {
  const [, prefix, entity = ''] = /^(\w+):(.+)$/s.exec(execution?.workflowId ?? '') ?? []
  const kind = workflowKinds.find((one) => one === prefix)
  if (!kind || kinds[kind].definition !== type?.name) return undefined
  return {
    workflowId: workflowId(kind, entity),
    runId: execution!.runId!,
    kind,
    entity,
    state: stateOf(status),
    startedAt: instantOf(startTime ?? {}),
    endedAt: closeTime ? instantOf(closeTime) : null,
  }
}

/** A run of ours, and what else Temporal says of it; of no `runId` the latest. Undefined where there is none. */
export async function describeRun({ service, namespace }: Reached, { workflowId, runId }: Omit<GetWorkflow, 'runId'> & { runId?: string }) {
  const execution = { workflowId, ...(runId !== undefined && { runId }) }
  const described = await known(service.describeWorkflowExecution({ namespace, execution }))
  const run = described && runOf(described.workflowExecutionInfo!)
  return run && { run, described }
}
export type DescribedRun = NonNullable<Awaited<ReturnType<typeof describeRun>>>

/** Its own next step fails again and again, not what it asked others to do. */
export const isStuck = ({ described }: DescribedRun): boolean => (described.pendingWorkflowTask?.attempt ?? 0) > 1
