import type { Client } from '@temporalio/client'
import { workflowKinds } from '../client-sdk/contract/index.ts'
import type { SlowWorkGauges } from '../server/metrics/slow-work.ts'
import { msOf, type Reached } from './admin/reach.ts'
import { inState, queryOf } from './admin/runs.ts'
import { queues, workflowId } from './kinds.ts'

/** Of Temporal's numbers for what waits in a task queue. */
const TYPES = { workflow: 1, activity: 2 } as const
const DAY = 86_400_000

/** How slow work stands, as Temporal has it; throws where it does not say so within `patience` ms. Asked all at once. */
export async function readSlowWork(client: Client | null, namespace: string, patience: number): Promise<SlowWorkGauges> {
  if (!client) throw new Error('Temporal is away')
  const temporal = { service: client.workflowService, namespace }
  return client.connection.withDeadline(Date.now() + patience, async () => {
    const types = Object.keys(TYPES) as (keyof typeof TYPES)[]
    const [backlogs, failed] = await Promise.all([
      Promise.all(queues.flatMap((queue) => types.map((type) => backlogOf(temporal, queue, type)))),
      failedRuns(temporal),
    ])
    return { backlogs, failed }
  })
}

async function backlogOf(
  { service, namespace }: Reached,
  queue: string,
  type: keyof typeof TYPES,
): Promise<SlowWorkGauges['backlogs'][number]> {
  const { stats } = await service.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: TYPES[type],
    reportStats: true,
  })
  const { approximateBacklogCount: tasks, approximateBacklogAge: age } = stats ?? {}
  return { queue, type, tasks: Number(String(tasks ?? 0)), age: msOf(age ?? {}) / 1_000 }
}

/** Temporal takes but ten questions of this sort a second, of everybody: it is one, and counts so many runs at most. */
const MOST = 1_000
/** Within the last day, in vain: failed, or out of time. */
async function failedRuns({ service, namespace }: Reached): Promise<SlowWorkGauges['failed']> {
  const since = new Date(Date.now() - DAY).toISOString()
  const ofKinds = workflowKinds.map((kind) => queryOf(kind)).join(' OR ')
  const query = `(${ofKinds}) AND (${inState('failed')} OR ${inState('timedOut')}) AND CloseTime > '${since}'`
  const { executions } = await service.listWorkflowExecutions({ namespace, query, pageSize: MOST })
  const ids = (executions ?? []).map(({ execution }) => execution?.workflowId ?? '')
  return workflowKinds.map((kind) => ({ kind, runs: ids.filter((id) => id.startsWith(workflowId(kind, ''))).length }))
}
