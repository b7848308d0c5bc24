import { setTimeout as sleep } from 'node:timers/promises'
import { child } from '../persistence/testing/child.ts'
import { randomFrom } from '../persistence/testing/random.ts'
import { limitless } from '../realtime/convergence/testing-nodes.ts'
import { freePort, runProgram } from '../realtime/faults/testing-program.ts'
import type { World } from '../server/testing.ts'
import { type TestServer, testServer } from './testing.ts'
import type { OnlyTemporal } from './testing-worker.ts'

export type Victim = 'worker' | 'hub' | 'temporal'
const victims: readonly Victim[] = ['worker', 'hub', 'temporal']
/** A hub, a worker and a Temporal, each a process of its own, of which each can be killed at any time. */
export type Cluster = {
  url: string
  server: TestServer
  /** Kills and starts again, one after the other, until it is told to stop; all are up once that resolves. */
  torment(): { stop(): Promise<Record<Victim, number>> }
  close(): Promise<void>
}
/** `key`: a PEM, of tokens and checkpoints. `sweep`: whether the worker has the sweep. In ms: how long there is peace between two kills. */
type Options = { key: string; seed: number; sweep: boolean; peace: { least: number; most: number } }

/** What can be killed, and comes back. */
type Mortal = { kill(): Promise<unknown> }

export async function killable(w: World, { key, seed, sweep, peace }: Options): Promise<Cluster> {
  const random = randomFrom(seed)
  const server = await testServer()
  const [hubPort, workerPort] = [await freePort(random), await freePort(random)]
  const { address } = server.server()
  const shared = { ...limitless, DATABASE_URL: w.url, TOKEN_KEY: key, CHECKPOINT_KEY: key, TEMPORAL_ADDRESS: address, LOG_LEVEL: 'error' }
  const program = async (port: number, roles: string): Promise<Mortal> => {
    const one = runProgram({ port, env: { ...shared, ROLES: roles } })
    await one.ready()
    return { kill: () => one.end('SIGKILL') }
  }
  const withoutSweep = async (): Promise<Mortal> => {
    const one = child(new URL('./testing-worker.ts', import.meta.url), { url: w.url, address, key } satisfies OnlyTemporal)
    return {
      async kill() {
        one.process.kill('SIGKILL')
        await one.ended
      },
    }
  }
  const start: Record<Victim, () => Promise<Mortal>> = {
    hub: () => program(hubPort, 'api,realtime'),
    worker: () => (sweep ? program(workerPort, 'worker') : withoutSweep()),
    temporal: async () => {
      await server.start()
      return { kill: () => server.server().kill() }
    },
  }
  const mortals: Record<Victim, Mortal> = {
    hub: await start.hub(),
    worker: await start.worker(),
    temporal: { kill: () => server.server().kill() },
  }
  const killed: Record<Victim, number> = { worker: 0, hub: 0, temporal: 0 }

  /** Each comes back by itself; only one that is there is killed. */
  function torment() {
    const over = new AbortController()
    const away = new Map<Victim, Promise<void>>()
    const suffer = async (who: Victim) => {
      killed[who]++
      await mortals[who].kill()
      await sleep(random() * 1_500)
      mortals[who] = await start[who]()
      away.delete(who)
    }
    const run = async () => {
      while (await sleep(peace.least + random() * (peace.most - peace.least), true, { signal: over.signal }).catch(() => false)) {
        const who = victims[Math.floor(random() * victims.length)]!
        if (!away.has(who)) away.set(who, suffer(who))
      }
      await Promise.all(away.values())
      return killed
    }
    const running = run()
    return {
      stop: () => {
        over.abort()
        return running
      },
    }
  }
  return {
    url: `http://127.0.0.1:${hubPort}`,
    server,
    torment,
    async close() {
      await Promise.all([mortals.hub.kill(), mortals.worker.kill()])
      await server.close()
    },
  }
}
