import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A program beside this file, in a process of its own. It gets `input` as JSON and says lines of JSON. */
export type Child<Line> = {
  process: ChildProcess
  lines: Line[]
  /** Resolves with how it ended: 0, or a signal's name. */
  ended: Promise<number | NodeJS.Signals>
}

export function child<Line = unknown>(program: string, input: unknown): Child<Line> {
  const file = join(import.meta.dirname, program)
  const process_ = spawn(process.execPath, [file, JSON.stringify(input)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Line[] = []
  createInterface(process_.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const ended = once(process_, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals)
  return { process: process_, lines, ended }
}

/** In the child: what it was given. */
export const given = <T>(): T => JSON.parse(process.argv[2]!) as T
export const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
