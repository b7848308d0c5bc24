import { setTimeout as sleep } from 'node:timers/promises'
import { round } from '../figures.ts'
import { gather } from '../load/crowd.ts'
import type { Kind } from '../servers/start.ts'
import type { Measure, Run } from './measure.ts'

/** These come and go first: they fill the pools and compile the paths that the others are not to be charged with. */
const WARM_UP = 200
const QUICK = 1_000

/** What an idle connection in a room costs the server, in resident KiB. Each server is a fresh process. */
export async function memoryPerConnection(run: Run): Promise<Measure> {
  const bare = await grow(run, 'bare')
  const batched = await grow(run, 'batched')
  const parley = await grow(run, 'parley')
  return {
    parley: round(parley.rss),
    bare: round(bare.rss),
    batched: round(batched.rss),
    ratio: round(parley.rss / bare.rss),
    unit: 'KiB',
    budget: '≤ 1.3 of bare',
    heap: { parley: round(parley.heap), bare: round(bare.heap), batched: round(batched.heap), ratio: round(parley.heap / bare.heap) },
    connections: parley.connections,
  }
}

type Growth = { rss: number; heap: number; connections: number }

async function grow({ stage, quick, say }: Run, kind: Kind): Promise<Growth> {
  const server = await stage.server(kind, ['--expose-gc'])
  for (const client of await gather(server.port, stage.seats.crowd.slice(0, WARM_UP))) client.cut()
  await sleep(500)
  const before = await server.memory()
  const clients = await gather(server.port, stage.seats.crowd.slice(WARM_UP, quick ? WARM_UP + QUICK : undefined))
  await sleep(500)
  const after = await server.memory()
  for (const client of clients) client.cut()
  await server.stop()
  const each = (bytes: number) => bytes / 1_024 / clients.length
  const [rss, heap] = [each(after.rss - before.rss), each(after.heap - before.heap)]
  say(`  ${kind.padEnd(8)} ${rss.toFixed(1)} KiB, on its heap ${heap.toFixed(1)}`)
  return { rss, heap, connections: clients.length }
}
