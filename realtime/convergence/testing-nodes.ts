import { startTestRedis } from '../../persistence/testing-redis.ts'
import { newKey } from '../../server/testing.ts'
import { freePort, type Program, runProgram } from '../faults/testing-program.ts'

/** Two real nodes and a real Redis, and what can befall them. None of it is waited for: clients must live with it. */
export type Nodes = {
  urls: string[]
  /** SIGKILL, and a new start on the same port. */
  kill(node: number): void
  /** SIGSTOP, and SIGCONT after so many ms. */
  stop(node: number, ms: number): void
  /** SIGKILL, and an empty one after so many ms. */
  killRedis(ms: number): void
  stopRedis(ms: number): void
  emptyRedis(): void
  /** How often each of it has happened. */
  befell: Record<'killed' | 'stopped' | 'redisKilled' | 'redisStopped' | 'redisEmptied', number>
  close(): Promise<void>
}
/** `tokenKey`: a PEM that signs the tokens; the nodes know it. */
type Options = { databaseUrl: string; tokenKey: string }

const NODES = 2
const PLENTY = '1000000'
export const limitless = {
  RATE_PER_SECOND: '100000',
  RATE_BURST: PLENTY,
  SOCKET_RATE_PER_SECOND: '100000',
  SOCKET_RATE_BURST: PLENTY,
  ROOM_RATE_PER_SECOND: '100000',
  ROOM_RATE_BURST: PLENTY,
  ADDRESS_RATE_PER_SECOND: '100000',
  ADDRESS_RATE_BURST: PLENTY,
  MAX_SOCKETS_PER_PERSON: PLENTY,
}

export async function startNodes({ databaseUrl, tokenKey }: Options): Promise<Nodes> {
  const redis = await startTestRedis()
  const env = {
    ...limitless,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    TOKEN_KEY: tokenKey,
    CHECKPOINT_KEY: newKey(),
    LOG_LEVEL: 'error',
  }
  const ports: number[] = []
  while (ports.length < NODES) ports.push(await freePort())
  const run = (port: number) => runProgram({ port, env })
  const programs: Program[] = ports.map(run)
  await Promise.all(programs.map((program) => program.ready()))

  const befell = { killed: 0, stopped: 0, redisKilled: 0, redisStopped: 0, redisEmptied: 0 }
  const busy = new Set<number | 'redis'>()
  const pending = new Set<Promise<unknown>>()
  let closing = false
  /** One thing at a time happens to each, and it is over before the end. */
  const suffer = (who: number | 'redis', what: keyof typeof befell, work: () => Promise<unknown>) => {
    if (busy.has(who) || closing) return
    busy.add(who)
    befell[what]++
    const done = work().finally(() => {
      busy.delete(who)
      pending.delete(done)
    })
    pending.add(done)
  }
  const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

  return {
    urls: programs.map(({ url }) => url),
    befell,
    kill: (node) =>
      suffer(node, 'killed', async () => {
        await programs[node]!.end('SIGKILL')
        programs[node] = run(ports[node]!)
        await programs[node].ready()
      }),
    stop: (node, ms) =>
      suffer(node, 'stopped', async () => {
        process.kill(programs[node]!.pid, 'SIGSTOP')
        await pause(ms)
        process.kill(programs[node]!.pid, 'SIGCONT')
      }),
    killRedis: (ms) =>
      suffer('redis', 'redisKilled', async () => {
        await redis.signal('SIGKILL')
        await pause(ms)
        await redis.start()
      }),
    stopRedis: (ms) =>
      suffer('redis', 'redisStopped', async () => {
        await redis.signal('SIGSTOP')
        await pause(ms)
        await redis.signal('SIGCONT')
      }),
    emptyRedis: () => suffer('redis', 'redisEmptied', () => redis.command('flushall')),
    async close() {
      closing = true
      await Promise.all(pending)
      await Promise.all(programs.map((program) => program.end('SIGKILL')))
      await redis.close()
    },
  }
}
