import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from './embedded-postgres.ts'
import { isAlive, processes, signal } from './processes.ts'

let home: string
let dataDir: string
const started: PostgresServer[] = []
const children: ChildProcess[] = []
const isRoot = process.getuid?.() === 0

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-postgres-'))
  await chmod(home, 0o755)
  dataDir = join(home, 'main')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of started.splice(0)) await server.stop()
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, ...options })
  started.push(server)
  return server
}

async function query(server: PostgresServer, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

/** Another process that starts the same server, and says so. It can be killed. */
async function parent(): Promise<{ child: ChildProcess; pid: number }> {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href
  const script = `const { startPostgres } = await import('${module}')
    console.log((await startPostgres({ dataDir: process.argv[1] })).pid); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, pid: Number(line) }
}

const ownerOf = async (path: string) => (isRoot ? await stat(path).then(({ uid, gid }) => ({ uid, gid })) : {})
const lockFile = () => join(dataDir, 'postmaster.pid')

test('two first starts at once end with one server on one complete cluster', async () => {
  const [a, b] = await Promise.all([start(), start()])
  expect(a.pid).toBe(b.pid)
  expect([a.adopted, b.adopted].sort()).toEqual([false, true])
  expect(await readdir(home)).toEqual(['main', 'main.log'])
  expect(await query(a, "SELECT lower('ÉΣЖ') = 'éσж' AND 'É' ILIKE 'é' AND length('é🦜') = 2")).toBe(true)
  expect(await query(a, 'SHOW server_encoding')).toBe('UTF8')
  expect(await query(a, 'SHOW data_checksums')).toBe('on')
})

test('it is durable and open to this machine and its own password only', async () => {
  const server = await start({ settings: { max_connections: '50' } })
  const settings = ['fsync', 'synchronous_commit', 'max_connections', 'listen_addresses', 'unix_socket_directories']
  expect(await Promise.all(settings.map((name) => query(server, `SHOW ${name}`)))).toEqual(['on', 'on', '50', '127.0.0.1', ''])
  await expect(query({ ...server, url: server.url.replace(/:[^:@]+@/, ':guess@') }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  const password = new URL(server.url).password
  expect(processes().filter((p) => p.command.includes(password))).toEqual([])
  expect((await stat(join(dataDir, 'superuser.password'))).mode & 0o777).toBe(0o600)
})

test('a killed parent leaves the server running, and the next start adopts it', async () => {
  const { child, pid } = await parent()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(pid)).toBe(true)
  const server = await start()
  expect(server).toMatchObject({ pid, adopted: true })
  await server.stop()
  expect(isAlive(pid)).toBe(false)
})

test('what was committed is there after a SIGKILL of PostgreSQL, on the same port', async () => {
  const first = await start()
  await query(first, 'CREATE TABLE kept AS SELECT 7 AS n')
  await first.kill()
  expect(processes().filter((p) => p.command.includes(dataDir))).toEqual([])
  const second = await start()
  expect(second).toMatchObject({ port: first.port, adopted: false })
  expect(await query(second, 'SELECT n FROM kept')).toBe(7)
})

test('backends that outlive their postmaster do not hold up the next start', async () => {
  const first = await start()
  const busy = new Client({ connectionString: first.url })
  busy.on('error', () => {})
  await busy.connect()
  const { rows } = await busy.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  busy.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch(() => {})
  await expect.poll(() => processes().find((p) => p.pid === rows[0]?.pid)?.command).toContain('SELECT')
  signal(first.pid, 'SIGKILL')
  await expect.poll(() => isAlive(first.pid)).toBe(false)
  expect((await start()).adopted).toBe(false)
  expect(isAlive(rows[0]!.pid)).toBe(false)
})

test('a lock whose pid now belongs to another program does not prevent the start', async () => {
  const first = await start()
  await first.kill()
  // The same account, or PostgreSQL itself would see that it cannot be one of its own.
  const stranger = spawn('sleep', ['60'], await ownerOf(dataDir))
  children.push(stranger)
  await once(stranger, 'spawn')
  const lock = await readFile(lockFile(), 'utf8')
  await writeFile(lockFile(), lock.replace(/^\d+/, `${stranger.pid}`))
  expect((await start()).adopted).toBe(false)
  expect(stranger.exitCode).toBeNull()
})

test('stop and kill may come again, and leave a later server alone', async () => {
  const first = await start()
  await Promise.all([first.stop(), first.stop()])
  expect(isAlive(first.pid)).toBe(false)
  const second = await start()
  await Promise.all([first.stop(), first.kill()])
  expect(await query(second, 'SELECT 1')).toBe(1)
  await second.stop()
  await second.stop()
})

test('a port taken meanwhile is exchanged for another, unless it was asked for', async () => {
  const { port, stop } = await start()
  await stop()
  const squatter = createServer().listen(port, '127.0.0.1')
  await once(squatter, 'listening')
  try {
    await expect(start({ port })).rejects.toThrow(`Port ${port} for PostgreSQL is taken`)
    const other = await start()
    expect(other.port).not.toBe(port)
    expect(other.port).toSatisfy((p: number) => p > 10_000 && p < 32_768)
  } finally {
    squatter.close()
  }
})

test('a start that fails says what PostgreSQL said', async () => {
  await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/invalid value for parameter "shared_buffers"/)
})

test('a directory with something else in it is left as it is', async () => {
  const other = join(home, 'other')
  await mkdir(other)
  await writeFile(join(other, 'letter.txt'), 'Dear')
  await expect(start({ dataDir: other })).rejects.toThrow('cannot hold a new PostgreSQL cluster')
  expect(await readdir(other)).toEqual(['letter.txt'])
})

test('what a killed initdb left is removed', async () => {
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'exit')
  const fresh = join(home, 'fresh')
  await mkdir(`${fresh}.new-${dead.pid}-abc/data/base`, { recursive: true })
  await start({ dataDir: fresh })
  expect((await readdir(home)).filter((name) => name.startsWith('fresh'))).toEqual(['fresh', 'fresh.log'])
})

test('it works below a directory that only its owner may enter', async () => {
  const closed = join(home, 'closed')
  await mkdir(closed, { mode: 0o700 })
  const server = await start({ dataDir: join(closed, 'deep', 'data') })
  await query(server, 'CREATE TABLE kept AS SELECT 7 AS n')
  await server.kill()
  expect(await query(await start({ dataDir: join(closed, 'deep', 'data') }), 'SELECT n FROM kept')).toBe(7)
  expect((await stat(dirname(join(closed, 'deep')))).mode & 0o777).toBe(0o700)
})
