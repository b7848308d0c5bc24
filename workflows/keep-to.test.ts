import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection, type WorkflowHandle, type WorkflowHandleWithSignaledRunId, WorkflowIdReusePolicy } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Idle, Step } from '../server/agenda.ts'
import { changed } from './definitions/keep-to.ts'
import { type TestServer, testServer } from './testing.ts'
import type { AgendaActivities, agenda } from './testing-agenda.ts'

/** What a thing is: which step is next, and what was asked and done, in order. */
type Thing = {
  next: () => Step | Idle | null | Promise<Step | Idle | null>
  act?: (step: Step) => void
  asked: number
  done: string[]
  at: number[]
}
const things = new Map<string, Thing>()
const activities: AgendaActivities = {
  async next(id) {
    const thing = things.get(id)!
    thing.asked++
    return thing.next()
  },
  async act(id, step) {
    const thing = things.get(id)!
    thing.at.push(Date.now())
    thing.act?.(step)
    thing.done.push(step.what)
  },
}

let server: TestServer
let connection: NativeConnection
let client: Client
let worker: Worker
let working: Promise<void>
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  server = await testServer()
  const { address } = server.server()
  client = new Client({ connection: await Connection.connect({ address }) })
  connection = await NativeConnection.connect({ address })
  const workflowsPath = join(import.meta.dirname, 'testing-agenda.ts')
  worker = await Worker.create({ connection, taskQueue: 'agendas', workflowsPath, activities, shutdownGraceTime: 1_000 })
  working = worker.run()
})
afterAll(async () => {
  worker.shutdown()
  await working
  await connection.close()
  await client.connection.close()
  await server.close()
})

const inMs = (ms: number, what = 'act'): Step => ({ at: new Date(Date.now() + ms).toISOString(), what })
const thing = (next: Thing['next'], act?: Thing['act']): Thing & { id: string } => {
  const its = { id: randomUUID(), next, act, asked: 0, done: [], at: [] }
  things.set(its.id, its)
  return its
}
const begin = ({ id }: { id: string }): Promise<WorkflowHandleWithSignaledRunId<typeof agenda>> =>
  client.workflow.signalWithStart<typeof agenda, []>('agenda', {
    workflowId: id,
    taskQueue: 'agendas',
    args: [id],
    signal: changed,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
  })
const until = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 20_000 })
const stateOf = async (run: WorkflowHandle) => (await run.describe()).status.name
/** How many events of a type its history has. */
const count = async (run: WorkflowHandle, type: `${string}EventAttributes`) =>
  (await run.fetchHistory()).events?.filter((event) => event[type as keyof typeof event]).length

test('what is next is done at its moment, not before, one after the other, and then the run is over', async () => {
  const moments = [inMs(1_500, 'remind'), inMs(2_500, 'expire')]
  const its = thing(() => moments[its.done.length] ?? null)
  await (await begin(its)).result()
  expect(its.done).toEqual(['remind', 'expire'])
  for (const [i, { at }] of moments.entries()) expect(its.at[i]).toBeGreaterThanOrEqual(Date.parse(at) - 5)
})

test('what came about while nobody was there is done at once', async () => {
  const its = thing(() => (its.done.length === 0 ? inMs(-3_600_000) : null))
  const run = await begin(its)
  await run.result()
  expect([its.done, await count(run, 'timerStartedEventAttributes')]).toEqual([['act'], 0])
})

test('a thing of which nothing becomes any more is looked at once', async () => {
  const its = thing(() => null)
  await (await begin(its)).result()
  expect([its.asked, its.done]).toEqual([1, []])
})

test('a signal while it waits makes it look again: what was next is no longer done', async () => {
  let next: Step | null = inMs(3_600_000, 'expire')
  const its = thing(() => next)
  const run = await begin(its)
  await until(() => count(run, 'timerStartedEventAttributes')).toBe(1)
  next = null
  await run.signal(changed)
  await run.result()
  expect(its.done).toEqual([])
})

test('a signal while it asks, whose answer is old by then, is not missed', async () => {
  let answer = (_step: Step | null) => {}
  const its = thing(() => (its.asked === 1 ? new Promise<Step | null>((done) => (answer = done)) : null))
  const run = await begin(its)
  await until(() => its.asked).toBe(1)
  await run.signal(changed)
  await until(() => count(run, 'workflowExecutionSignaledEventAttributes')).toBe(2)
  answer(inMs(3_600_000))
  await run.result()
  expect([its.asked, its.done]).toEqual([2, []])
})

test('a signal between the last look and the end begins another look', async () => {
  let answer = (_step: Step | null) => {}
  const its = thing(() => {
    if (its.asked === 1) return new Promise<Step | null>((done) => (answer = done))
    return its.done.length === 0 ? inMs(0, 'late') : null
  })
  const run = await begin(its)
  await until(() => its.asked).toBe(1)
  await run.signal(changed)
  await until(() => count(run, 'workflowExecutionSignaledEventAttributes')).toBe(2)
  answer(null) // from before the signal
  await run.result()
  expect(its.done).toEqual(['late'])
})

test('where nothing is to be done now it waits for a signal, and looks again by itself within a day', async () => {
  let next: Step | Idle | null = 'idle'
  const its = thing(() => next)
  const run = await begin(its)
  await until(() => count(run, 'timerStartedEventAttributes')).toBe(1)
  const { events } = await run.fetchHistory()
  const timer = events?.find((event) => event.timerStartedEventAttributes)?.timerStartedEventAttributes
  expect(timer?.startToFireTimeout?.seconds?.toString()).toBe('86400')
  next = inMs(-1)
  its.act = () => {
    next = null
  }
  await run.signal(changed)
  await run.result()
  expect(its.done).toEqual(['act'])
})

test('a moment that is further off than a day is looked at again before', async () => {
  const its = thing(() => inMs(10 * 86_400_000))
  const run = await begin(its)
  await until(() => count(run, 'timerStartedEventAttributes')).toBe(1)
  const { events } = await run.fetchHistory()
  const timer = events?.find((event) => event.timerStartedEventAttributes)?.timerStartedEventAttributes
  expect(timer?.startToFireTimeout?.seconds?.toString()).toBe('86400')
  await run.terminate()
})

test('a step that is still next after it was done is tried again, ever later', async () => {
  const step = inMs(-1)
  const its = thing(() => (its.done.length < 4 ? step : null))
  await (await begin(its)).result()
  const pauses = its.at.slice(1).map((at, i) => at - its.at[i]!)
  expect(pauses).toHaveLength(3)
  for (const [i, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(1_000 * 2 ** i - 50)
})

test('news does not lengthen that pause', async () => {
  const step = inMs(-1)
  const its = thing(() => (its.done.length < 2 ? step : null))
  const run = await begin(its)
  for (let i = 0; i < 8; i++) {
    await run.signal(changed).catch(() => {}) // it may be over by now
    await sleep(50)
  }
  await run.result()
  expect(its.at[1]! - its.at[0]!).toBeLessThan(15_000) // 2 ** 8 s otherwise
})

test('begun twice there is one run, and begun after all is over there is none', async () => {
  let next: Step | null = inMs(3_600_000)
  const its = thing(() => next)
  const runs = await Promise.all([begin(its), begin(its), begin(its)])
  expect(new Set(runs.map((run) => run.signaledRunId)).size).toBe(1)
  next = null
  await begin(its)
  await runs[0].result()
  await expect(begin(its)).rejects.toMatchObject({ name: 'WorkflowExecutionAlreadyStartedError' })
})

test('a run that is cancelled does nothing more', async () => {
  const its = thing(() => inMs(2_000))
  const run = await begin(its)
  await until(() => count(run, 'timerStartedEventAttributes')).toBe(1)
  await run.cancel()
  await expect(run.result()).rejects.toThrow()
  expect([await stateOf(run), its.done]).toEqual(['CANCELLED', []])
})

test('an activity that fails is tried again, and nothing is done twice because of it', async () => {
  let failures = 3
  const its = thing(
    () => {
      if (failures-- > 0) throw new Error('PostgreSQL is away')
      return its.done.length === 0 ? inMs(0) : null
    },
    () => {},
  )
  await (await begin(its)).result()
  expect(its.done).toEqual(['act'])
})

test('a history that grows long goes on in a new run, and no signal is lost on the way', { timeout: 120_000 }, async () => {
  let next: Step | null | Idle = 'idle'
  const its = thing(() => next)
  const run = await begin(its)
  const first = run.signaledRunId
  const runOf = async () => (await client.workflow.getHandle(its.id).describe()).runId
  for (let sent = 0; (await runOf()) === first; sent += 20) {
    if (sent > 9_000) throw new Error('It never went on')
    if (sent > 3_000) await sleep(100) // enough: a busy worker has yet to read them
    await Promise.all(Array.from({ length: 20 }, () => client.workflow.getHandle(its.id).signal(changed)))
  }
  next = null
  await client.workflow.getHandle(its.id).signal(changed)
  await client.workflow.getHandle(its.id).result()
})
