import type { Client } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApplicationId, newId, type WorkflowKind } from '../client-sdk/contract/index.ts'
import { createMetrics, type Metrics } from '../server/metrics/metrics.ts'
import { type World, world } from '../server/testing.ts'
import { readSlowWork } from './gauges.ts'
import { kinds, workflowId } from './kinds.ts'
import { type TestServer, testServer } from './testing.ts'
import { testClient } from './testing-client.ts'

let w: World
let server: TestServer
let its: { client: Client; close(): Promise<void> }
let metrics: Metrics
beforeAll(async () => {
  w = await world()
  server = await testServer()
  its = await testClient(server)
  metrics = createMetrics(w.db)
  metrics.slowWork((patience) => readSlowWork(its.client, 'default', patience))
})
afterAll(async () => {
  await its.close()
  await server.close()
  await w.close()
})

/** A run that nobody works at; within a second its time is out, if it is to be in vain. */
const begin = (kind: WorkflowKind, inVain = false) => {
  const { definition, queue: taskQueue } = kinds[kind]
  const entity = newId<ApplicationId>()
  const options = {
    workflowId: workflowId(kind, entity),
    taskQueue,
    args: [entity],
    ...(inVain && { workflowRunTimeout: '1 second' as const }),
  }
  return its.client.workflow.start(definition, options)
}
const sample = async (name: string) =>
  (await metrics.text())
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.split(' ')
    .at(-1)
/** As often as Temporal takes it, which says what has changed up to five seconds later; in ms. */
const OFTEN = { timeout: 25_000, interval: 500 }
/** A busy machine may not answer in time, and then nothing is said. */
const shows = (name: string) => expect.poll(() => sample(name), OFTEN)

test('what waits for a worker shows by queue, and for how long; what ended in vain by kind', { timeout: 90_000 }, async () => {
  await shows('parley_temporal_up').toBe('1')
  const waiting = (type: string) => `parley_workflow_backlog_tasks{queue="parley-campaigns",type="${type}"}`
  await shows(waiting('workflow')).toBe('0')
  for (let n = 0; n < 3; n++) await begin('campaign')
  await begin('offer', true)
  await shows(waiting('workflow')).toBe('3')
  await shows(waiting('activity')).toBe('0')
  const oldest = async () => Number(await sample('parley_workflow_backlog_oldest_seconds{queue="parley-campaigns",type="workflow"}'))
  await expect.poll(oldest, OFTEN).toBeGreaterThan(0)
  await shows('parley_workflow_failed_runs{kind="offer"}').toBe('1')
  await shows('parley_workflow_failed_runs{kind="campaign"}').toBe('0')
})

test('while Temporal is away that is told in time, and what is not known is not', async () => {
  await server.server().kill()
  const began = performance.now()
  const text = await metrics.text()
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(text).toMatch(/^parley_temporal_up 0$/m)
  expect(text).toMatch(/^parley_postgres_up 1$/m)
  expect(text).not.toMatch(/^parley_workflow_(backlog|failed)\w*[{ ]/m)
  await server.start()
  await shows('parley_temporal_up').toBe('1')
})
