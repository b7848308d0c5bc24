import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { signal as send } from '../persistence/processes.ts'

/** `timeout` in ms. `signal`: nobody waits for it any more. */
type Options = { timeout: number; signal?: AbortSignal; cwd?: string }

/**
 * What a program wrote on its standard output; rejects with the end of what else it said where it fails. It has a group of its own, so that
 * Ctrl-C does not reach it, and all that it started ends with it.
 */
export async function run(file: string, args: readonly string[], { timeout, signal, cwd }: Options): Promise<string> {
  signal?.throwIfAborted()
  const child = spawn(file, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let other = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    other = (other + text).slice(-4_000)
  })
  let isLate = false
  const end = () => child.pid !== undefined && child.exitCode === null && send(-child.pid, 'SIGKILL')
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, timeout)
  signal?.addEventListener('abort', end)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    if (isLate) throw new Error(`${file} took longer than ${timeout / 1_000} s`)
    signal?.throwIfAborted()
    if (code !== 0) throw new Error(gist(other) || `${file} ended with ${code}`)
    return out
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

/** Of what a program said at its end, the line that tells most. */
function gist(text: string): string | undefined {
  const lines = text.trim().split('\n')
  return lines.findLast((line) => /^\s*(\w*Error|ERROR)\b/.test(line)) ?? lines.at(-1)
}
