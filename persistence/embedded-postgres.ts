import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { type Cluster, launch, openCluster } from './embedded-cluster.ts'
import { type Process, processes, signal } from './processes.ts'

/**
 * A running PostgreSQL. It outlives a killed parent, and the next start adopts it. `stop` is a fast shutdown of at most
 * 10 s, `kill` what a power cut does; both may be called again, and leave a later server on the same data alone.
 */
export type PostgresServer = {
  /** postgres://postgres:<password>@127.0.0.1:<port>/postgres */
  url: string
  port: number
  pid: number
  /** It ran already: `port` and `settings` of this start were not applied. */
  adopted: boolean
  stop(): Promise<void>
  kill(): Promise<void>
}
type Options = { dataDir: string; port?: number; settings?: Record<string, string> }
type Postmaster = { pid: number; port: number }
/** Of one data directory: `starting` are postmasters that hold no lock on it, yet or any more. */
type Sight = { postmaster: Postmaster | null; starting: Process[]; backends: Process[] }

/** Long enough for the recovery after a crash. */
const START_MS = 120_000
const STOP_MS = 10_000
const POLL_MS = 25
const ATTEMPTS = 3
const LOG_BYTES = 10 * 1024 * 1024
const safe = { fsync: 'on', synchronous_commit: 'on', max_connections: '200', timezone: 'UTC', log_timezone: 'UTC' }

/**
 * Starts PostgreSQL on `dataDir` (made at the first start), or adopts the one that runs on it. The port is the given one,
 * else the last start's, else a free one; 127.0.0.1 only. The log is `<dataDir>.log`, its end is in the error of a start
 * that fails. Starts at the same time all get the same server: PostgreSQL's own lock decides whose.
 */
export async function startPostgres({ dataDir, port, settings = {} }: Options): Promise<PostgresServer> {
  const cluster = await openCluster(dataDir)
  const until = Date.now() + START_MS
  let child: ChildProcess | null = null
  for (let attempts = 0; Date.now() < until; await sleep(POLL_MS)) {
    const { postmaster, starting, backends } = look(cluster.dataDir)
    if (postmaster) {
      const url = `postgres://postgres:${cluster.password}@127.0.0.1:${postmaster.port}/postgres`
      if (await answers(url)) return handle(cluster.dataDir, url, postmaster, child?.pid !== postmaster.pid)
    } else if (starting.length === 0 && !isRunning(child)) {
      // Without their postmaster they are the rest of a crash, and would hold up the next one.
      for (const orphan of backends) signal(orphan.pid, 'SIGKILL')
      removeStaleLock(cluster.dataDir)
      if (attempts++ === ATTEMPTS) throw failure(cluster.dataDir, 'PostgreSQL did not start')
      child = await spawnPostgres(cluster, await choosePort(cluster.dataDir, port), settings)
    }
  }
  if (isRunning(child)) child.kill('SIGINT')
  throw failure(cluster.dataDir, `PostgreSQL did not answer within ${START_MS / 1000} s`)
}

/** In a session of its own: neither Ctrl-C nor the parent's end reaches it. */
async function spawnPostgres(cluster: Cluster, port: number, settings: Record<string, string>): Promise<ChildProcess> {
  const ours = { listen_addresses: '127.0.0.1', unix_socket_directories: '', cluster_name: mark(cluster.dataDir) }
  const all = Object.entries({ ...safe, ...settings, ...ours }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { file, args, options } = launch(
    cluster.postgres,
    ['-D', cluster.dataDir, '-p', `${port}`, ...all],
    cluster.account,
    cluster.dataDir,
  )
  const log = openLog(cluster.dataDir)
  try {
    const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', log, log] })
    await once(child, 'spawn')
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

/** Whether it takes our password; false while it starts or stops. */
async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {}) // `connect` rejects as well
  try {
    await client.connect()
    return true
  } catch (cause) {
    if (!(cause instanceof DatabaseError && cause.code === '28P01')) return false
    throw new Error('A PostgreSQL runs on this data directory, and refuses the password kept in it', { cause })
  } finally {
    await client.end()
  }
}

function handle(dataDir: string, url: string, { pid, port }: Postmaster, adopted: boolean): PostgresServer {
  const isOurs = () => look(dataDir).postmaster?.pid === pid
  const kill = async () => {
    if (isOurs()) signal(pid, 'SIGSTOP') // it must not fork while we count its children
    const { postmaster, starting, backends } = look(dataDir)
    const isRestarted = postmaster ? postmaster.pid !== pid : starting.length > 0
    const victims = isRestarted ? [] : [pid, ...starting, ...backends].map((p) => (typeof p === 'number' ? p : p.pid))
    await end(dataDir, victims, 'SIGKILL', Number.POSITIVE_INFINITY)
  }
  const stop = async () => {
    if (isOurs() && !(await end(dataDir, [pid], 'SIGINT', STOP_MS))) await kill() // the log makes that safe too
  }
  return { url, port, pid, adopted, stop, kill }
}

/** Whether they were gone in time. Only processes of the data directory are signalled: a pid may have been given anew. */
async function end(dataDir: string, pids: number[], name: NodeJS.Signals, ms: number): Promise<boolean> {
  const living = () => {
    const { postmaster, starting, backends } = look(dataDir)
    return [...(postmaster ? [postmaster] : []), ...starting, ...backends].map((p) => p.pid).filter((pid) => pids.includes(pid))
  }
  for (const pid of living()) signal(pid, name)
  for (const until = Date.now() + ms; living().length > 0; await sleep(POLL_MS)) if (Date.now() > until) return false
  return true
}

/** The processes are listed before the lock is read: a postmaster takes the lock before it has children. */
function look(dataDir: string): Sight {
  const all = processes()
  const lock = readLock(dataDir)
  const masters = all.filter((p) => isPostmaster(p, dataDir))
  const holder = masters.find((p) => p.pid === lock?.pid)
  return {
    postmaster: holder && lock ? lock : null,
    starting: masters.filter((p) => p !== holder),
    backends: all.filter((p) => p.command.startsWith(`postgres: ${mark(dataDir)}`)),
  }
}

function isPostmaster({ command }: Process, dataDir: string): boolean {
  return command.includes('postgres') && `${command} `.includes(` -D ${dataDir} `)
}

/** PostgreSQL shows `cluster_name` in its processes' titles: so their data directory can be told. */
function mark(dataDir: string): string {
  return `parley-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`
}

/** postmaster.pid: pid, data directory, start time, port … a line each. Null if there is none or it is not complete yet. */
function readLock(dataDir: string): Postmaster | null {
  const [pid, , , port] = readIfThere(join(dataDir, 'postmaster.pid')).split('\n').map(Number)
  return pid && port ? { pid, port } : null
}

/**
 * PostgreSQL sees for itself that a lock's pid is dead, but not that it now belongs to another program. The lock is read
 * before the processes are listed: whoever has just taken it is then among them.
 */
function removeStaleLock(dataDir: string): void {
  const lock = readLock(dataDir)
  const owner = lock && processes().find((p) => p.pid === lock.pid)
  if (owner && !isPostmaster(owner, dataDir)) rmSync(join(dataDir, 'postmaster.pid'), { force: true })
}

/** Between 10001 and 32767: below the ports that systems give out by themselves. */
async function choosePort(dataDir: string, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted
    throw new Error(`Port ${wanted} for PostgreSQL is taken by another program`)
  }
  // PostgreSQL keeps the command line of its last start.
  const [, last] = /"-p" "(\d+)"/.exec(readIfThere(join(dataDir, 'postmaster.opts'))) ?? []
  if (last && (await isFree(Number(last)))) return Number(last)
  return freePort()
}

/** A port of 127.0.0.1 that nobody listens on, below those that systems give out by themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_001, 32_768)
    if (await isFree(port)) return port
  }
}

/** May a server listen on this port of 127.0.0.1? */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

function isRunning(child: ChildProcess | null): child is ChildProcess {
  return child !== null && child.exitCode === null && child.signalCode === null
}

function openLog(dataDir: string): number {
  const path = `${dataDir}.log`
  if (existsSync(path) && statSync(path).size > LOG_BYTES) truncateSync(path)
  return openSync(path, 'a', 0o600) // errors quote statements, and these people's words
}

function failure(dataDir: string, what: string): Error {
  const log = readIfThere(`${dataDir}.log`).trimEnd().split('\n')
  return new Error(`${what}. The end of ${dataDir}.log:\n${log.slice(-20).join('\n')}`)
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
