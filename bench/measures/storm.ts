import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../client-sdk/contract/uuid.ts'
import { median, round } from '../figures.ts'
import type { Client, Seat } from '../load/client.ts'
import { enter, gather } from '../load/crowd.ts'
import { type BenchServer, type Kind, kinds } from '../servers/start.ts'
import type { Measure, Run } from './measure.ts'

const MISSED = 20
/** Until a server has surely noticed that its clients are gone, in ms. */
const NOTICE = 1_000

/** All clients are cut at once, miss some messages, and come back at once: how long until the last has caught up? */
export async function storm(run: Run): Promise<Measure> {
  const seconds: Record<Kind, number[]> = { bare: [], batched: [], parley: [] }
  for (let i = 0; i < (run.quick ? 2 : 4); i++) {
    for (const kind of kinds) {
      const took = await once(await run.stage.shared(kind), run.stage.seats.storm, run.stage.seats.speakers)
      run.say(`  ${kind.padEnd(8)} ${took.toFixed(2)} s${i === 0 ? ' (the first warms up)' : ''}`)
      if (i > 0) seconds[kind].push(took)
    }
  }
  const of = (kind: Kind) => round(median(seconds[kind]))
  return {
    parley: of('parley'),
    bare: of('bare'),
    batched: of('batched'),
    ratio: round(of('parley') / of('bare')),
    unit: 's',
    budget: '≤ 2 of bare’s plain reconnect',
    clients: run.stage.seats.storm.length,
    missedEach: MISSED,
  }
}

/** In seconds. Throws if a client that came back lacks a message; a server that stores nothing has none to give. */
async function once({ port, kind }: BenchServer, seats: readonly Seat[], speakers: readonly Seat[]): Promise<number> {
  const clients = await gather(port, seats)
  const talking = await gather(port, speakers)
  const heads = clients.map((client) => client.seq)
  for (const client of clients) client.cut()
  await sleep(NOTICE)
  await Promise.all(talking.map(talk))

  const begin = performance.now()
  const back = await Promise.all(seats.map((seat, i) => enter(port, seat, heads[i])))
  const took = performance.now() - begin
  for (const [i, { entered }] of back.entries()) {
    const seqs = entered.events.map((event) => event.seq)
    const missed = Array.from({ length: kind === 'bare' ? 0 : MISSED }, (_, n) => heads[i]! + n + 1)
    if (seqs.join() !== missed.join())
      throw new Error(`${kind} broke a promise: a client caught up with ${seqs.join()}, not ${missed.join()}`)
  }
  for (const { client } of back) client.cut()
  for (const client of talking) client.cut()
  await sleep(NOTICE)
  return took / 1_000
}

async function talk(client: Client): Promise<void> {
  for (let i = 0; i < MISSED; i++) {
    await client.request('chat.send', { commandId: newId(), roomId: client.seat.roomId, text: `missed ${i} ${'.'.repeat(118)}` })
  }
}
