import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { quantile, round } from '../figures.ts'
import { type BenchPerson, createPeople, openRooms } from '../fixtures.ts'
import type { Client } from '../load/client.ts'
import { gather } from '../load/crowd.ts'
import { type Heard, listen, talk } from '../load/removed.ts'
import { startRedis } from '../servers/redis.ts'
import type { BenchServer } from '../servers/start.ts'
import type { Ground } from '../stage.ts'
import type { Measure, Run } from './measure.ts'

/** In each room an owner, who removes, one who speaks, and one for each of these ways to go. */
const WAYS = ['removal', 'block', 'signOut'] as const
type Way = (typeof WAYS)[number]
const MEMBERS = 2 + WAYS.length
/** Messages a second in each room. */
const RATE = 10
/** Removals a second, at one node. */
const PACE = 30
/** Who was removed is cut off by then, or never; for so long after that nobody may hear anything; in ms. */
const [PATIENCE, AFTERWARDS] = [10_000, 1_000]

type Plot = { roomId: RoomId; owner: BenchPerson; speaker: BenchPerson; leaving: Record<Way, BenchPerson> }
type Going = { heard: readonly Heard[]; answeredAt: readonly number[] }

/** Two nodes: who is removed on one is connected to the other, where their room goes on talking. */
export async function silence(run: Run): Promise<Measure> {
  const ground = await run.stage.open('silence')
  const [admin] = await createPeople(ground.house, 1, { role: 'admin' })
  const rounds = run.quick ? 50 : 100
  const without = await play(run, ground, admin!, rounds, null)
  const redis = await startRedis()
  const alongside = redis && (await play(run, ground, admin!, rounds, redis.url))
  await ground.close()
  await redis?.stop()
  if (!redis) run.say('  with Redis: there is no redis-server on the PATH')
  const worst = Math.max(...WAYS.map((way) => without[way].lastEvent.p99))
  return {
    parley: worst,
    bare: null,
    batched: null,
    ratio: round(worst / 1_000),
    unit: 'ms',
    budget: 'p99 ≤ 1,000 ms without Redis',
    rounds,
    without,
    with: alongside,
  }
}

async function play(run: Run, ground: Ground, admin: BenchPerson, rounds: number, redisUrl: string | null) {
  const [a, b] = [await ground.node({ redisUrl }), await ground.node({ redisUrl })]
  const plots = await plan(ground, rounds)
  const seat = (plot: Plot, { token }: BenchPerson) => ({ roomId: plot.roomId, token })
  const half = plots.length / 2
  const speakers = [
    ...(await gather(
      a.port,
      plots.slice(0, half).map((plot) => seat(plot, plot.speaker)),
    )),
    ...(await gather(
      b.port,
      plots.slice(half).map((plot) => seat(plot, plot.speaker)),
    )),
  ]
  const leaving: Record<string, Client[]> = {}
  for (const way of WAYS)
    leaving[way] = await gather(
      b.port,
      plots.map((plot) => seat(plot, plot.leaving[way])),
    )
  const talking = talk(speakers, RATE)
  await sleep(1_000)

  const goings = await Promise.all(
    WAYS.map(async (way, w) => {
      const heard = leaving[way]!.map(listen)
      const due = (i: number) => ((i * WAYS.length + w) / PACE) * 1_000
      return { way, heard, answeredAt: await Promise.all(plots.map((plot, i) => sleep(due(i)).then(() => remove(a, way, plot, admin)))) }
    }),
  )
  const until = performance.now() + PATIENCE
  const isOver = () => goings.every(({ heard }) => heard.every((one) => one.cutAt !== null))
  while (performance.now() < until && !isOver()) await sleep(20)
  await sleep(AFTERWARDS)
  for (const { way, heard } of goings) await audit(ground, way, plots, heard)
  talking.stop()
  if (talking.refused() > 0) throw new Error(`${talking.refused()} messages were refused to those who stayed`)
  for (const client of [...speakers, ...Object.values(leaving).flat()]) client.cut()
  await Promise.all([a.stop(), b.stop()])
  const figures = Object.fromEntries(goings.map(({ way, ...its }) => [way, figuresOf(its)])) as Record<Way, Figures>
  for (const way of WAYS) run.say(`  ${redisUrl ? 'with Redis   ' : 'without Redis'} ${way.padEnd(8)} ${tell(figures[way])}`)
  return figures
}

/** In ms from the removal's answer; 0 where it came before that. */
function figuresOf({ heard, answeredAt }: Going) {
  const of = (at: (one: Heard) => number) => {
    const values = Float64Array.from(heard, (one, i) => Math.max(0, at(one) - answeredAt[i]!))
    return { p50: round(quantile(values, 0.5)), p99: round(quantile(values, 0.99)) }
  }
  return { lastEvent: of((one) => one.lastAt), cut: of((one) => one.cutAt!) }
}
type Figures = ReturnType<typeof figuresOf>
const tell = ({ lastEvent, cut }: Figures) =>
  `last event p50 ${lastEvent.p50} p99 ${lastEvent.p99} ms, cut off p50 ${cut.p50} p99 ${cut.p99} ms after the answer`

async function plan({ house }: Ground, rounds: number): Promise<Plot[]> {
  const people = await createPeople(house, rounds * MEMBERS)
  const groups = Array.from({ length: rounds }, (_, i) => people.slice(i * MEMBERS, (i + 1) * MEMBERS))
  const ids = await openRooms(house, groups)
  return groups.map(([owner, speaker, removal, block, signOut], i) => {
    return { roomId: ids[i]!, owner: owner!, speaker: speaker!, leaving: { removal: removal!, block: block!, signOut: signOut! } }
  })
}

/** When it was answered. */
async function remove({ port }: BenchServer, way: Way, { roomId, owner, leaving }: Plot, admin: BenchPerson): Promise<number> {
  const { userId } = leaving[way]
  const [method, path, { token }] = {
    removal: ['DELETE', `rooms/${roomId}/members/${userId}`, owner],
    block: ['PUT', `people/${userId}/block`, admin],
    signOut: ['DELETE', 'sessions/current', leaving.signOut],
  }[way] as [string, string, BenchPerson]
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  const answeredAt = performance.now()
  if (!response.ok) throw new Error(`the ${way} was refused: ${await response.text()}`)
  await response.arrayBuffer()
  return answeredAt
}

/** The room's last seq before it. A sign-out takes nobody's right to the room, and has no place in its order. */
const LAST: Record<Way, string> = {
  removal: `select seq - 1 as last from parley.event where stream_id = $1 and type = 'room.memberRemoved'`,
  block: `select max(e.seq) as last from parley.event e, parley.event b
           where e.stream_id = $1 and b.stream_id = $2 and b.type = 'person.blocked' and e.at <= b.at`,
  signOut: 'select last_seq as last from parley.stream where id = $1',
}

/** Throws if somebody heard what was committed after they were removed, or is still not cut off. */
async function audit({ house }: Ground, way: Way, plots: readonly Plot[], heard: readonly Heard[]): Promise<void> {
  for (const [i, { roomId, leaving }] of plots.entries()) {
    const { rows } = await house.db.pool.query<{ last: string }>(LAST[way], way === 'block' ? [roomId, leaving.block.userId] : [roomId])
    const { seq, cutAt } = heard[i]!
    if (cutAt === null) throw new Error(`parley broke a promise: after a ${way} somebody was not cut off`)
    if (seq > Number(rows[0]!.last)) throw new Error(`parley broke a promise: after a ${way} at ${rows[0]!.last} somebody heard ${seq}`)
  }
}
