import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program in a process of its own. It gets `input` as JSON and says lines of JSON. */
export type Child<Line> = {
  process: ChildProcess
  lines: Line[]
  /** Resolves with how it ended: 0, or a signal's name. */
  ended: Promise<number | NodeJS.Signals>
}

/** Tests start many: with this, each is up in half the time. */
const COMPILED = join(tmpdir(), 'parley-compile-cache')

const running = new Set<ChildProcess>()
/** For `afterEach`: a test that failed leaves nothing running. */
export const killChildren = (): void => running.forEach((it) => void it.kill('SIGKILL'))

export function child<Line = unknown>(program: URL, input: unknown): Child<Line> {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED }
  const forked = spawn(process.execPath, [fileURLToPath(program), JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'inherit'], env })
  running.add(forked)
  forked.once('close', () => running.delete(forked))
  const lines: Line[] = []
  createInterface(forked.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const ended = once(forked, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals)
  return { process: forked, lines, ended }
}

/** In the child: what it was given. */
export const given = <T>(): T => JSON.parse(process.argv[2]!) as T
export const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
