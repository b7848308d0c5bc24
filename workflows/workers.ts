import { setTimeout as sleep } from 'node:timers/promises'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import type { House } from '../server/ctx.ts'
import type { Log } from '../server/log.ts'
import type { Mailer } from '../server/ports.ts'
import { createActivities } from './activities/index.ts'
import type { Ended } from './activities/run.ts'
import { workflowBundle } from './bundle.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { queues } from './kinds.ts'
import { connectWorkers, type Reach } from './reach.ts'

export type Work = { house: House; mailer: Mailer | null; digestAfter: number; patience?: Patience; ended(activity: Ended): void }
export type Workers = {
  /** False once any of them has ended. */
  running(): boolean
  stop(): Promise<void>
}

/** Of each task queue. A run that is not kept in memory is replayed; what is done at once is bounded by the connections to PostgreSQL. */
const SIZE = {
  maxCachedWorkflows: 200,
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentActivityTaskExecutions: 10,
  maxConcurrentWorkflowTaskPolls: 4,
  maxConcurrentActivityTaskPolls: 2,
}
/** How long what is under way may take at the end, in ms. */
const GRACE = { shutdownGraceTime: 1_000, shutdownForceTime: 3_000 }
/** One that is not over by then is left behind, in ms. */
const FAREWELL = 4_000

/** One worker for each task queue, over one connection. */
export async function startWorkers(reach: Reach & { namespace: string }, { house, mailer, ended }: Work, log: Log): Promise<Workers> {
  installRuntime(log)
  const { namespace } = reach
  const bundle = await workflowBundle()
  const connection = await connectWorkers(reach)
  const activities = createActivities({ house, mailer, ended })
  const shared = { connection, namespace, workflowBundle: bundle, ...SIZE, ...GRACE }
  const made = await Promise.allSettled(
    queues.map((taskQueue) => Worker.create({ ...shared, taskQueue, activities: activities[taskQueue] })),
  )
  const workers = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = made.find((one) => one.status === 'rejected')
  let isRunning = failed === undefined
  const runs = workers.map((worker) =>
    (failed ? worker.runUntil(Promise.resolve()) : worker.run())
      .catch((error: unknown) => log.warn('temporal', { error }))
      .finally(() => {
        isRunning = false
      }),
  )
  const over = Promise.all(runs).then(() => connection.close())
  over.catch((error: unknown) => log.warn('temporal', { error }))
  if (failed) throw failed.reason
  return {
    running: () => isRunning,
    async stop() {
      isRunning = false
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
      await Promise.race([over.catch(() => {}), sleep(FAREWELL, undefined, { ref: false })])
    },
  }
}

let installed = false
/** Once in a process. It must not take its signals: whoever starts the process stops it. */
function installRuntime(log: Log): void {
  if (installed) return
  installed = true
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    const { taskQueue, workflowId, activityType, attempt, error } = meta ?? {}
    log[level === 'ERROR' ? 'error' : 'warn']('temporal', { said: message, taskQueue, workflowId, activityType, attempt, error })
  })
  const logging = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const
  Runtime.install({ shutdownSignals: [], logger, telemetryOptions: { logging } })
}
