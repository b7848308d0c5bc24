import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../persistence/embedded-postgres.ts'
import { isAlive, processes, signal } from '../../persistence/processes.ts'
import { bringTemporal } from './bring.ts'
import { findTemporal } from './find.ts'

/** Temporal's development server, with its data in one file. It outlives a killed parent, and the next start adopts it. */
export type DevServer = {
  address: string
  pid: number
  adopted: boolean
  /** Its end within 10 s. */
  stop(): Promise<void>
  /** What a power cut does. */
  kill(): Promise<void>
}
type Running = { pid: number; port: number }

const START_MS = 30_000
const ADOPT_MS = 5_000
const STOP_MS = 10_000
const POLL_MS = 50
const LOG_BYTES = 10 * 1024 * 1024
/** It waits so long for those who start one in the same folder, in ms. */
const TURN_MS = START_MS + STOP_MS
/** What it was told is on disk when it says so, also after a power cut. */
const DURABLE = ['journal_mode=wal', 'synchronous=full'].flatMap((pragma) => ['--sqlite-pragma', pragma])

/**
 * Starts it in a folder, or adopts the one that runs there; its program is brought where there is none. `port`: the given one, else a free
 * one; 127.0.0.1 only. Starts at the same time all get the same server.
 */
export async function startDevServer(folder: string, port?: number, stopping?: AbortSignal): Promise<DevServer> {
  mkdirSync(folder, { recursive: true })
  const file = resolve(folder, 'temporal.db')
  const program = running(file) ? '' : ((await findTemporal()) ?? (await bringTemporal(stopping)))
  const turn = await takeTurn(file, stopping)
  try {
    const left = running(file)
    if (left && (await answers(left.port, Date.now() + ADOPT_MS))) return handle(left, true)
    if (left) await end(left.pid, 'SIGKILL')
    return await start(program || (await findTemporal()) || (await bringTemporal(stopping)), file, port, stopping)
  } finally {
    turn.close()
  }
}

/** Ends the one that runs in a folder, if one does. */
export async function endDevServer(folder: string): Promise<void> {
  const left = running(resolve(folder, 'temporal.db'))
  if (left) await end(left.pid, 'SIGKILL')
}

async function start(program: string, file: string, wanted: number | undefined, stopping: AbortSignal | undefined): Promise<DevServer> {
  const port = wanted ?? (await freePort())
  boundLog(file)
  const logged = logOf(file).length
  const child = spawnServer(program, file, port)
  if (await answers(port, Date.now() + START_MS, child, stopping)) return handle({ pid: child.pid!, port }, false)
  if (child.pid !== undefined && child.exitCode === null) await end(child.pid, 'SIGKILL')
  stopping?.throwIfAborted()
  throw new Error(whyNot(file, logOf(file).subarray(logged).toString()))
}

function spawnServer(program: string, file: string, port: number): ChildProcess {
  const log = openSync(`${file}.log`, 'a', 0o600)
  try {
    const where = ['--headless', '--ip', '127.0.0.1', '--port', `${port}`, '--db-filename', file, '--log-level', 'error', ...DURABLE]
    const child = spawn(program, ['server', 'start-dev', ...where], { detached: true, stdio: ['ignore', log, log] })
    child.on('error', () => {}) // then it has no pid, and answers nobody
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

const logOf = (file: string): Buffer => (existsSync(`${file}.log`) ? readFileSync(`${file}.log`) : Buffer.alloc(0))

function whyNot(file: string, said: string): string {
  if (/malformed|not a database|disk image|database corruption/i.test(said))
    return `${file} is damaged. Move it away: slow work then begins anew from what is in the database`
  return `its development server did not start: ${said.trim().split('\n').at(-1) || `see ${file}.log`}`
}

/** One at a time: the lock of a file of SQLite goes with the process that has it, however that ends. */
async function takeTurn(file: string, stopping: AbortSignal | undefined): Promise<DatabaseSync> {
  const turn = new DatabaseSync(`${file}.lock`)
  for (const until = Date.now() + TURN_MS; ; await sleep(POLL_MS)) {
    try {
      turn.exec('begin exclusive')
      return turn
    } catch (error) {
      if (Date.now() < until && !stopping?.aborted) continue
      turn.close()
      throw error
    }
  }
}

function running(file: string): Running | null {
  const found = processes().find(({ command }) => command.includes('start-dev') && `${command} `.includes(` --db-filename ${file} `))
  const port = Number(/ --port (\d+)/.exec(found?.command ?? '')?.[1])
  return found && port ? { pid: found.pid, port } : null
}

/** Whether it takes connections in time, and did not end before. */
async function answers(port: number, until: number, child?: ChildProcess, stopping?: AbortSignal): Promise<boolean> {
  const hasEnded = () => child !== undefined && (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
  for (; Date.now() < until && !hasEnded() && !stopping?.aborted; await sleep(POLL_MS)) if (await accepts(port)) return true
  return false
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })

function handle({ pid, port }: Running, adopted: boolean): DevServer {
  const stop = async () => {
    if (!(await end(pid, 'SIGTERM'))) await end(pid, 'SIGKILL')
  }
  return { address: `127.0.0.1:${port}`, pid, adopted, stop, kill: async () => void (await end(pid, 'SIGKILL')) }
}

async function end(pid: number, name: NodeJS.Signals): Promise<boolean> {
  const isOurs = () => processes().some((p) => p.pid === pid && p.command.includes('start-dev'))
  if (isOurs()) signal(pid, name)
  for (const until = Date.now() + STOP_MS; isAlive(pid); await sleep(POLL_MS)) if (Date.now() > until) return false
  return true
}

/** It is written at its end, so emptying it under the server is safe. */
export function boundLog(file: string): void {
  const log = `${file}.log`
  if (existsSync(log) && statSync(log).size > LOG_BYTES) truncateSync(log)
}
