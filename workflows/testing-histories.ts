import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationFailure } from '@temporalio/activity'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { freePort } from '../realtime/faults/testing-program.ts'
import type { Idle, Step } from '../server/agenda.ts'
import { workflowBundle } from './bundle.ts'
import type * as definitions from './definitions/index.ts'
import { bringTemporal } from './dev-server/bring.ts'
import { findTemporal } from './dev-server/find.ts'
import { toText } from './testing-history-json.ts'

type Definition = keyof typeof definitions
/** What an activity answers, one call after the other, the last for ever; a function fails or waits in its own way. */
type Answers = readonly unknown[]
/** A run worth keeping: what its activities answer, and what befalls it meanwhile. */
export type Shape = {
  definition: Definition
  args?: unknown[]
  activities: Record<string, Answers>
  during?(run: WorkflowHandle): Promise<void>
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString()
const step =
  (what: string, ms = 0) =>
  (): Step => ({ at: at(ms), what })
const idle: Idle = 'idle'
const failing = () => {
  throw ApplicationFailure.create({ type: 'mail.failed', message: '550', nonRetryable: true })
}
const once = () => {
  let failed = false
  return () => {
    if (failed) return null
    failed = true
    throw new Error('not now')
  }
}
const cancelled = async (run: WorkflowHandle) => {
  await sleep(1_000)
  await run.cancel()
}
/** Something becomes of it, again and again until the run is over: on a busy machine it may be a while before it waits for that. */
const signalled = (every: number) => async (run: WorkflowHandle) => {
  for (let isOver = false; !isOver; ) {
    await sleep(every)
    await run.signal('changed').catch(() => {
      isOver = true
    })
  }
}
const changed = signalled(2_000)
/** More than what a history of this server may have before it goes on in another run. */
const talked = signalled(100)
const ID = '01a20000-0000-7000-8000-000000000000'
const DAYS = 86_400_000
/** In ms. */
const PATIENT = 30_000
const PATIENCE = { tries: 2, pause: 100, longest: 200 }

const shapes: Record<string, Shape> = {
  'application-reminded-expired': {
    definition: 'applicationReview',
    activities: {
      nextOfApplication: [step('waiting', 500), step('closing', 500), step('expire', 500), null],
      stepApplication: [undefined],
    },
  },
  'application-decided': {
    definition: 'applicationReview',
    activities: { nextOfApplication: [step('waiting', 3 * DAYS), idle, step('tell', 300), null], stepApplication: [undefined] },
    during: changed,
  },
  'application-cancelled': {
    definition: 'applicationReview',
    activities: { nextOfApplication: [step('waiting', DAYS)] },
    during: cancelled,
  },
  'application-failed': { definition: 'applicationReview', activities: { nextOfApplication: [failing] } },
  'offer-told-reminded-expired': {
    definition: 'offerExpiry',
    args: [ID, 1],
    activities: { nextOfOffer: [step('tell', 300), step('remind', 300), step('expire', 300), null], stepOffer: [undefined] },
  },
  'offer-answered': {
    definition: 'offerExpiry',
    args: [ID, 1],
    activities: { nextOfOffer: [step('expire', 20_000), null] },
    during: changed,
  },
  'offer-answered-before': { definition: 'offerExpiry', args: [ID, 1], activities: { nextOfOffer: [null] } },
  'offer-still-next': {
    definition: 'offerExpiry',
    args: [ID, 1],
    activities: { nextOfOffer: [...Array(3).fill({ at: '2026-01-01T00:00:00.000Z', what: 'expire' }), null], stepOffer: [undefined] },
  },
  'offer-cancelled': { definition: 'offerExpiry', args: [ID, 1], activities: { nextOfOffer: [step('expire', DAYS)] }, during: cancelled },
  'offer-continued': {
    definition: 'offerExpiry',
    args: [ID, 1],
    activities: { nextOfOffer: [step('expire', DAYS)] },
    during: talked,
  },
  'deliverables-escalated': {
    definition: 'deliverableReminders',
    activities: {
      nextOfWork: [step('dueSoon', 200), step('overdue', 200), step('escalate', 200), idle, null],
      stepWork: [once(), undefined],
    },
    during: changed,
  },
  'campaign-opened-told-closed': {
    definition: 'campaignLifecycle',
    activities: {
      nextOfCampaign: [step('open', 300), step('tellApplicants'), idle, step('close', 300), step('complete'), null],
      stepCampaign: [undefined],
      tellApplicants: [once()],
    },
    during: changed,
  },
  'campaign-withdrawn': {
    definition: 'campaignLifecycle',
    activities: { nextOfCampaign: [step('close', 3 * DAYS), null] },
    during: changed,
  },
  'mail-sent': { definition: 'mailDelivery', args: [ID, PATIENCE], activities: { sendMail: [once()] } },
  'mail-laid-aside': { definition: 'mailDelivery', args: [ID, PATIENCE], activities: { sendMail: [failing], buryMail: [undefined] } },
  'mail-cancelled': {
    definition: 'mailDelivery',
    args: [ID, { tries: 9, pause: 60_000, longest: 60_000 }],
    activities: { sendMail: [once(), undefined], buryMail: [undefined] },
    during: cancelled,
  },
  'digest-mailed': { definition: 'unreadDigest', args: [ID, 500], activities: { mailUnread: [null] } },
  'digest-present-then-mailed': { definition: 'unreadDigest', args: [ID, 500], activities: { mailUnread: [700, 700, null] } },
  'digest-more-was-said': {
    definition: 'unreadDigest',
    args: [ID, 2_000],
    activities: { mailUnread: [null] },
    during: async (run) => {
      await sleep(1_000)
      await run.signal('unread')
    },
  },
  'brand-week': { definition: 'brandWeek', args: [], activities: { countBrandWeek: [undefined] } },
  'creator-week': { definition: 'creatorWeek', args: [], activities: { countCreatorWeek: [once()] } },
}

/** Histories of real runs of the definitions as they are, on a real Temporal, by name: each as JSON. Of one that goes on in another run, the first. */
export async function record(): Promise<Map<string, string>> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const address = `127.0.0.1:${await freePort()}`
  const end = await shortServer(address)
  try {
    const connection = await NativeConnection.connect({ address })
    const client = new Client({ connection: await Connection.connect({ address }) })
    const all = await Promise.all(Object.entries(shapes).map(([name, shape]) => one(client, connection, name, shape)))
    await connection.close()
    await client.connection.close()
    return new Map(all)
  } finally {
    end()
  }
}

async function one(client: Client, connection: NativeConnection, name: string, shape: Shape): Promise<[string, string]> {
  const { definition, args = [ID], activities, during } = shape
  const worker = await Worker.create({
    connection,
    taskQueue: name,
    workflowBundle: await workflowBundle(),
    activities: Object.fromEntries(Object.entries(activities).map(([activity, answers]) => [activity, answering(answers)])),
  })
  return worker.runUntil(async () => {
    const handle = await client.workflow.start(definition, { taskQueue: name, workflowId: name, args: args as never })
    const first = client.workflow.getHandle(name, handle.firstExecutionRunId, { followRuns: false })
    await during?.(first)
    const end = first.result().then(
      () => 'over',
      () => 'over', // some are to fail
    )
    if ((await Promise.race([end, sleep(PATIENT, 'late', { ref: false })])) === 'late') throw new Error(`${name} does not come to its end`)
    return [name, toText(await first.fetchHistory())]
  })
}

function answering(answers: Answers): () => Promise<unknown> {
  let calls = 0
  return async () => {
    const answer = answers[Math.min(calls, answers.length - 1)]
    const said = typeof answer === 'function' ? answer() : answer
    calls++ // one that failed is asked again
    return said
  }
}

/** A Temporal that suggests to go on in another run early, so that such a history is short. Ends by what it answers. */
async function shortServer(address: string): Promise<() => void> {
  const program = (await findTemporal()) ?? (await bringTemporal())
  const [ip, port] = address.split(':') as [string, string]
  const early = 'limit.historyCount.suggestContinueAsNew=50'
  const where = ['--headless', '--ip', ip, '--port', port, '--log-level', 'error', '--dynamic-config-value', early]
  const server = spawn(program, ['server', 'start-dev', ...where], { stdio: 'ignore' })
  for (let tries = 0; ; tries++) {
    try {
      await (await Connection.connect({ address, connectTimeout: 1_000 })).close()
      return () => void server.kill('SIGKILL')
    } catch (error) {
      if (tries > 60) throw error
      await sleep(500)
    }
  }
}
