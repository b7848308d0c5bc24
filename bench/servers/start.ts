import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Memory, Settings } from './child.ts'

export type Kind = 'bare' | 'batched' | 'parley'
export const kinds: readonly Kind[] = ['bare', 'batched', 'parley']
export type BenchServer = { kind: Kind; port: number; pid: number; memory(): Promise<Memory>; stop(): Promise<void> }

const files: Record<Kind, URL> = {
  bare: new URL('./bare.ts', import.meta.url),
  batched: new URL('./batched.ts', import.meta.url),
  parley: new URL('./parley.ts', import.meta.url),
}

/** Starts one in a process of its own. */
export async function startServer(kind: Kind, settings: Omit<Settings, 'kind'>, nodeOptions: readonly string[] = []): Promise<BenchServer> {
  const env = { ...process.env, NODE_ENV: 'production', BENCH_SETTINGS: JSON.stringify({ ...settings, kind }) }
  const child = fork(files[kind], [], { env, execArgv: [...nodeOptions] })
  const { port } = await answer<{ port: number }>(child, kind)
  return {
    kind,
    port,
    pid: child.pid!,
    memory() {
      const memory = answer<Memory>(child, kind)
      child.send('memory')
      return memory
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.send('stop')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    },
  }
}

/** The child's next word. */
async function answer<T>(child: ChildProcess, kind: Kind): Promise<T> {
  const ending = new AbortController()
  const { signal } = ending
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the ${kind} server ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message as T
  } finally {
    ending.abort()
    ended.catch(() => {})
  }
}
