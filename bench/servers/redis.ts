import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { isFree } from '../../persistence/embedded-postgres.ts'
import { openRedis } from '../../persistence/redis.ts'

export type RedisServer = { url: string; stop(): Promise<void> }

const PROGRAM = 'redis-server'
/** How long a start may take, in ms. */
const PATIENCE = 10_000

/** A redis-server of its own, in memory alone. Null where there is none on the PATH. */
export async function startRedis(): Promise<RedisServer | null> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const child = spawn(PROGRAM, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const isStarted = await once(child, 'spawn').catch(() => null)
  if (!isStarted) return null
  const gone = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const redis = openRedis(url)
  const { on } = await redis.settled(PATIENCE)
  redis.close()
  const stop = async () => {
    process.off('exit', kill)
    kill()
    await gone
  }
  if (on) return { url, stop }
  await stop()
  throw new Error('redis-server did not start')
}

/** Below 32768, where systems do not give out ports by themselves. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_001 + Math.floor(Math.random() * 22_000)
    if (await isFree(port)) return port
  }
}
