import { context } from '../../server/ctx.ts'
import { createApp } from '../../server/http.ts'
import { createLog } from '../../server/log.ts'
import { listRooms } from '../../server/rooms/list-rooms.ts'
import { markRead } from '../../server/rooms/read-room.ts'
import { asSuperuser, fillRooms, settle } from '../bulk.ts'
import { median, round } from '../figures.ts'
import { type BenchPerson, createPeople, openRooms, sessionOf } from '../fixtures.ts'
import type { Ground } from '../stage.ts'
import { alternately, connecting, liveCosts, type Owner } from './inbox-live.ts'
import type { Measure, Run } from './measure.ts'

const MANY = 5_000
const QUICK = 1_000
const FEW = 5
/** In each room. */
const MESSAGES = 20
/** In one of this many rooms the person was named. */
const NAMED = 50
const PAGE = 50

/** What it costs that somebody has 5,000 rooms: the list of them, and all that happens every day. */
export async function inbox(run: Run): Promise<Measure> {
  const ground = await run.stage.open('inbox')
  const count = run.quick ? QUICK : MANY
  const [many, few] = await prepare(ground, count)
  const server = await ground.node({ worker: false })
  const turns = run.quick ? 20 : 40
  const found = { many: await look(ground, many, turns), few: await look(ground, few, turns) }
  const read = await alternately(turns * 5, { many: reading(ground, many), few: reading(ground, few) })
  const connect = await alternately(turns, { many: connecting(server.port, many), few: connecting(server.port, few) })
  const live = { many: await liveCosts(run, server, many, turns), few: await liveCosts(run, server, few, turns) }
  await ground.close()

  const each = {
    many: { ...found.many, ...live.many, connect: connect.many, read: read.many },
    few: { ...found.few, ...live.few, connect: connect.few, read: read.few },
  }
  for (const [name, its] of Object.entries(each)) run.say(`  ${name.padEnd(5)} ${tell(its)}`)
  const perRoom = ((found.many.whole - found.few.whole) / (count - FEW)) * 1_000
  const ratios = {
    read: round(read.many / read.few),
    connect: round(connect.many / connect.few),
    message: round(live.many.message / live.few.message),
  }
  run.say(`  each further room of the list takes ${perRoom.toFixed(1)} µs; against a person with ${FEW}: ${JSON.stringify(ratios)}`)
  return {
    parley: found.many.whole,
    bare: null,
    batched: null,
    ratio: Math.max(...Object.values(ratios)),
    unit: 'ms',
    rooms: count,
    budget: `none; as a person with ${FEW}: about 1`,
    perRoomMicroseconds: round(perRoom),
    ratios,
    ...each,
  }
}

const tell = (its: Record<string, number>) =>
  `all rooms by REST ${its.whole} ms, ${its.wholeBytes} bytes; use case alone ${its.useCase} ms; ${PAGE} with previews ${its.page} ms, ${its.pageBytes} bytes; ` +
  `a read mark ${its.read} ms; to connect ${its.connect} ms; a message ${its.message} ms CPU, told within ${its.told} ms`

async function prepare({ house, url }: Ground, count: number): Promise<[Owner, Owner]> {
  const [many, other, few, another] = (await createPeople(house, 4)) as [BenchPerson, BenchPerson, BenchPerson, BenchPerson]
  const ids = await openRooms(house, [
    ...Array.from({ length: count }, () => [many, other]),
    ...Array.from({ length: FEW }, () => [few, another]),
  ])
  await asSuperuser(url, async (client) => {
    await fillRooms(
      client,
      ids.map((roomId, i) => ({ roomId, count: MESSAGES, age: 60 * i })),
    )
    await client.query(
      `insert into mention (user_id, room_id, seq) select m.user_id, m.room_id, s.last_seq from member m join stream s on s.id = m.room_id
        where m.role = 'owner' and m.room_id = any($1::uuid[])`,
      [ids.filter((_, i) => i % NAMED === 0)],
    )
    await settle(client)
  })
  return [
    { person: many, other, rooms: ids.slice(0, count) },
    { person: few, other: another, rooms: ids.slice(count) },
  ]
}

/** Medians in ms, in this process. */
async function look({ house }: Ground, { person, rooms }: Owner, turns: number) {
  const app = createApp(house, { log: createLog({ write: () => {} }), isAllowedOrigin: () => false })
  const ctx = () => context(house, sessionOf(person))
  const get = async (query: string, expected: number) => {
    const response = await app.request(`/api/v1/rooms${query}`, { headers: { authorization: `Bearer ${person.token}` } })
    const text = await response.text()
    const its = (JSON.parse(text) as { rooms?: { unread: number }[] }).rooms
    if (its?.length !== expected || its.some((room) => room.unread > MESSAGES))
      throw new Error(`not ${expected} rooms: ${text.slice(0, 200)}`)
    return text.length
  }
  const [whole, wholeBytes] = await timed(turns, () => get('', rooms.length))
  const [page, pageBytes] = await timed(turns, () => get(`?limit=${PAGE}&previews=true`, Math.min(PAGE, rooms.length)))
  const [useCase] = await timed(turns, async () => (await listRooms(ctx(), { previews: false })).rooms.length)
  return { whole, wholeBytes, page, pageBytes, useCase }
}

/** A mark that moves on with each of the first messages, and then says what is so already. */
function reading({ house }: Ground, { person, rooms }: Owner) {
  let seq = 3
  return () => markRead(context(house, sessionOf(person)), { roomId: rooms[0]!, seq: seq++ })
}

/** The median in ms, and the last result; the first few do not count. */
async function timed(turns: number, work: () => Promise<number>): Promise<[number, number]> {
  const times: number[] = []
  let result = 0
  for (let i = -Math.ceil(turns / 10); i < turns; i++) {
    const begin = performance.now()
    result = await work()
    if (i >= 0) times.push(performance.now() - begin)
  }
  return [round(median(times)), result]
}
