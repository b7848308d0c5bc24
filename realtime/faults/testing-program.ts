import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFree } from '../../persistence/embedded-postgres.ts'
import { randomFrom } from '../../persistence/testing/random.ts'

/** The real program, `server/main.ts`, in a process of its own. */
export type Program = {
  pid: number
  url: string
  /** What it wrote so far, on both its outputs. */
  said(): string
  /** What it logged, a JSON object a line. */
  lines(): Record<string, unknown>[]
  /** How it ended: its exit code, or a signal's name. */
  ended: Promise<number | NodeJS.Signals>
  /** Resolves once `/readyz` says 200; rejects with what it said where it ends before. */
  ready(): Promise<Program>
  /** Sends a signal, and resolves once the process is gone. A program that is gone already is no error. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}
type Options = { port: number; env?: Record<string, string>; cwd?: string; args?: string[] }

const MAIN = join(import.meta.dirname, '../../server/main.ts')
/** Longer than any start may take on a slow machine, in ms. */
const PATIENCE = 120_000

/** Nothing of this process's environment goes along but PATH. It does without Temporal, unless `env` says otherwise. */
export function runProgram({ port, env = {}, cwd = tmpdir(), args = [] }: Options): Program {
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', PORT: `${port}`, TEMPORAL_ADDRESS: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  let hasEnded = false
  const ended = once(child, 'close').then(([code, signal]) => {
    hasEnded = true
    return (signal ?? code) as number | NodeJS.Signals
  })
  const program: Program = {
    pid: child.pid!,
    url,
    said: () => said,
    lines: () => said.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [])),
    ended,
    async ready() {
      for (const until = Date.now() + PATIENCE; Date.now() < until && !hasEnded; await sleep(20)) {
        if ((await statusOf(`${url}/readyz`)) === 200) return program
      }
      throw new Error(`Parley did not become ready. It said:\n${said}`)
    },
    end(signal) {
      if (!hasEnded) child.kill(signal)
      return ended
    },
  }
  return program
}

/** Null where nobody answers within 10 s. */
export const statusOf = (url: string): Promise<number | null> =>
  fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
    ({ status }) => status,
    () => null,
  )

/** Below 32768, where systems do not give out ports by themselves. */
export async function freePort(random = randomFrom(Date.now() ^ process.pid)): Promise<number> {
  for (;;) {
    const port = 10_001 + Math.floor(random() * 22_000)
    if (await isFree(port)) return port
  }
}
