import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rest } from '../client-sdk/src/rest.ts'
import { signerFrom } from '../persistence/checkpoints.ts'
import { limitless } from '../realtime/convergence/testing-nodes.ts'
import { freePort, type Program, runProgram } from '../realtime/faults/testing-program.ts'
import { eventsOf } from '../server/applications/testing.ts'
import { accept, agreed, counter, type Parties, parties, propose } from '../server/deals/testing.ts'
import { closeOffer, soon } from '../server/offers/testing.ts'
import { type Sweeping, sweep } from '../server/sweep/sweep.ts'
import { commandId, newKey, type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

const LONG = { timeout: 120_000 }
const key = newKey()
let w: World
let server: TestServer
let temporal: Temporal | undefined
let program: Program | undefined
let sweeping: Sweeping
beforeEach(async () => {
  w = await world({ signer: signerFrom(key) })
  server = await testServer()
  sweeping = sweep(w.house, () => {})
})
afterEach(async () => {
  await program?.end('SIGKILL')
  await temporal?.stop()
  await sweeping.stop()
  await server.close()
  await w.close()
  program = temporal = undefined
})

const until = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 60_000, interval: 200 })
const isOn = () => until(() => temporal?.engine().on).toBe(true)
const began = () => until(async () => (await w.db.pool.query(`select from follower where name like 'workflows:%'`)).rowCount).toBe(1)
/** Each run that there is or was, but for the weeks', with how it stands; of one id one after the other. */
async function runs(): Promise<Record<string, string>> {
  const connection = await Connection.connect({ address: server.server().address })
  try {
    const all: Record<string, string> = {}
    for await (const { workflowId: id, status } of new Client({ connection }).workflow.list())
      if (/:/.test(id)) all[id] = all[id] ? `${all[id]}, ${status.name}` : status.name
    return all
  } finally {
    await connection.close()
  }
}
type Stands = 'RUNNING' | 'COMPLETED'
/** The runs of a deal: of its application, its work, and its versions, the first first. Null: none. */
const runsOf = ({ applicationId: id }: Parties, application: Stands, work: Stands | null, ...offers: (Stands | null)[]) =>
  Object.fromEntries(
    [[`application:${id}`, application], [`deliverables:${id}`, work], ...offers.map((it, i) => [`offer:${id}:${i + 1}`, it])].flatMap(
      ([name, it]) => (it ? [[name, it]] : []),
    ),
  ) as Record<string, Stands>
const campaigns = (...all: Parties[]) => Object.fromEntries(all.map(({ campaign }) => [`campaign:${campaign.campaignId}`, 'RUNNING']))
const lastOf = async (its: Parties) => (await eventsOf(w, its.roomId)).findLast(({ type }) => type.startsWith('offer.'))?.type

/** Proposed, countered and agreed; proposed and declined; proposed and run out; proposed and waiting; only applied for. */
async function negotiations(): Promise<Record<'made' | 'declined' | 'late' | 'waiting' | 'applied', Parties>> {
  const [made, declined, late, waiting, applied] = await Promise.all(Array.from({ length: 5 }, () => parties(w)))
  await propose(w, made!.campaign.manager, made!, { validUntil: soon(600_000) })
  await accept(w, made!.campaign.manager, made!, await counter(w, made!.creator, made!, 1))
  await propose(w, declined!.campaign.manager, declined!)
  await closeOffer(w, 'decline', declined!.creator, declined!, 1)
  await propose(w, late!.campaign.manager, late!, { validUntil: soon(500) })
  await propose(w, waiting!.campaign.manager, waiting!, { validUntil: soon(600_000) })
  await until(() => lastOf(late!)).toBe('offer.expired') // by the sweep alone
  return { made: made!, declined: declined!, late: late!, waiting: waiting!, applied: applied! }
}

test('Temporal stopped for a whole negotiation: once it is back, each run is there once and as it has to be', LONG, async () => {
  temporal = await testWorker(w, server)
  await isOn()
  await began()
  const before = await parties(w, {})
  await propose(w, before.campaign.manager, before, { validUntil: soon(600_000) })
  await until(async () => (await runs())[`offer:${before.applicationId}:1`]).toBe('RUNNING')
  await server.server().kill()
  await until(() => temporal?.engine().on).toBe(false)

  const { made, declined, late, waiting, applied } = await negotiations()
  await closeOffer(w, 'decline', before.creator, before, 1)
  await server.start()
  await until(runs).toEqual({
    ...runsOf(before, 'RUNNING', null, 'COMPLETED'),
    ...runsOf(made, 'RUNNING', 'RUNNING', 'COMPLETED', 'COMPLETED'),
    ...runsOf(declined, 'RUNNING', null, 'COMPLETED'),
    ...runsOf(late, 'RUNNING', null, 'COMPLETED'),
    ...runsOf(waiting, 'RUNNING', null, 'RUNNING'),
    ...runsOf(applied, 'RUNNING', null),
    ...campaigns(before, made, declined, late, waiting, applied),
  })
})

test(
  'Temporal that has lost everything: the sweep alone keeps deadlines meanwhile, then all that lives has a run, and nothing else',
  LONG,
  async () => {
    temporal = await testWorker(w, server)
    await isOn()
    const before = await agreed(w)
    const old = await parties(w)
    await propose(w, old.campaign.manager, old, { validUntil: soon(3_000) })
    await until(async () => Object.keys(await runs()).length).toBeGreaterThan(3)
    await server.server().kill()
    for (const file of readdirSync(server.folder)) rmSync(join(server.folder, file), { recursive: true })

    const { made, declined, late, waiting, applied } = await negotiations()
    await until(() => lastOf(old)).toBe('offer.expired')
    await server.start()
    await until(runs).toEqual({
      ...runsOf(before, 'RUNNING', 'RUNNING', 'COMPLETED'),
      ...runsOf(old, 'RUNNING', null, 'COMPLETED'),
      ...runsOf(made, 'RUNNING', 'RUNNING', null, 'COMPLETED'),
      ...runsOf(declined, 'RUNNING', null, 'COMPLETED'),
      ...runsOf(late, 'RUNNING', null, 'COMPLETED'),
      ...runsOf(waiting, 'RUNNING', null, 'RUNNING'),
      ...runsOf(applied, 'RUNNING', null),
      ...campaigns(before, old, made, declined, late, waiting, applied),
    })
    const { rows } = await w.db.pool.query(`select name from follower where name like 'workflows:%'`)
    expect(rows).toHaveLength(1) // the one of the namespace that is no more is forgotten
  },
)

/** A whole Parley in a process of its own, and people who use it by REST. */
async function start(): Promise<Program> {
  const TEMPORAL_ADDRESS = server.server().address
  const env = { ...limitless, DATABASE_URL: w.url, TOKEN_KEY: key, CHECKPOINT_KEY: key, TEMPORAL_ADDRESS, LOG_LEVEL: 'error' }
  program = runProgram({ port: await freePort(), env })
  return program.ready()
}
type Engine = { name: string; on: boolean; why: string }
async function readiness({ url }: Program): Promise<{ status: number; temporal: Engine | undefined }> {
  const response = await fetch(`${url}/readyz`)
  const { engines } = (await response.json()) as { engines: Engine[] }
  return { status: response.status, temporal: engines.find(({ name }) => name === 'Temporal') }
}
/** Somebody proposes, both talk, the other accepts: by the program, each within so many ms. */
async function negotiate({ url }: Program, its: Parties, within: number): Promise<void> {
  const ask = async (who: Parties['creator'], path: string, body: object): Promise<void> => {
    const { accessToken: token } = await w.session(who)
    const keyed: typeof fetch = (input, init) => fetch(input, { ...init, headers: { ...init?.headers, 'idempotency-key': commandId() } })
    const began = Date.now()
    await rest(keyed, url, path, { method: 'POST', token, body })
    expect(Date.now() - began).toBeLessThan(within)
  }
  const { hash } = await propose(w, its.campaign.manager, its, { validUntil: soon(600_000) })
  for (const who of [its.creator, its.campaign.manager]) await ask(who, `/api/v1/rooms/${its.roomId}/messages`, { text: 'So?' })
  await ask(its.creator, `/api/v1/applications/${its.applicationId}/offers/1/accept`, { hash })
}

test('Temporal away at the start: the hub is ready, says so, serves, and catches up once it is there', LONG, async () => {
  await server.server().kill()
  const its = await parties(w)
  const parley = await start()
  await until(() => readiness(parley)).toMatchObject({ status: 200, temporal: { on: false, why: expect.stringContaining('away') } })
  await negotiate(parley, its, 5_000)
  await server.start()
  await until(() => readiness(parley)).toMatchObject({ temporal: { on: true } })
  await until(runs).toMatchObject(runsOf(its, 'RUNNING', 'RUNNING', 'COMPLETED'))
})

test('Temporal that hangs: it is said, talk and deals go on as fast, nothing piles up, and later all is caught up with', LONG, async () => {
  const its = await Promise.all(Array.from({ length: 6 }, () => parties(w)))
  const parley = await start()
  await until(() => readiness(parley)).toMatchObject({ temporal: { on: true } })
  await began()
  const { pid } = server.server()
  process.kill(pid, 'SIGSTOP')
  try {
    for (const one of its.slice(0, 3)) await negotiate(parley, one, 5_000)
    await until(() => readiness(parley)).toMatchObject({ status: 200, temporal: { on: false } })
    for (const one of its.slice(3)) await negotiate(parley, one, 5_000)
    const locks = `select count(distinct pid)::int as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`
    expect((await w.db.pool.query<{ n: number }>(locks)).rows[0]!.n).toBeLessThanOrEqual(1)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await until(() => readiness(parley)).toMatchObject({ temporal: { on: true } })
  await until(runs).toMatchObject(Object.assign({}, ...its.map((one) => runsOf(one, 'RUNNING', 'RUNNING', 'COMPLETED'))))
  expect(await parley.end('SIGTERM')).toBe(0)
})
