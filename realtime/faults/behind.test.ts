import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { connect, type OpenSocket, openSocketIo, type Room } from '../../client-sdk/src/index.ts'
import { sendMessage } from '../../server/chat/send-message.ts'
import { commandId, type TestPerson } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { LISTENER, type Listening, type Order, type Told } from './testing-listener.ts'
import { layWire, type Wire } from './testing-wire.ts'

const FLOOD = 50_000
/** Units of a flood's message: all of them together would fill the heaps that are measured here many times over. */
const LENGTH = 1_000
const MB = 1_024 * 1_024
/** What a bounded listener's heap may be at most, all of it, in MB. */
const HEAP = 56
const patience = { timeout: 120_000, interval: 100 }

let h: TestHub
let wire: Wire
const closing: (() => unknown)[] = []
beforeAll(async () => {
  h = await hub({ tokenSeconds: 3_600 })
  wire = await layWire(h.url)
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  wire.mend()
})
afterAll(async () => {
  await wire?.close()
  await h?.close()
})

const say = (person: TestPerson, roomId: RoomId, text: string) => sendMessage(h.as(person), { commandId: commandId(), roomId, text })

/** So many messages, in order; many at once, so that they share commits. */
async function flood(person: TestPerson, roomId: RoomId, count: number, text: (n: number) => string): Promise<void> {
  for (let n = 0; n < count; n += 2_000) {
    const some = Array.from({ length: Math.min(2_000, count - n) }, (_, i) => say(person, roomId, text(n + i)))
    await Promise.all(some)
  }
}

/** Somebody who goes on talking until told to stop. */
function chatter(person: TestPerson, roomId: RoomId): () => Promise<void> {
  let talking = true
  const talk = async () => {
    for (let n = 0; talking; n++) {
      await say(person, roomId, `meanwhile ${n}`)
      await sleep(10)
    }
  }
  const talked = talk()
  const stop = async () => {
    talking = false
    await talked
  }
  closing.push(stop)
  return stop
}

/** The words of the room's messages in the log, in order; those after a seq, if one is given. */
async function logOf(roomId: RoomId, after = 0): Promise<{ head: number; texts: string[] }> {
  const texts: string[] = []
  for (let head = after; ; ) {
    const { events } = await h.db.log.readAfter(roomId, head, 5_000)
    if (events.length === 0) return { head, texts }
    for (const event of events) if (event.type === 'chat.messageSent') texts.push(event.data.personal?.text ?? '')
    head = events.at(-1)!.seq
  }
}

/** An SDK in a process of its own, whose memory is its own. */
class Listener {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface
  readonly #gone: Promise<never>

  constructor(listening: Listening, heapMb: number) {
    const args = ['--expose-gc', `--max-old-space-size=${heapMb}`, LISTENER, JSON.stringify(listening)]
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface(this.#child.stdout)
    this.#gone = once(this.#child, 'exit').then(([code, signal]) => {
      throw new Error(`the listener died: ${signal ?? code}`)
    })
    this.#gone.catch(() => {}) // whoever waits for an answer hears of it
    closing.push(() => this.#child.kill('SIGKILL'))
  }

  async answer(): Promise<Told> {
    const [line] = (await Promise.race([once(this.#lines, 'line'), this.#gone])) as [string]
    return JSON.parse(line) as Told
  }

  order(order: Order): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`)
  }

  tell(): Promise<Told> {
    const answer = this.answer()
    this.order({ do: 'tell' })
    return answer
  }
}

async function listener(person: TestPerson, roomId: RoomId, url: string, maxMessages: number | null, heapMb: number) {
  const { accessToken: token } = await h.session(person)
  const listening = new Listener({ url, token, roomId, maxMessages }, heapMb)
  return { listening, before: await listening.answer() }
}

test(`P4: ${FLOOD} events behind, a client ends right and its memory stays bounded, while new messages keep coming`, {
  timeout: 300_000,
}, async () => {
  const { roomId, owner, manager, viewer, creator } = await h.negotiation()
  // One is away, one hears nothing for a while on an open connection, and one is what that one would be without a bound.
  const [away, deaf, unbounded] = await Promise.all([
    listener(creator, roomId, wire.url, 2_000, HEAP),
    listener(viewer, roomId, h.url, 2_000, HEAP),
    listener(manager, roomId, h.url, null, 1_024),
  ])
  const queued = Array.from({ length: 200 }, (_, n) => `queued ${n}`)
  wire.cut()
  for (const text of queued) away.listening.order({ do: 'say', text })
  for (const { listening } of [deaf, unbounded]) listening.order({ do: 'deafen' })
  await flood(owner, roomId, FLOOD, (n) => `${n} `.padEnd(LENGTH, 'x'))
  expect((await deaf.listening.tell()).rev).toBe(deaf.before.rev)
  expect((await away.listening.tell()).status).toBe('behind')

  const stop = chatter(owner, roomId)
  wire.mend()
  deaf.listening.order({ do: 'listen' })
  for (const { listening } of [away, deaf]) {
    await expect.poll(async () => (await listening.tell()).rev, patience).toBeGreaterThan(FLOOD + queued.length + 100)
  }
  const said = `select count(*)::int as n from event where stream_id = $1 and actor_key = $2 and type = 'chat.messageSent'`
  const sent = [roomId, await h.keyOf(roomId, creator)]
  await expect.poll(async () => (await h.db.pool.query<{ n: number }>(said, sent)).rows[0]?.n, patience).toBe(queued.length)
  await stop()
  unbounded.listening.order({ do: 'listen' })
  await say(owner, roomId, 'the last word')

  const log = await logOf(roomId)
  expect(log.texts.filter((text) => text.startsWith('queued'))).toEqual(queued)
  expect(log.texts.length).toBeGreaterThan(FLOOD + queued.length + 50)
  for (const { listening, before } of [away, deaf, unbounded]) {
    await expect.poll(async () => (await listening.tell()).rev, patience).toBe(log.head)
    const now = await listening.tell()
    expect(now.texts.length).toBeGreaterThan(200)
    expect(now.texts).toEqual(log.texts.slice(-now.texts.length)) // the end of the log, without a hole
    expect(now).toMatchObject({ status: 'live', title: 'A room', members: 4 })
    const grown = now.heap - before.heap
    if (process.env.PARLEY_FAULT_SHOW) console.log(`${now.texts.length} messages in memory, ${before.heap} bytes grown by ${grown}`)
    if (listening === unbounded.listening) {
      expect(now.texts).toEqual(log.texts)
      expect(grown).toBeGreaterThan(HEAP * MB - before.heap) // the others would not have lived without their bound
    } else {
      expect(now.more).toBe(true)
      expect(now.texts.length).toBeLessThanOrEqual(2_000)
      expect(grown).toBeLessThan(12 * MB)
    }
  }
})

/** A socket that keeps what was asked and answered. */
function recording(): { open: OpenSocket; asked: { name: string; reply: unknown }[] } {
  const asked: { name: string; reply: unknown }[] = []
  const open: OpenSocket = (...args) => {
    const socket = openSocketIo(...args)
    return {
      get connected() {
        return socket.connected
      },
      on: socket.on,
      emitWithAck: async (name, input, ms) => {
        const reply = await socket.emitWithAck(name, input, ms)
        asked.push({ name, reply })
        return reply
      },
      close: socket.close,
    }
  }
  return { open, asked }
}

const plain = ({ state: { status, rev, title, more, members, messages } }: Room) => {
  const shown = messages.map(({ mine: _mine, ...message }) => message)
  return { status, rev, title, more, members: members.toSorted((a, b) => a.since - b.since), messages: shown }
}

const distances = [
  { missed: 900, comes: 'events, a page after the other' },
  { missed: 1_000, comes: 'events, a page after the other' },
  { missed: 1_001, comes: 'a snapshot' },
]
test.each(distances)(
  'P4: $missed events behind, a client gets $comes, and all that it queued arrives once, in order',
  async ({ missed, comes }) => {
    const { roomId, owner, creator, viewer } = await h.negotiation()
    await flood(owner, roomId, 100, (n) => `before ${n}`)
    const { open, asked } = recording()
    const token = async (person: TestPerson) => (await h.session(person)).accessToken
    const [mine, theirs] = [await token(creator), await token(viewer)]
    const parley = connect({ url: wire.url, getToken: async () => mine, openSocket: open, random: () => 0.1 })
    closing.push(() => parley.close())
    const room = await parley.room(roomId).join()
    expect(room.state.messages).toHaveLength(50)

    wire.cut()
    await expect.poll(() => room.state.status).toBe('behind')
    const queued = Array.from({ length: 60 }, (_, n) => `queued ${n}`)
    const sends = queued.map((text) => room.send(text))
    await flood(owner, roomId, missed, (n) => `missed ${n}`)
    asked.length = 0
    wire.mend()
    const places = await Promise.all(sends)

    const join = asked.find(({ name }) => name === 'room.join')!.reply as { data: { events: unknown[]; snapshot: unknown } }
    const syncs = asked.filter(({ name }) => name === 'room.sync')
    if (comes === 'a snapshot') expect(join.data.snapshot).not.toBeNull()
    else expect([join.data.snapshot, join.data.events.length, syncs.length > 0]).toEqual([null, 500, true])

    const log = await logOf(roomId)
    expect(log.texts).toEqual([...log.texts.slice(0, 100 + missed), ...queued])
    expect(places.map(({ seq }) => seq)).toEqual(queued.map((_, n) => log.head - queued.length + 1 + n))
    await expect.poll(() => room.state.rev).toBe(log.head)
    const texts = room.state.messages.map(({ text }) => text)
    expect(texts).toEqual(log.texts.slice(-texts.length))
    expect(texts.length).toBe(comes === 'a snapshot' ? 50 + queued.length : 50 + missed + queued.length)

    const other = connect({ url: h.url, getToken: async () => theirs })
    closing.push(() => other.close())
    const fresh = plain(await other.room(roomId).join())
    const { messages, more, ...rest } = plain(room)
    expect({ ...rest, messages: messages.slice(-fresh.messages.length) }).toEqual({ ...rest, messages: fresh.messages })
    expect(rest).toEqual({ status: 'live', rev: fresh.rev, title: fresh.title, members: fresh.members })
    expect(more).toBe(true)
  },
)

test('P4: a client that was never online until the end of a long day sends all that it queued once, in order', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const { accessToken } = await h.session(creator)
  wire.cut()
  const parley = connect({ url: wire.url, getToken: async () => accessToken, random: () => 0.1 })
  closing.push(() => parley.close())
  const room = parley.room(roomId)
  const joined = room.join()
  const queued = Array.from({ length: 300 }, (_, n) => `queued ${n}`)
  const sends = queued.map((text) => room.send(text))
  expect(room.state.messages.map(({ text, pending }) => [text, pending])).toEqual(queued.map((text) => [text, 'queued']))
  await flood(owner, roomId, 1_500, (n) => `said ${n}`)
  wire.mend()
  await joined
  const places = await Promise.all(sends)
  const log = await logOf(roomId)
  expect(log.texts.slice(1_500)).toEqual(queued)
  expect(places.map(({ seq }) => seq)).toEqual(queued.map((_, n) => log.head - queued.length + 1 + n))
  await expect.poll(() => room.state.messages.map(({ text }) => text)).toEqual(log.texts.slice(-350))
})
