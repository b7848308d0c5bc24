import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive, processes, signal } from '../../persistence/processes.ts'
import { keepDevServer } from './keep.ts'
import { endDevServer, startDevServer } from './start.ts'

const LONG = { timeout: 120_000 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-temporal-'))
})
afterEach(async () => {
  await endDevServer(folder)
  rmSync(folder, { recursive: true, force: true })
})
const servers = () => processes().filter(({ command }) => command.includes('start-dev') && command.includes(folder))

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: '30s' })
  try {
    const client = new Client({ connection })
    const isThere = () =>
      client.workflowService.describeNamespace({ namespace: 'default' }).then(
        () => true,
        () => false,
      )
    await expect.poll(isThere, { timeout: 30_000 }).toBe(true)
    return await use(client)
  } finally {
    await connection.close()
  }
}
const begin = (address: string, workflowId: string) =>
  withClient(address, (client) => client.workflow.start('any', { workflowId, taskQueue: 'nobody' }))
const stateOf = (address: string, workflowId: string) =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name)

const answers = (host: string, port: number) =>
  new Promise<boolean>((done) => {
    const socket = createConnection({ host, port, timeout: 1_000 })
    const say = (isThere: boolean) => () => {
      socket.destroy()
      done(isThere)
    }
    socket.on('connect', say(true)).on('error', say(false)).on('timeout', say(false))
  })

test('what was begun is there after a kill, by a server that is new', LONG, async () => {
  const first = await startDevServer(folder)
  await begin(first.address, 'kept')
  await first.kill()
  expect(servers()).toEqual([])
  const second = await startDevServer(folder)
  expect([second.adopted, await stateOf(second.address, 'kept')]).toEqual([false, 'RUNNING'])
})

test('one that runs is adopted; all who start it at once get the same; only this machine can reach it', LONG, async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => startDevServer(folder)))
  expect(new Set(all.map(({ pid }) => pid)).size).toBe(1)
  expect(all.filter(({ adopted }) => !adopted)).toHaveLength(1)
  const [{ address, pid }] = all as [(typeof all)[0]]
  expect(await startDevServer(folder)).toMatchObject({ address, pid, adopted: true })
  const port = Number(address.split(':')[1])
  const outside = Object.values(networkInterfaces()).flatMap(
    (its) => its?.flatMap(({ address, internal }) => (internal ? [] : [address])) ?? [],
  )
  for (const host of ['127.0.0.2', ...outside]) expect([host, await answers(host, port)]).toEqual([host, false])
  expect(await answers('127.0.0.1', port)).toBe(true)
  await all[0]!.stop()
  expect(servers()).toEqual([])
})

test('one that hangs is ended after a while, and another takes its place', LONG, async () => {
  const left = await startDevServer(folder)
  signal(left.pid, 'SIGSTOP')
  let now = Date.now()
  const kept = keepDevServer(folder, () => now)
  try {
    const asked = new AbortController().signal
    for (; isAlive(left.pid); now += 10_000) await kept.address(asked)
    const address = await kept.address(asked)
    expect(address).not.toBe(left.address)
    await begin(address, 'any')
  } finally {
    await kept.close()
  }
  expect(servers()).toEqual([])
})

test('its log stays below a bound', LONG, async () => {
  const log = join(folder, 'temporal.db.log')
  writeFileSync(log, Buffer.alloc(11 * 1024 * 1024, 'x'))
  await startDevServer(folder)
  expect(statSync(log).size).toBeLessThan(1024 * 1024)
})

test('a file that is damaged is said in one line', LONG, async () => {
  writeFileSync(join(folder, 'temporal.db'), Buffer.alloc(1 << 16, 'no database '))
  const failure = await startDevServer(folder).then(String, String)
  expect(failure).toBe(
    `Error: ${join(folder, 'temporal.db')} is damaged. Move it away: slow work then begins anew from what is in the database`,
  )
  expect(servers()).toEqual([])
  rmSync(join(folder, 'temporal.db'))
  await (await startDevServer(folder)).stop()
})

test('who waits for it no more leaves nothing running', LONG, async () => {
  const stopping = new AbortController()
  const starting = startDevServer(folder, undefined, stopping.signal)
  await expect.poll(() => servers().length, { timeout: 30_000, interval: 5 }).toBe(1)
  stopping.abort()
  await starting.then(
    (server) => server.stop(),
    () => {},
  )
  expect(servers()).toEqual([])
})
