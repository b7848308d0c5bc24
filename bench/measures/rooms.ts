import { setTimeout as sleep } from 'node:timers/promises'
import { asSuperuser, settle } from '../bulk.ts'
import { quantile, round } from '../figures.ts'
import { createPeople, openRooms } from '../fixtures.ts'
import type { Client, Seat } from '../load/client.ts'
import { gather } from '../load/crowd.ts'
import { runTrial, type Trial } from '../load/trial.ts'
import type { BenchServer } from '../servers/start.ts'
import type { Measure, Run } from './measure.ts'

/** `connected`: of its members, as many as one machine can be asked for; `rate`: messages a second. 200 is the largest room where presence is told by name. */
const SIZES = [
  { members: 10, connected: 10, rate: 300 },
  { members: 200, connected: 200, rate: 40 },
  { members: 1_000, connected: 1_000, rate: 10 },
  { members: 10_000, connected: 2_000, rate: 5 },
]
type Size = (typeof SIZES)[number]
const SPEAKERS = 10
/** Until the last word of who is there has been said, in ms. */
const SETTLE = 2_500

/** What rooms of different sizes cost: a message, a join, and that everybody comes at once. */
export async function rooms(run: Run): Promise<Measure> {
  const ground = await run.stage.open('rooms')
  const sizes = run.quick ? SIZES.filter(({ members }) => members !== 200).map(fewer) : SIZES
  const most = (key: 'members' | 'connected') => Math.max(...sizes.map((size) => size[key]))
  const people = await createPeople(ground.house, most('members'), { signedIn: most('connected') })
  const ids = await openRooms(
    ground.house,
    sizes.map((size) => people.slice(0, size.members)),
  )
  await asSuperuser(ground.url, settle)
  const servers = { bare: await run.stage.server('bare'), parley: await ground.node() }
  const bySize: BySize[] = []
  for (const [i, size] of sizes.entries()) {
    const seats = people.slice(0, size.connected).map(({ token }) => ({ roomId: ids[i]!, token }))
    const bare = await visit(run, servers.bare, seats, size)
    const parley = await visit(run, servers.parley, seats, size)
    const ratio = ratiosOf(bare, parley)
    bySize.push({ ...size, bare, parley, ratio })
    run.say(
      `  ${size.members} members: Parley takes ${ratio.cpu} of bare’s CPU per delivery, and ${ratio.last} of its time to the last one`,
    )
  }
  await servers.bare.stop()
  await ground.close()
  const thousand = bySize.find(({ members }) => members === 1_000)!
  return {
    parley: thousand.parley.message.cpu,
    bare: thousand.bare.message.cpu,
    batched: null,
    ratio: thousand.ratio.cpu,
    unit: 'ms CPU/msg',
    budget: 'none; of a thousand, per delivery',
    bySize,
  }
}

const fewer = (size: Size): Size => ({ ...size, connected: Math.min(1_000, size.connected) })

type Visit = Awaited<ReturnType<typeof visit>>
type BySize = Size & { bare: Visit; parley: Visit; ratio: ReturnType<typeof ratiosOf> }

async function visit({ quick, say, stage }: Run, server: BenchServer, seats: readonly Seat[], { members, connected, rate }: Size) {
  const { kind, port, pid } = server
  const begin = performance.now()
  // As people who were here before: a room's history is not what is measured, and its snapshot is, below.
  const clients = await gather(port, seats, members + 1)
  const came = (performance.now() - begin) / 1_000
  if (kind === 'parley') await sleep(SETTLE)
  const presence = presenceOf(clients)
  const plan = { rate, warmUp: 1, seconds: quick ? 2 : 5, speakers: SPEAKERS, patience: 10_000 }
  const message = messageOf(await runTrial({ name: kind, clients, pid, postgres: stage.postgres }, plan))
  const join = kind === 'parley' ? await joins(clients, members > 1_000 ? (quick ? 10 : 30) : quick ? 30 : 100) : null
  for (const client of clients) client.cut()
  await sleep(500)

  say(`  ${kind.padEnd(8)} ${String(connected).padStart(5)} of ${members} connected in ${came.toFixed(1)} s`)
  say(
    `    a message: ${message.cpu} ms of the server’s CPU, ${message.postgres} of PostgreSQL’s; each has it after p50 ${message.p50} ms, the last after p50 ${message.lastP50} p99 ${message.lastP99} ms`,
  )
  if (join)
    say(
      `    a join: p50 ${join.p50} p99 ${join.p99} ms, ${join.bytes} bytes; with what was missed only: p50 ${join.backP50} ms, ${join.backBytes} bytes`,
    )
  if (kind === 'parley') say(`    presence as all came: ${presence.frames} frames, ${presence.bytes} bytes to each`)
  return { cameIn: round(came), message, join, presence }
}

const messageOf = ({ rate, cpu, p50, lastP50, lastP99 }: Trial) => ({
  cpu: round((cpu.server / rate) * 1_000),
  postgres: round((cpu.postgres / rate) * 1_000),
  p50: round(p50),
  lastP50: round(lastP50),
  lastP99: round(lastP99),
})

/** As many sockets and the same rate for both, so that the ratio per message is that per delivery. */
const ratiosOf = (bare: Visit, parley: Visit) => ({
  cpu: round(parley.message.cpu / bare.message.cpu),
  last: round(parley.message.lastP50 / bare.message.lastP50),
})

/** What each client was told of who is there, on average. */
function presenceOf(clients: readonly Client[]) {
  const sum = (key: 'frames' | 'bytes') => clients.reduce((all, client) => all + (client.whispered['room.presence']?.[key] ?? 0), 0)
  return { frames: round(sum('frames') / clients.length), bytes: round(sum('bytes') / clients.length) }
}

/** One after the other, by people who knew nothing of the room, and by those who know all but its last event. */
async function joins(clients: readonly Client[], count: number) {
  const times = { snapshot: new Float64Array(count), back: new Float64Array(count) }
  const bytes = { snapshot: 0, back: 0 }
  for (let i = 0; i < count; i++) {
    for (const way of ['snapshot', 'back'] as const) {
      const client = clients[i % clients.length]!
      const { roomId } = client.seat
      await client.request('room.leave', { roomId })
      const begin = performance.now()
      await client.request('room.join', way === 'snapshot' ? { roomId } : { roomId, after: client.seq - 1 })
      times[way][i] = performance.now() - begin
      bytes[way] = client.answerBytes
    }
  }
  return {
    p50: round(quantile(times.snapshot, 0.5)),
    p99: round(quantile(times.snapshot, 0.99)),
    bytes: bytes.snapshot,
    backP50: round(quantile(times.back, 0.5)),
    backP99: round(quantile(times.back, 0.99)),
    backBytes: bytes.back,
  }
}
