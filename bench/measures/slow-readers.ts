import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../client-sdk/contract/index.ts'
import { MESSAGE_MAX } from '../../client-sdk/contract/text.ts'
import { MOST_UNREAD } from '../../realtime/outgoing.ts'
import { round } from '../figures.ts'
import { createPeople, createRooms } from '../fixtures.ts'
import type { Client, Seat } from '../load/client.ts'
import { gather } from '../load/crowd.ts'
import type { Measure, Run } from './measure.ts'

/** How many messages each speaker has under way. */
const WINDOW = 8
/** So many messages while all read, about as many as then are said: what the traffic alone takes is no reader's fault. */
const NORMAL = 2_500
/** More is never needed: the system's own buffers take a few megabytes before the server's begin to fill. */
const MOST = (MOST_UNREAD + 24_000_000) / MESSAGE_MAX
const TEXT = 'x'.repeat(MESSAGE_MAX)
/** How often the memory is looked at, in ms. */
const LOOK = 20
/** Until what is left unread has come, or the connection is closed, in ms. */
const FAREWELL = 7_000

/**
 * What a socket that does not read takes of the server's resident memory at most, until it is cut off. Each is in a room of
 * its own, since what several in one room have not read is kept once.
 */
export async function slowReaders(run: Run): Promise<Measure> {
  const count = run.quick ? 6 : 12
  const ground = await run.stage.open('slow')
  const server = await ground.node({ worker: false, nodeOptions: ['--expose-gc'] })
  const seats = await createRooms(ground.house, await createPeople(ground.house, 2 * count), count, 2)
  const odd = (isOdd: number) => (_: Seat, i: number) => i % 2 === isOdd
  const [speakers, readers] = [await gather(server.port, seats.filter(odd(0))), await gather(server.port, seats.filter(odd(1)))]
  const ends = readers.map(watch)
  const normal = await peak(server.pid, () => Promise.all(speakers.map((speaker) => speak(speaker, NORMAL))))
  const before = await server.memory()
  for (const reader of readers) reader.pause()
  const begin = performance.now()
  let said: number[] = []
  const top = await peak(server.pid, async () => {
    said = await Promise.all(speakers.map((speaker) => speak(speaker, MOST)))
  })
  const seconds = (performance.now() - begin) / 1_000
  for (const reader of readers) reader.resume()
  await sleep(FAREWELL)
  for (const [i, end] of ends.entries()) if (!end.cut) throw new Error(`parley broke a promise: slow reader ${i} was not cut off`)
  const told = ends.filter((end) => end.why.includes('client.tooSlow')).length
  const after = await server.memory()
  for (const client of [...speakers, ...readers]) client.cut()
  await ground.close()

  const mb = (bytes: number) => round(bytes / 1_000_000)
  run.say(
    `  ${count} that do not read, cut off within ${seconds.toFixed(1)} s and ${Math.max(...said)} messages of ${MESSAGE_MAX} characters`,
  )
  run.say(`  resident ${mb(normal)} MB while all read, then at most ${mb(top)} MB, ${mb(after)} MB afterwards; ${told} were told why`)
  return {
    parley: mb((top - normal) / count),
    bare: null,
    batched: null,
    ratio: round((top - normal) / count / MOST_UNREAD),
    unit: 'MB',
    budget: `of the ${MOST_UNREAD / 1_000_000} MB that may be unread`,
    sockets: count,
    residentNormal: normal,
    residentPeak: top,
    residentAfter: after,
  }
}

type End = { cut: boolean; why: string }
/** Whether and why the hub ends the connection. */
function watch(reader: Client): End {
  const end: End = { cut: false, why: '' }
  reader.listener = (event, packet) => {
    if (event === 'session.ending') end.why = packet
    if (event === 'session.ending' || event === 'closed') end.cut = true
  }
  return end
}

/** As fast as they are acknowledged, until the room says that nobody else is there. Resolves with how many there were. */
function speak(speaker: Client, most: number): Promise<number> {
  const { roomId } = speaker.seat
  return new Promise((done, fail) => {
    let said = 0
    let answered = 0
    let isAlone = false
    const say = () => speaker.say(said++, `{"commandId":"${newId()}","roomId":"${roomId}","text":"${TEXT}"}`)
    speaker.listener = (event, packet) => {
      if (event === 'room.presence') isAlone = packet.endsWith('"count":1}]')
      if (event === 'closed' || event === 'session.ending') fail(new Error('the hub cut off one who reads'))
    }
    speaker.ear = {
      heard() {},
      answered(_n, seq) {
        if (seq === null) return fail(new Error('a message was refused'))
        if (++answered === said && (isAlone || said >= most)) done(said)
        else if (!isAlone && said < most) say()
      },
      broken: fail,
    }
    for (let i = 0; i < WINDOW; i++) say()
  })
}

/** The most resident memory of a process while that goes on, in bytes. */
async function peak(pid: number, work: () => Promise<unknown>): Promise<number> {
  let most = residentOf(pid)
  const timer = setInterval(() => {
    most = Math.max(most, residentOf(pid))
  }, LOOK)
  await work().finally(() => clearInterval(timer))
  return most
}

const residentOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024
