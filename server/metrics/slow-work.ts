import type { Gauge } from 'prom-client'
import type { WorkflowKind } from '../../client-sdk/contract/index.ts'

/**
 * How slow work stands. `backlogs`: of each task queue and of each type of task, how many wait for a worker, about, and the age of the
 * oldest in s. `failed`: the runs that ended in vain within the last day.
 */
export type SlowWorkGauges = {
  backlogs: { queue: string; type: 'workflow' | 'activity'; tasks: number; age: number }[]
  failed: { kind: WorkflowKind; runs: number }[]
}
type MakeGauge = <L extends string = never>(name: string, help: string, labelNames?: L[]) => Gauge<L>

/** What is not known is not told. */
export function slowWorkGauges(gauge: MakeGauge): (read: SlowWorkGauges | null) => void {
  const up = gauge('parley_temporal_up', 'Whether Temporal answered')
  const backlog = gauge('parley_workflow_backlog_tasks', 'Tasks that wait for a worker', ['queue', 'type'])
  const age = gauge('parley_workflow_backlog_oldest_seconds', 'Age of the task that waits longest for a worker', ['queue', 'type'])
  const failed = gauge('parley_workflow_failed_runs', 'Runs that ended in vain within the last day', ['kind'])
  return (read) => {
    up.set(read ? 1 : 0)
    for (const one of [backlog, age, failed]) one.reset()
    for (const { queue, type, tasks, age: seconds } of read?.backlogs ?? []) {
      backlog.set({ queue, type }, tasks)
      age.set({ queue, type }, seconds)
    }
    for (const { kind, runs } of read?.failed ?? []) failed.set({ kind }, runs)
  }
}
