import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFree } from '../../persistence/embedded-postgres.ts'
import { isAlive, processes, signal } from '../../persistence/processes.ts'
import { temporalProgram } from './find.ts'

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

const START_MS = 30_000
const STOP_MS = 10_000
const POLL_MS = 50

/** Starts it in a folder, or adopts the one that runs there. `port`: the given one, else a free one; 127.0.0.1 only. */
export async function startDevServer(folder: string, port?: number): Promise<DevServer> {
  mkdirSync(folder, { recursive: true })
  const file = resolve(folder, 'temporal.db')
  const left = running(file)
  if (left && (await answers(left.port, Date.now() + 5_000))) return handle(left.pid, left.port, true)
  if (left) await end(left.pid, 'SIGKILL')
  const chosen = port ?? (await freePort())
  const child = spawnServer(await temporalProgram(), file, chosen)
  if (await answers(chosen, Date.now() + START_MS, child)) return handle(child.pid!, chosen, false)
  throw new Error(`Temporal's development server did not start; see ${file}.log`)
}

function spawnServer(program: string, file: string, port: number): ChildProcess {
  const log = openSync(`${file}.log`, 'a', 0o600)
  try {
    const where = ['--headless', '--ip', '127.0.0.1', '--port', `${port}`, '--db-filename', file, '--log-level', 'error']
    const child = spawn(program, ['server', 'start-dev', ...where], { detached: true, stdio: ['ignore', log, log] })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

function running(file: string): { pid: number; port: number } | undefined {
  const found = processes().find(({ command }) => command.includes('start-dev') && `${command} `.includes(` --db-filename ${file} `))
  const port = Number(/ --port (\d+)/.exec(found?.command ?? '')?.[1])
  return found && { pid: found.pid, port }
}

async function answers(port: number, until: number, child?: ChildProcess): Promise<boolean> {
  for (; Date.now() < until && child?.exitCode == null; await sleep(POLL_MS)) if (await accepts(port)) return true
  return false
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })

function handle(pid: number, port: number, adopted: boolean): DevServer {
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

/** Below the ports that systems give out by themselves. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_001, 32_768)
    if (await isFree(port)) return port
  }
}
