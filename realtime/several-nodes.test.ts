import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'
import type { Database } from '../persistence/database.ts'
import { openRedis, type Redis } from '../persistence/redis.ts'
import { startTestRedis, type TestRedis } from '../persistence/testing-redis.ts'
import { blockPerson } from '../server/people/block-person.ts'
import { removeMember } from '../server/rooms/remove-member.ts'
import { signOut } from '../server/sessions/sign-out.ts'
import { commandId } from '../server/testing.ts'
import { REQUESTS } from './adapter.ts'
import { MOST_ANNOUNCED } from './announced.ts'
import { hub, type TestClient, type TestHub, type TestNode } from './testing.ts'

/** The promise is a second; this is its ceiling on a busy machine, in ms. */
const CEILING = 3_000
const ceiling = { timeout: CEILING, interval: 10 }

let server: TestRedis
let links: Redis[]
/** The first node is the hub's own, the second has connections, a log and limits of its own. Both have Redis. */
let h: TestHub
let far: TestNode
const after: (() => unknown)[] = []
beforeAll(async () => {
  server = await startTestRedis()
  links = [openRedis(server.url), openRedis(server.url)]
  h = await hub({ redis: links[0] })
  far = await h.node({ redis: links[1] })
  while ((await links[0]!.listeners(REQUESTS)) !== 2) await sleep(10)
})
afterEach(async () => {
  for (const undo of after.splice(0)) await undo()
  h.failures.length = 0
})
afterAll(async () => {
  await h?.close()
  for (const link of links ?? []) link.close()
  await server?.close()
})

const bothOn = () => expect.poll(() => links.map((link) => link.state().on), { timeout: 10_000 }).toEqual([true, true])
const say = (roomId: RoomId, text: string) => ({ commandId: commandId(), roomId, text })
const texts = (events: readonly Envelope[]) => events.flatMap((e) => (e.type === 'chat.messageSent' ? [e.data.personal?.text ?? ''] : []))
const seqs = (events: readonly Envelope[]) => events.map(({ seq }) => seq)

/** Until the test's end: what is heard of other nodes is not from the database. */
function withoutTail(...databases: readonly Database[]): void {
  for (const { log } of databases) {
    log.grownSince = async () => ({ horizon: 0n, heads: new Map(), listed: new Map() })
    after.push(() => Reflect.deleteProperty(log, 'grownSince'))
  }
}

/** A room with one of its people on each node. */
async function meeting() {
  const { roomId, owner, creator } = await h.negotiation()
  const [near, away] = [await h.client(owner), await h.client(creator, {}, far.url)]
  for (const client of [near, away]) await client.do('room.join', { roomId })
  return { roomId, owner, creator, near, away }
}

/** Everything that is said to the channel of messages between nodes. */
async function eavesdrop(): Promise<string[]> {
  const said: string[] = []
  const ear = openRedis(server.url)
  after.push(() => ear.close())
  ear.listen([REQUESTS], [], (_, message) => said.push(message.toString()))
  await expect.poll(() => ear.state().on).toBe(true)
  await expect.poll(() => ear.listeners(REQUESTS)).toBe(3)
  return said
}

test('what is sent on one node is heard on the other by Redis alone', async () => {
  withoutTail(h.db, far.db)
  const { roomId, near, away } = await meeting()
  await near.do('chat.send', say(roomId, 'to you'))
  await expect.poll(() => texts(away.heard), ceiling).toEqual(['to you'])
  await away.do('chat.send', say(roomId, 'and back'))
  await expect.poll(() => texts(near.heard), ceiling).toEqual(['to you', 'and back'])
})

test('two who send at once on two nodes are heard on both in the order of the log', async () => {
  const { roomId, near, away } = await meeting()
  const sends = Array.from({ length: 100 }, (_, n) => [
    near.do('chat.send', say(roomId, `n${n}`)),
    away.do('chat.send', say(roomId, `a${n}`)),
  ])
  await Promise.all(sends.flat())
  const { events, head } = await h.db.log.readAfter(roomId, 5, 1_000)
  expect(events).toHaveLength(200)
  for (const { heard } of [near, away]) {
    await expect.poll(() => heard.at(-1)?.seq, ceiling).toBe(head)
    expect(heard).toEqual(events)
  }
})

test('a batch that is too much for the bus is announced by its heads, and read from the database', async () => {
  withoutTail(h.db, far.db)
  const { roomId, near, away } = await meeting()
  const said = await eavesdrop()
  const long = Array.from({ length: 200 }, (_, n) => `${n} ${'ї'.repeat(3_990)}`)
  await Promise.all(long.map((text) => near.do('chat.send', say(roomId, text))))
  await expect.poll(() => away.heard.length, ceiling).toBe(200)
  expect(new Set(texts(away.heard))).toEqual(new Set(long))
  expect(seqs(away.heard)).toEqual(seqs(away.heard).toSorted((a, b) => a - b))
  expect(said.some((message) => /"data":\["log\.committed",\[\{"streamId":"[^"]+","seq":\d+\}\]\]/.test(message))).toBe(true)
  expect(Math.max(...said.map((message) => message.length))).toBeLessThanOrEqual(MOST_ANNOUNCED)
})

test('a node that is alone says nothing', async () => {
  const lonely = await startTestRedis()
  const link = openRedis(lonely.url)
  const alone = await h.node({ redis: link })
  after.push(async () => {
    await alone.close()
    link.close()
    await lonely.close()
  })
  const { roomId, owner } = await h.negotiation()
  const client = await h.client(owner, {}, alone.url)
  const published = async () => Number(/cmdstat_publish:calls=(\d+)/.exec(String(await lonely.command('info', 'commandstats')))?.[1] ?? 0)
  const costs = async () => {
    const before = await published()
    await client.do('chat.send', say(roomId, 'is anybody there?'))
    return (await published()) - before
  }
  await expect.poll(costs, { timeout: 5_000 }).toBe(0)
})

/** Somebody who goes on talking, and how late the last one to hear a message heard it. */
function chatter({ roomId, near, away }: { roomId: RoomId; near: TestClient; away: TestClient }) {
  const sentAt = new Map<string, number>()
  const lateness = new Map<string, number>()
  away.socket.on('room.event', (events) => {
    for (const text of texts(events)) lateness.set(text, performance.now() - sentAt.get(text)!)
  })
  let isTalking = true
  const talk = async () => {
    for (let n = 0; isTalking; n++) {
      const text = `${n}`
      sentAt.set(text, performance.now())
      await near.do('chat.send', say(roomId, text))
      await sleep(5)
    }
  }
  const talked = talk()
  return {
    sentAt,
    lateness,
    stop: async () => {
      isTalking = false
      await talked
    },
  }
}

const disasters: Record<string, { strike(): Promise<unknown>; repair(): Promise<unknown>; goesOff: boolean }> = {
  killed: { strike: () => server.signal('SIGKILL'), repair: () => server.start(), goesOff: true },
  hanging: { strike: () => server.signal('SIGSTOP'), repair: () => server.signal('SIGCONT'), goesOff: true },
  emptied: { strike: () => server.command('flushall'), repair: () => server.command('flushall'), goesOff: false },
  'cutting everybody off': { strike: () => server.command('client', 'kill', 'skipme', 'yes'), repair: async () => {}, goesOff: false },
}
test.each(Object.entries(disasters))(
  'with Redis %s in the middle, nothing is lost, doubled or late',
  { timeout: 60_000 },
  async (_, disaster) => {
    const talk = await meeting()
    const { sentAt, lateness, stop } = chatter(talk)
    const more = (count: number) => expect.poll(() => lateness.size, { timeout: 20_000 }).toBeGreaterThan(lateness.size + count)
    await more(50)
    await disaster.strike()
    if (disaster.goesOff) await expect.poll(() => links.map((link) => link.state().on), { timeout: 10_000 }).toEqual([false, false])
    await more(50)
    await disaster.repair()
    await bothOn()
    await more(50)
    await stop()
    await expect.poll(() => lateness.size, ceiling).toBe(sentAt.size)
    expect(texts(talk.away.heard)).toEqual([...sentAt.keys()])
    expect(Math.max(...lateness.values())).toBeLessThan(CEILING)
    withoutTail(h.db, far.db) // and Redis carries again
    const heard = talk.away.heard.length
    await expect
      .poll(async () => {
        await talk.near.do('chat.send', say(talk.roomId, 'again'))
        return talk.away.heard.length
      }, ceiling)
      .toBeGreaterThan(heard)
  },
)

const ways = { 'by Redis alone': true, 'without Redis': false }
test.each(Object.entries(ways))('P6: a removal and a sign-out reach the other node %s', async (_, byRedis) => {
  const other = byRedis ? far : await h.node()
  if (byRedis) withoutTail(h.db, far.db)
  const { roomId, owner, creator, viewer } = await h.negotiation()
  const [session, stays] = [await h.session(creator), await h.client(viewer, {}, other.url)]
  const gone = await h.client(creator, { token: session.accessToken }, other.url)
  for (const client of [gone, stays]) await client.do('room.join', { roomId })
  const closed = new Promise<{ roomId: RoomId }>((done) => gone.socket.once('room.closed', done))
  const ended = new Promise<{ code: string }>((done) => gone.socket.once('session.ending', done))

  const began = performance.now()
  await removeMember(h.as(owner), { commandId: commandId(), roomId, userId: creator.userId })
  expect(await closed).toEqual({ roomId })
  await (await h.client(owner)).do('chat.send', say(roomId, 'among us'))
  await expect.poll(() => texts(stays.heard), ceiling).toEqual(['among us'])
  await signOut(Object.assign(h.as(creator), { session: await h.house.tokens.verify(session.accessToken) }))
  expect(await ended).toMatchObject({ code: 'session.ended' })
  expect(performance.now() - began).toBeLessThan(2 * CEILING)
  expect(texts(gone.heard)).toEqual([])
})

test('news of events whose parts are not what their type has are not taken, and nothing falls silent', async () => {
  const { roomId, owner, creator, near, away } = await meeting()
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  after.push(() => process.off('unhandledRejection', note))
  const actor = await h.keyOf(roomId, owner)
  const said = await eavesdrop()
  const heads = new Map([roomId, creator.userId].map((id) => [id as string, 0]))
  for (const id of heads.keys()) heads.set(id, (await h.db.log.readAfter(id as RoomId, 0, 1)).head)
  const forge = async (streamId: string, type: string, deal: unknown, personal: unknown = null) => {
    const seq = heads.get(streamId)! + 1
    const event = { roomId: streamId, seq, id: streamId, type, version: 1, actor, at: '2026-01-01T00:00:00.000Z', data: { deal, personal } }
    const data = ['log.committed', [{ streamId, accessVersion: 0, events: [event] }]]
    await server.command('publish', REQUESTS, JSON.stringify({ uid: 'forged', type: 6, data }))
  }
  const wrong = [null, {}, [], { seqs: 7 }]
  for (const type of ['room.settingsChanged', 'room.memberAdded', 'log.erased', 'chat.messageEdited'])
    for (const deal of wrong) await forge(roomId, type, deal)
  for (const personal of [{}, { text: 7 }]) await forge(roomId, 'chat.messageSent', null, personal)
  for (const type of ['session.ended', 'person.settingsChanged', 'membership.ended'])
    for (const deal of wrong) await forge(creator.userId, type, deal)
  await expect.poll(() => said.length, ceiling).toBeGreaterThanOrEqual(30)

  await near.do('chat.send', say(roomId, 'still here'))
  for (const client of [near, away]) await expect.poll(() => texts(client.heard), ceiling).toEqual(['still here'])
  const ended = new Promise((done) => away.socket.once('session.ending', done))
  await blockPerson(h.as(await h.person('admin')), { commandId: commandId(), userId: creator.userId })
  expect(await ended).toMatchObject({ code: 'person.blocked' })
  expect(near.heard.map(({ type }) => type)).toEqual(['chat.messageSent'])
  expect([unhandled, h.failures]).toEqual([[], []])
})

test('what somebody forges or garbles on the bus crashes nothing, joins nobody, closes nobody and shows no token', async () => {
  const { roomId, near, away } = await meeting()
  const stranger = await h.client(await h.person(), {}, far.url)
  const said = await eavesdrop()
  const one = {
    roomId,
    seq: 1e15,
    id: roomId,
    type: 'chat.messageSent',
    version: 1,
    actor: roomId,
    at: 'now',
    data: { deal: null, personal: { text: '' } },
  }
  const committed = [
    ...[null, {}, 7, 'x', [null], [{}], [{ streamId: roomId }], [{ streamId: 7, seq: 1 }], [{ streamId: roomId, seq: -1 }]],
    [{ streamId: roomId, accessVersion: 1, events: {} }],
    [{ streamId: roomId, accessVersion: 1, events: [null] }],
    [{ streamId: roomId, accessVersion: 1, events: [{ roomId, seq: 6, data: null }] }],
    [{ streamId: roomId, accessVersion: 1, events: [{ ...one, roomId: near.socket.id }] }],
    [{ streamId: roomId, accessVersion: 2 ** 50, events: [one] }], // of a shape that is right
    [{ streamId: roomId, seq: 2 ** 50 }],
  ]
  const everybody = { rooms: [], except: [] }
  const requests = [
    ...committed.map((batch) => ({ uid: 'forged', type: 6, data: ['log.committed', batch] })),
    ...['error', 'connection', 'disconnect', 'new_namespace', 'presence.changed', 'node.joined'].map((name) => ({
      uid: 'forged',
      type: 6,
      data: [name, {}],
    })),
    { uid: 'forged', type: 6 },
    { uid: 'forged', type: 6, requestId: 'r', data: ['log.committed'] },
    { uid: 'forged', requestId: 'r', type: 5, opts: everybody },
    { uid: 'forged', type: 2, opts: everybody, rooms: [roomId] },
    { uid: 'forged', type: 4, opts: everybody, close: true },
    ...[0, 1, 2, 3, 4, 5, 7, 99].map((type) => ({ uid: 'forged', requestId: 'r', type })),
  ]
  const garbage = ['', '{', 'null', '[]', '{"type":6}', '{"uid":"forged","type":6,"data":["log.committed"', Buffer.from([0xc1, 0xff, 0])]
  const responses: string[] = []
  const ear = openRedis(server.url)
  after.push(() => ear.close())
  ear.listen(['parley-response#/#'], [], (_, message) => responses.push(message.toString()))
  await expect.poll(() => ear.listeners('parley-response#/#')).toBe(1)
  for (const message of [...requests.map((request) => JSON.stringify(request)), ...garbage]) {
    for (const channel of [REQUESTS, 'parley-response#/#', 'parley#/#', `parley#/#${roomId}#`])
      await server.command('publish', channel, message)
  }

  await expect.poll(() => said.length, ceiling).toBeGreaterThanOrEqual(requests.length)
  await near.do('chat.send', say(roomId, 'still here'))
  await expect.poll(() => texts(away.heard), ceiling).toEqual(['still here'])
  expect([near, away, stranger].map(({ socket }) => socket.connected)).toEqual([true, true, true])
  expect(stranger.heard).toEqual([])
  expect(responses.filter((message) => message.includes('handshake'))).toEqual([])
  expect(h.lines.filter(({ code }) => code === 'server.failed')).toEqual([])
})
