import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../client-sdk/contract/index.ts'
import { MESSAGE_MAX } from '../../client-sdk/contract/text.ts'
import { MOST_UNREAD } from '../../realtime/outgoing.ts'
import { round } from '../figures.ts'
import { createPeople, createRooms } from '../fixtures.ts'
import type { Client, Seat } from '../load/client.ts'
import { gather } from '../load/crowd.ts'
import type { Memory } from '../servers/child.ts'
import type { BenchServer } from '../servers/start.ts'
import type { Measure, Run } from './measure.ts'

/** How many messages each speaker has under way. */
const WINDOW = 8
/** Of 4,000 characters. So many while all read; then so many at once, which nobody is cut off for; then step by step. */
const NORMAL = 500
const LEAP = Math.floor((0.9 * MOST_UNREAD) / (MESSAGE_MAX + 300))
/** In each step. */
const [STEP, QUICK] = [75, 200]
/** By then everybody must have been cut off: the system's own buffers take some megabytes before the server's begin to fill. */
const MOST = (MOST_UNREAD + 16_000_000) / MESSAGE_MAX
const TEXT = 'x'.repeat(MESSAGE_MAX)
/** By then what is left unread has come, or the connection is closed, in ms. */
const FAREWELL = 10_000

/**
 * What a socket that does not read takes of the server's resident memory at most, until it is cut off. Each is in a room of
 * its own, since what several in one room have not read is kept once. Garbage is collected before each look.
 */
export async function slowReaders(run: Run): Promise<Measure> {
  const count = run.quick ? 6 : 16
  const ground = await run.stage.open('slow')
  const server = await ground.node({ worker: false, nodeOptions: ['--expose-gc'] })
  const seats = await createRooms(ground.house, await createPeople(ground.house, 2 * count), count, 2)
  const every = (second: number) => seats.filter((_: Seat, i: number) => i % 2 === second)
  const speakers = (await gather(server.port, every(0))).map(speaker)
  const readers = await gather(server.port, every(1))
  const ends = readers.map(watch)
  await Promise.all(speakers.map((its) => its.speak(NORMAL)))
  const before = await server.memory()
  for (const reader of readers) reader.pause()
  const { most, said } = await fill(server, speakers, run.quick ? QUICK : STEP)
  for (const reader of readers) reader.resume()
  const until = performance.now() + FAREWELL
  while (performance.now() < until && ends.some((end) => !end.isCut)) await sleep(100)
  const after = await server.memory()
  for (const [i, end] of ends.entries()) if (!end.isCut) throw new Error(`parley broke a promise: slow reader ${i} was not cut off`)
  for (const client of [...speakers.map((its) => its.client), ...readers]) client.cut()
  await ground.close()

  const each = ({ rss }: Memory) => (rss - before.rss) / count
  const heap = (memory: Memory) => (memory.heap - before.heap) / count
  const mb = (bytes: number) => round(bytes / 1_000_000)
  run.say(`  ${count} that do not read, cut off within ${said} messages of ${MESSAGE_MAX} characters`)
  run.say(`  resident ${mb(before.rss)} MB while all read, then at most ${mb(most.rss)}, and ${mb(after.rss)} afterwards`)
  run.say(
    `  at most ${mb(each(most))} MB each, where ${mb(MOST_UNREAD)} MB may be unread; on its heap ${mb(heap(most))}, of which ${mb(heap(after))} stay`,
  )
  return {
    parley: mb(each(most)),
    bare: null,
    batched: null,
    ratio: round(each(most) / (2 * MOST_UNREAD)),
    unit: 'MB',
    budget: `≤ 1: of twice the ${mb(MOST_UNREAD)} MB that may be unread`,
    sockets: count,
    heap: mb(heap(most)),
    stays: { resident: mb(each(after)), heap: mb(heap(after)) },
  }
}

/** Until everybody is cut off. `most`: the most memory at any look. */
async function fill(server: BenchServer, speakers: readonly Speaker[], step: number): Promise<{ most: Memory; said: number }> {
  await Promise.all(speakers.map((its) => its.speak(LEAP)))
  let said = LEAP
  let most = await server.memory()
  while (!speakers.every((its) => its.isAlone())) {
    if (said > MOST) throw new Error(`parley broke a promise: nobody was cut off after ${said} messages`)
    await Promise.all(speakers.map((its) => its.speak(step)))
    said += step
    const memory = await server.memory()
    if (memory.rss > most.rss) most = memory
  }
  return { most, said }
}

type End = { isCut: boolean }
/** Whether the hub has ended the connection. Why, it may be too late to hear: every look takes half a second. */
function watch(reader: Client): End {
  const end: End = { isCut: false }
  reader.listener = (event) => {
    if (event === 'session.ending' || event === 'closed') end.isCut = true
  }
  return end
}

/** `isAlone`: the room has said that nobody else is there. `speak`: so many messages, as fast as they are acknowledged. */
type Speaker = { client: Client; isAlone(): boolean; speak(count: number): Promise<void> }

function speaker(client: Client): Speaker {
  let isAlone = false
  client.listener = (event, packet) => {
    if (event === 'room.presence') isAlone = packet.endsWith('"count":1}]')
    if (event === 'closed' || event === 'session.ending') client.ear?.broken(new Error('the hub cut off one who reads'))
  }
  const speak = (count: number) =>
    new Promise<void>((done, fail) => {
      let said = 0
      let answered = 0
      const say = () => client.say(said++, `{"commandId":"${newId()}","roomId":"${client.seat.roomId}","text":"${TEXT}"}`)
      client.ear = {
        heard() {},
        answered(_n, seq) {
          if (seq === null) return fail(new Error('a message was refused'))
          if (++answered === count) done()
          else if (said < count) say()
        },
        broken: fail,
      }
      for (let i = 0; i < WINDOW; i++) say()
    })
  return { client, isAlone: () => isAlone, speak }
}
