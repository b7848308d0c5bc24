import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { MailId } from '../client-sdk/contract/index.ts'
import { type Following, follow } from '../persistence/followers.ts'
import type { TemporalTls } from '../server/config.ts'
import type { House } from '../server/ctx.ts'
import type { Log } from '../server/log.ts'
import type { Mailer } from '../server/ports.ts'
import type { Engine } from '../server/route.ts'
import { createActivities } from './activities/index.ts'
import type { Ended } from './activities/run.ts'
import { workflowBundle } from './bundle.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { kinds, queues, workflowId } from './kinds.ts'
import { beginMail, starter } from './starter.ts'

/** `address`: asked before each attempt to connect; it may bring its server first. */
export type TemporalOptions = {
  address(): Promise<string>
  namespace: string
  apiKey: string | null
  tls: TemporalTls
}
type Work = { house: House; mailer: Mailer | null; digestAfter: number; patience?: Patience; ended(activity: Ended): void }

export type Temporal = {
  engine(): Engine
  /** The client while it can be reached, else null. */
  client(): Client | null
  /** Takes the role of a worker: does slow work from now on, whenever Temporal can be reached. */
  work(work: Work): void
  /** Hands a mail over; false where that cannot be done now. */
  carry(mailId: MailId): Promise<boolean>
  /** Why the log was not followed the last time, null where it was. */
  failure(): unknown
  stop(): Promise<void>
}

const NAME = 'Temporal'
/** In ms. */
const WATCH = 1_000
const PATIENCE = 3_000
/** For half an hour, then ever later, for half a day; then somebody has to look. */
export const mailPatience: Patience = { tries: 30, pause: 15_000, longest: 1_800_000 }

/** What Parley has to do with Temporal in one process. It goes on without, says so, and catches up. */
export function openTemporal(options: TemporalOptions, log: Log): Temporal {
  const stopping = new AbortController()
  let state: { on: boolean; since: Date; why: string } = { on: false, since: new Date(), why: 'it has not answered yet' }
  let connection: Connection | null = null
  let client: Client | null = null
  let work: Work | null = null
  let workers: Working | null = null
  let following: { namespaceId: string; its: Following } | null = null

  async function connected(): Promise<Client> {
    if (client) return client
    connection = await Connection.connect({ ...(await where(options)), connectTimeout: PATIENCE })
    client = new Client({ connection, namespace: options.namespace })
    return client
  }

  async function look(): Promise<void> {
    const its = await connected()
    const answer = await connection!.withDeadline(Date.now() + PATIENCE, () =>
      its.workflowService.describeNamespace({ namespace: options.namespace }),
    )
    const namespaceId = answer.namespaceInfo?.id ?? ''
    if (work) {
      if (!workers?.running()) workers = await startWorkers(options, work, log)
      if (following?.namespaceId !== namespaceId) {
        await following?.its.stop()
        following = null
        await ensureSchedules(its)
        following = { namespaceId, its: follow(work.house.db, starter({ ...work, db: work.house.db, client: its, namespaceId })) }
      }
    }
    if (!state.on) {
      following?.its.wake()
      log.info('temporal', { on: true })
      state = { on: true, since: new Date(), why: '' }
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look()
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        if (state.on || state.why !== why) log.warn('temporal', { on: false, why })
        state = { on: false, since: state.on ? new Date() : state.since, why }
        if (!state.on) await forget()
      }
      await sleep(WATCH, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  /** The next look connects anew: it may be another server by then. */
  async function forget(): Promise<void> {
    const old = connection
    connection = null
    client = null
    await following?.its.stop()
    following = null
    await old?.close().catch(() => {})
  }

  const watching = watch()
  return {
    engine: () => ({
      name: NAME,
      on: state.on,
      why: state.on
        ? 'it answers'
        : `away since ${state.since.toISOString()}, ${state.why}; reminders and mail by it are late, deadlines are kept`,
    }),
    client: () => (state.on ? client : null),
    work: (its) => {
      work = its
    },
    async carry(mailId) {
      if (!state.on || !client || !work?.mailer) return false
      await beginMail(client, mailId, work.patience ?? mailPatience)
      return true
    },
    failure: () => following?.its.failure() ?? null,
    async stop() {
      stopping.abort()
      await watching
      await workers?.stop()
      await forget()
    },
  }
}

async function where({ address, apiKey, tls }: TemporalOptions) {
  return { address: await address(), ...(tls !== false && { tls: tlsConfig(tls) }), ...(apiKey !== null && { apiKey }) }
}

function tlsConfig(tls: Exclude<TemporalTls, false>) {
  if (tls === true) return true
  const { ca, pair } = tls
  return {
    ...(ca !== null && { serverRootCACertificate: Buffer.from(ca) }),
    ...(pair && { clientCertPair: { crt: Buffer.from(pair.certificate), key: Buffer.from(pair.key) } }),
  }
}

type Working = { running(): boolean; stop(): Promise<void> }
/** One worker for each task queue, over one connection. */
async function startWorkers(options: TemporalOptions, { house, mailer, ended }: Work, log: Log): Promise<Working> {
  installRuntime(log)
  const connection = await NativeConnection.connect(await where(options))
  const activities = createActivities({ house, mailer, ended })
  const shared = { connection, namespace: options.namespace, workflowBundle: await workflowBundle() }
  const limits = { shutdownGraceTime: 2_000, shutdownForceTime: 4_000 }
  const workers = await Promise.all(
    queues.map((taskQueue) => Worker.create({ ...shared, ...limits, taskQueue, activities: activities[taskQueue] })),
  )
  let isRunning = true
  const runs = Promise.allSettled(workers.map((worker) => worker.run())).then((ends) => {
    isRunning = false
    for (const end of ends) if (end.status === 'rejected') log.warn('temporal', { error: end.reason })
  })
  return {
    running: () => isRunning,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
      await runs
      await connection.close()
    },
  }
}

let installed = false
/** Once in a process. It must not take its signals: whoever starts the process stops it. */
function installRuntime(log: Log): void {
  if (installed) return
  installed = true
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message }) => log[level === 'ERROR' ? 'error' : 'warn']('temporal', { said: message })),
  })
}

/** On Mondays, by UTC. One that was missed is made up for within the week. */
async function ensureSchedules(client: Client): Promise<void> {
  for (const [kind, hour] of [
    ['creatorWeek', 5],
    ['brandWeek', 6],
  ] as const) {
    const { definition, queue: taskQueue } = kinds[kind]
    try {
      await client.schedule.create({
        scheduleId: kind,
        spec: { calendars: [{ dayOfWeek: 'MONDAY', hour }] },
        action: { type: 'startWorkflow', workflowType: definition, workflowId: workflowId(kind, 'week'), taskQueue, args: [] },
        policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '6 days' },
      })
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error
    }
  }
}
