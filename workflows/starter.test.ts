import { type ChildProcess, spawn } from 'node:child_process'
import { Client, type Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Envelope } from '../client-sdk/contract/index.ts'
import { freePort } from '../realtime/faults/testing-program.ts'
import { eventsOf } from '../server/applications/testing.ts'
import { type Parties, parties } from '../server/deals/testing.ts'
import { say } from '../server/digest/testing.ts'
import { type World, world } from '../server/testing.ts'
import { findTemporal } from './dev-server/find.ts'
import { connectClient } from './reach.ts'
import { starter } from './starter.ts'

/** A Temporal that lets a run hear so many signals, where its own limit is 10,000. */
const SIGNALS = 2
let w: World
let server: ChildProcess
let connection: Connection
let client: Client
beforeAll(async () => {
  w = await world()
  const port = await freePort()
  const limit = ['--dynamic-config-value', `history.maximumSignalsPerExecution=${SIGNALS}`]
  const where = ['--headless', '--ip', '127.0.0.1', '--port', `${port}`, '--log-level', 'never']
  server = spawn((await findTemporal())!, ['server', 'start-dev', ...where, ...limit], { stdio: 'ignore' })
  const connect = () => connectClient({ address: `127.0.0.1:${port}`, apiKey: null, tls: false }).catch(() => null)
  for (let it = await connect(); !connection; it = await connect()) if (it) connection = it
  client = new Client({ connection })
})
afterAll(async () => {
  await connection?.close()
  server.kill('SIGKILL')
  await w.close()
})

const applied = async ({ roomId }: Parties): Promise<Envelope> =>
  (await eventsOf(w, roomId)).find(({ type }) => type === 'application.submitted')!
const stateOf = async (id: string) => (await client.workflow.getHandle(id).describe()).status.name

test('a run that hears no more signals holds up no other', async () => {
  const told: string[] = []
  const options = { db: w.db, client, namespaceId: 'one', digestAfter: 1_000, deaf: (id: string) => void told.push(id) }
  const { tell } = starter(options)
  const [deaf, other] = [await parties(w), await parties(w)]
  for (let i = 0; i < SIGNALS; i++) await tell([await applied(deaf)])
  expect(told).toEqual([])
  await tell([await applied(deaf), await applied(other)])
  expect(told).toEqual([`application:${deaf.applicationId}`])
  for (const { applicationId } of [deaf, other]) expect(await stateOf(`application:${applicationId}`)).toBe('RUNNING')
})

test('whoever has something unread is signalled once per wait, and again after the clock was put back', async () => {
  const { roomId, owner, creator } = await w.negotiation()
  const HOUR = 3_600_000
  let now = Date.now()
  const options = { db: w.db, client, namespaceId: 'two', digestAfter: HOUR, deaf: () => {}, clock: () => now }
  const { tell } = starter(options)
  const run = client.workflow.getHandle(`digest:${creator.userId}`)
  const speak = async () => {
    const { seq } = await say(w, owner, roomId)
    await tell((await eventsOf(w, roomId)).filter((event) => event.seq === seq))
  }
  await speak()
  await run.terminate()
  for (const [passed, state] of [
    [HOUR / 2, 'TERMINATED'],
    [-HOUR, 'RUNNING'],
    [HOUR / 2, 'TERMINATED'],
    [HOUR / 2, 'RUNNING'],
  ] as const) {
    now += passed
    await speak()
    expect([passed, (await run.describe()).status.name]).toEqual([passed, state])
    if (state === 'RUNNING') await run.terminate()
  }
})
