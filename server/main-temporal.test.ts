import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { rest } from '../client-sdk/src/rest.ts'
import { startPostgres } from '../persistence/embedded-postgres.ts'
import { processes, signal } from '../persistence/processes.ts'
import { freePort, type Program, runProgram } from '../realtime/faults/testing-program.ts'
import { endDevServer } from '../workflows/dev-server/start.ts'
import { type TestServer, testServer } from '../workflows/testing.ts'
import { newKey, type World, world } from './testing.ts'

const LONG = { timeout: 300_000 }
const BROUGHT = { TEMPORAL_ADDRESS: '' }

let home: string
let data: string
const started: Program[] = []
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), `parley-test-${process.pid}-`))
  data = join(home, '.data')
  await chmod(home, 0o755) // as root, PostgreSQL's own account has to get in
})
afterEach(async () => {
  for (const program of started.splice(0)) await program.end('SIGINT')
})
afterAll(async () => {
  await endDevServer(data)
  await (await startPostgres({ dataDir: join(data, 'postgres') })).stop() // adopted, if a failed test left one
  await rm(home, { recursive: true, force: true })
})

async function start(env: Record<string, string>, ...args: string[]): Promise<Program> {
  const program = runProgram({ port: await freePort(), cwd: home, args, env })
  started.push(program)
  return program.ready()
}
type Engine = { name: string; on: boolean; why: string }
async function temporal({ url }: Program): Promise<Engine> {
  const { engines } = await rest<{ engines: Engine[] }>(fetch, url, '/readyz')
  return engines.find(({ name }) => name === 'Temporal')!
}
const isOn = (program: Program) => expect.poll(async () => (await temporal(program)).on, { timeout: 120_000 }).toBe(true)
const says = (program: Program, what: string | RegExp) =>
  expect.poll(async () => (await temporal(program)).why, { timeout: 60_000 }).toMatch(what)

/** The development server in the folder, and what runs there. */
const server = () => processes().find(({ command }) => command.includes(`--db-filename ${data}`))
async function runs(): Promise<string[]> {
  const address = `127.0.0.1:${/ --port (\d+)/.exec(server()?.command ?? '')?.[1]}`
  const connection = await Connection.connect({ address, connectTimeout: '30s' })
  try {
    const ids: string[] = []
    for await (const { workflowId, runId } of new Client({ connection }).workflow.list()) ids.push(`${workflowId} ${runId}`)
    return ids.toSorted()
  } finally {
    await connection.close()
  }
}
const hasRuns = () => expect.poll(async () => (await runs()).length, { timeout: 60_000 }).toBeGreaterThan(5)

test(
  'the embedded mode brings Temporal: what runs there outlives a kill of the hub and one of the server, and --reset wipes it',
  LONG,
  async () => {
    const first = await start(BROUGHT)
    await isOn(first)
    expect((await temporal(first)).why).toMatch(/^brought, in \.data\/, since /)
    await hasRuns()
    await first.end('SIGKILL')
    const left = server()!
    const before = await runs()

    const second = await start(BROUGHT)
    await isOn(second)
    expect(server()?.pid).toBe(left.pid)
    signal(left.pid, 'SIGKILL')
    await expect.poll(() => server()?.pid ?? left.pid, { timeout: 60_000 }).not.toBe(left.pid)
    await isOn(second)
    await expect.poll(runs, { timeout: 60_000 }).toEqual(expect.arrayContaining(before))
    expect(await second.end('SIGINT')).toBe(0)
    expect(server()).toBeUndefined()

    await (await start(BROUGHT)).end('SIGKILL')
    const third = await start(BROUGHT, '--reset')
    await isOn(third)
    await hasRuns()
    expect((await runs()).filter((run) => before.includes(run))).toEqual([])
    expect(await third.end('SIGTERM')).toBe(0)
    expect(server()).toBeUndefined()
  },
)

test('the hub is ready at once while Temporal is being brought, and goes on where it cannot be', LONG, async () => {
  const bin = join(home, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'python3'), '#!/bin/sh\nsleep 3\necho "No module named pip" >&2\nexit 1\n', { mode: 0o755 })
  const env = { ...BROUGHT, XDG_CACHE_HOME: join(home, 'cache'), HTTPS_PROXY: 'http://127.0.0.1:9', PATH: `${bin}:${process.env.PATH}` }
  const program = await start(env)
  expect(await temporal(program)).toMatchObject({ on: false, why: expect.stringMatching(/^it is being brought; .*deadlines are kept$/) })
  await says(program, /put its CLI, `temporal`, on the PATH, or give python3 its pip/)
  await expect.poll(program.said).toContain('Stop with Ctrl-C')
  expect(program.said()).toMatch(/off +Temporal +\S/)
})

test('a file of its that is damaged is said, and the hub goes on', LONG, async () => {
  await writeFile(join(data, 'temporal.db'), Buffer.alloc(1 << 16, 'no database '))
  for (const end of ['-wal', '-shm']) await rm(join(data, `temporal.db${end}`), { force: true })
  await says(await start(BROUGHT), /temporal\.db is damaged\. Move it away/)
})

test('without it, as TEMPORAL_ADDRESS=none wishes, nothing is brought', LONG, async () => {
  const program = await start({ TEMPORAL_ADDRESS: 'none' })
  expect(await temporal(program)).toMatchObject({ on: false, why: expect.stringContaining('deadlines are kept, reminders are not') })
  expect(server()).toBeUndefined()
})

test('a worker of its own does the slow work of hubs that have the other roles, and each says how Temporal is', LONG, async () => {
  let w: World | undefined
  let its: TestServer | undefined
  try {
    ;[w, its] = await Promise.all([world(), testServer()])
    const env = { DATABASE_URL: w.url, TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey(), TEMPORAL_ADDRESS: its.server().address }
    const hub = await start({ ...env, ROLES: 'api,realtime' })
    await isOn(hub)
    const connection = await Connection.connect({ address: its.server().address })
    const schedules = async () => {
      const ids: string[] = []
      for await (const { scheduleId } of new Client({ connection }).schedule.list()) ids.push(scheduleId)
      return ids.toSorted()
    }
    expect(await schedules()).toEqual([])
    const worker = await start({ ...env, ROLES: 'worker' })
    await isOn(worker)
    await expect.poll(schedules, { timeout: 60_000 }).toEqual(['brandWeek', 'creatorWeek'])
    await connection.close()
    await its.server().kill()
    for (const one of [hub, worker]) await says(one, 'it cannot be reached; away since')
    await its.start()
    for (const one of [hub, worker]) await isOn(one)
    for (const one of [hub, worker]) expect(await one.end('SIGTERM')).toBe(0)
  } finally {
    await its?.close()
    await w?.close()
  }
})
