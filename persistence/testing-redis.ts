import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { engineProgram } from '../scripts/engines-path.ts'
import { isFree } from './embedded-postgres.ts'

/** A real redis-server of its own, in memory alone. */
export type TestRedis = {
  url: string
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Resolves once a SIGKILLed server is gone; the others take effect as they come. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** One command, as anybody who reaches it may send. */
  command(...words: [string, ...(string | Buffer)[]]): Promise<unknown>
  close(): Promise<void>
}

/** Longer than any start may take on a busy machine, in ms. */
const PATIENCE = 20_000

export async function startTestRedis(): Promise<TestRedis> {
  const home = mkdtempSync(join(tmpdir(), 'parley-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | null = null
  const program = engineProgram('redis')
  const kill = () => server?.kill('SIGKILL')
  process.once('exit', kill)

  async function start(): Promise<void> {
    const child = spawn(program, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', home], {
      stdio: 'ignore',
    })
    let failure: unknown
    child.on('error', (error) => {
      failure = error
    })
    server = child
    for (const until = Date.now() + PATIENCE; Date.now() < until && !failure && child.exitCode === null; await sleep(20)) {
      if ((await command('ping').catch(() => null)) === 'PONG') return
    }
    throw new Error('redis-server did not start', { cause: failure })
  }

  async function command(...[name, ...words]: [string, ...(string | Buffer)[]]): Promise<unknown> {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 2_000, socketTimeout: 2_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.call(name, ...words)
    } finally {
      client.disconnect()
    }
  }

  async function signal(name: Parameters<TestRedis['signal']>[0]): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const gone = name === 'SIGKILL' ? once(server, 'exit') : null
    server.kill(name)
    await gone
  }

  await start()
  return {
    url,
    start,
    signal,
    command,
    async close() {
      await signal('SIGKILL')
      process.off('exit', kill)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Below 32768, where systems do not give out ports by themselves. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_001 + Math.floor(Math.random() * 22_000)
    if (await isFree(port)) return port
  }
}
