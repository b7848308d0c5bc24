import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { median, round } from '../figures.ts'
import type { BenchPerson } from '../fixtures.ts'
import { Client } from '../load/client.ts'
import { gather } from '../load/crowd.ts'
import { runTrial } from '../load/trial.ts'
import type { BenchServer } from '../servers/start.ts'
import type { Run } from './measure.ts'

/** Messages a second in one of the person's rooms. */
const RATE = 100

/** `rooms`: of this person and one other, who is the same in all of them. */
export type Owner = { person: BenchPerson; other: BenchPerson; rooms: RoomId[] }

/** Medians in ms. They take turns, so that noise hits both alike, and warm up first. */
export async function alternately(turns: number, works: Record<'many' | 'few', () => Promise<unknown>>) {
  const times = { many: [] as number[], few: [] as number[] }
  for (let i = -turns; i < turns; i++) {
    for (const name of ['many', 'few'] as const) {
      const begin = performance.now()
      await works[name]()
      if (i >= 0) times[name].push(performance.now() - begin)
    }
  }
  return { many: round(median(times.many)), few: round(median(times.few)) }
}

export const connecting =
  (port: number, { person, rooms }: Owner) =>
  async () =>
    (await Client.open(port, { roomId: rooms[0]!, token: person.token })).cut()

/** With that person connected to a node, and nothing open. */
export async function liveCosts({ stage }: Run, { port, pid }: BenchServer, { person, other, rooms }: Owner, turns: number) {
  const watching = await Client.open(port, { roomId: rooms[0]!, token: person.token })
  const speaking = await gather(
    port,
    [0, 1].map(() => ({ roomId: rooms[0]!, token: other.token })),
  )
  const target = { name: 'parley', clients: speaking, pid, postgres: stage.postgres }
  const { cpu } = await runTrial(target, { rate: RATE, warmUp: 1, seconds: turns / 10 })

  const tolds: number[] = []
  for (let i = 0; i < turns / 10; i++) {
    await sleep(1_000 * Math.random()) // they are told once a second: not always just after the last time
    const heard = new Promise<void>((done) => {
      watching.listener = (event) => event === 'inbox.changed' && done()
    })
    const begin = performance.now()
    await speaking[0]!.request('chat.send', { commandId: crypto.randomUUID(), roomId: rooms[0]!, text: 'hello' })
    await heard
    tolds.push(performance.now() - begin)
  }
  for (const client of [watching, ...speaking]) client.cut()
  await sleep(500)
  return { message: round(((cpu.server + cpu.postgres) / RATE) * 1_000), told: round(median(tolds)) }
}
