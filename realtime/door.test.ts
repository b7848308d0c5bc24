import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandName, commands, errors, newId, type RoomId } from '../client-sdk/contract/index.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import { TokenBuckets } from '../server/limits.ts'
import { commandId } from '../server/testing.ts'
import { door, type Handlers } from './door.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'

let h: TestHub
let client: TestClient
let roomId: RoomId
beforeAll(async () => {
  h = await hub()
  const negotiation = await h.negotiation()
  roomId = negotiation.roomId
  client = await h.client(negotiation.creator)
  await client.do('room.join', { roomId })
})
afterAll(() => h.close())

const everything = async () => {
  const counts = `select (select count(*) from parley.event) as events, (select count(*) from parley.message) as messages, (select count(*) from parley.command) as commands`
  return (await h.db.pool.query(counts)).rows[0]
}

const good = () => ({ commandId: commandId(), roomId, text: 'hello' })
const bad: [string, CommandName, () => unknown][] = [
  ['nothing', 'chat.send', () => undefined],
  ['null', 'chat.send', () => null],
  ['a number', 'chat.send', () => 7],
  ['an array', 'chat.send', () => [good()]],
  ['a command id that is none', 'chat.send', () => ({ ...good(), commandId: 'x' })],
  ['a command id in capitals', 'chat.send', () => ({ ...good(), commandId: newId<string>().toUpperCase() })],
  ['no command id', 'chat.send', () => ({ roomId, text: 'hello' })],
  ['a room id that is none', 'chat.send', () => ({ ...good(), roomId: "' or 1=1 --" })],
  ['a text that is a number', 'chat.send', () => ({ ...good(), text: 1 })],
  ['a text that is an object', 'chat.send', () => ({ ...good(), text: { $ne: '' } })],
  ['a blank text', 'chat.send', () => ({ ...good(), text: ' \n\u2003' })],
  ['a text of 4,001 characters', 'chat.send', () => ({ ...good(), text: 'x'.repeat(4_001) })],
  ['a text of 200 kB', 'chat.send', () => ({ ...good(), text: 'x'.repeat(200_000) })],
  ['U+0000', 'chat.send', () => ({ ...good(), text: 'a\0b' })],
  ['a lone surrogate', 'chat.send', () => ({ ...good(), text: 'a\ud800b' })],
  ['binary data', 'chat.send', () => ({ ...good(), text: Buffer.from('hello') })],
  ['a negative seq', 'room.join', () => ({ roomId, after: -1 })],
  ['a broken seq', 'room.sync', () => ({ roomId, after: 0.5 })],
  ['a seq beyond what counts exactly', 'room.sync', () => ({ roomId, after: 2 ** 53 })],
  ['an endless page', 'room.sync', () => ({ roomId, after: 0, limit: 1_000_000 })],
  ['a prototype', 'chat.send', () => JSON.parse(`{"__proto__": {"commandId": "${newId()}", "roomId": "${newId()}", "text": "hi"}}`)],
]

test.each(bad)('%s gets a typed error and changes nothing', async (_what, name, input) => {
  const before = await everything()
  expect(await client.ask(name, input())).toMatchObject({ ok: false, error: { code: 'request.invalid', retryable: false } })
  expect(await everything()).toEqual(before)
})

test('a bad neighbour in the same batch leaves the good ones alone', async () => {
  const replies = await Promise.all([
    client.ask('chat.send', good()),
    client.ask('chat.send', { ...good(), text: 'a\ud800b' }),
    client.ask('chat.send', { ...good(), roomId: newId() }),
    client.ask('chat.send', good()),
  ])
  expect(replies.map((reply) => (reply.ok ? 'ok' : reply.error.code))).toEqual(['ok', 'request.invalid', 'resource.notFound', 'ok'])
})

test.each(['chat.sned', '__proto__', 'toString', 'constructor', ''])('the unknown command "%s" gets a typed error', async (name) => {
  expect(await client.ask(name as CommandName, good())).toMatchObject({ ok: false, error: { code: 'request.unknownCommand' } })
})

test('a command with nobody to answer is dropped and counted, and changes nothing', async () => {
  const before = await everything()
  h.dropped.length = 0
  client.socket.emit('chat.send', good() as never, undefined as never)
  ;(client.socket as { emit(name: string): void }).emit('chat.send')
  ;(client.socket as { emit(name: string): void }).emit('no.such')
  await expect.poll(() => h.dropped).toEqual(['chat.send', 'chat.send', 'unknown'])
  expect(await everything()).toEqual(before)
})

test('a frame beyond 1 MB closes that socket and no other', async () => {
  const { creator, roomId: other } = await h.negotiation()
  const big = await h.client(creator)
  const gone = new Promise((done) => big.socket.once('disconnect', done))
  big.socket.emit('chat.send', { commandId: commandId(), roomId: other, text: 'x'.repeat(1_100_000) }, () => {})
  await gone
  expect(await client.ask('chat.send', good())).toMatchObject({ ok: true })
})

test('the same id again gets the same answer, other words are refused, and another person’s is their own', async () => {
  const { roomId: place, creator, manager } = await h.negotiation()
  const [one, two] = [await h.client(creator), await h.client(manager)]
  const command = { commandId: commandId(), roomId: place, text: 'once' }
  const first = await one.do('chat.send', command)
  expect(await one.do('chat.send', command)).toEqual(first)
  expect(await one.ask('chat.send', { ...command, text: 'twice' })).toMatchObject({ ok: false, error: { code: 'command.reused' } })
  const own = await two.do('chat.send', command)
  expect(own.messageId).not.toBe(first.messageId)
})

test('too many commands at once are refused as retryable; ack-less ones count too', async () => {
  const limited = await hub({ limits: { commands: new TokenBuckets({ perSecond: 1, burst: 5 }) } })
  try {
    const { roomId: place, creator } = await limited.negotiation()
    const fast = await limited.client(creator)
    ;(fast.socket as { emit(name: string): void }).emit('no.such')
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => fast.ask('chat.send', { commandId: commandId(), roomId: place, text: 'x' })),
    )
    const codes = replies.map((reply) => (reply.ok ? 'ok' : `${reply.error.code} ${reply.error.retryable}`))
    expect(codes.filter((code) => code === 'ok')).toHaveLength(4)
    expect(codes.filter((code) => code === 'rate.limited true')).toHaveLength(4)
  } finally {
    await limited.close()
  }
})

test('whoever goes on beyond the limit is cut off, with the reason', async () => {
  const limited = await hub({ limits: { commands: new TokenBuckets({ perSecond: 0.001, burst: 1 }) } })
  try {
    const { creator } = await limited.negotiation()
    const flood = await limited.client(creator)
    const ending = new Promise<{ code: string }>((done) => flood.socket.once('session.ending', done))
    for (let i = 0; i < 1_100; i++) flood.ask('room.leave', { roomId: newId() }).catch(() => {})
    expect(await ending).toMatchObject({ code: 'rate.limited', retryable: true })
    await expect.poll(() => flood.socket.connected).toBe(false)
    expect(limited.lines.length).toBeLessThan(10) // counted, not listed
    expect(limited.dropped.length).toBeGreaterThan(900)
  } finally {
    await limited.close()
  }
})

test('whoever does not read what they ask for is cut off before it fills the memory', { timeout: 60_000 }, async () => {
  const { roomId: place, creator, manager } = await h.negotiation()
  const long = 'ß'.repeat(4_000)
  await Promise.all(Array.from({ length: 150 }, () => sendMessage(h.as(manager), { commandId: commandId(), roomId: place, text: long })))
  const slow = await h.client(creator)
  const wire = (slow.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } }).ws._socket
  const here = [...h.io.sockets.sockets.values()].find((socket) => socket.data.session.userId === creator.userId)!
  wire.pause()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 400 && here.connected; i++) {
    slow.socket.emit('room.sync', { roomId: place, after: 0 }, () => {})
    await new Promise((done) => setTimeout(done, 5))
  }
  await expect.poll(() => here.connected, { timeout: 10_000 }).toBe(false)
  expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000)
  expect(await client.ask('chat.send', good())).toMatchObject({ ok: true })
})

test('10,000 random commands are each answered with a typed reply, and nothing is unhandled', { timeout: 120_000 }, async () => {
  const names = fc.constantFrom(...Object.keys(commands), 'chat.nothing')
  const id = fc.oneof(fc.uuid(), fc.constant(roomId), fc.string())
  const plausible = fc.record(
    {
      commandId: id,
      roomId: id,
      text: fc.oneof(fc.string({ unit: 'binary' }), fc.string()),
      after: fc.oneof(fc.integer(), fc.double()),
      limit: fc.integer(),
      token: fc.string(),
    },
    { requiredKeys: [] },
  )
  const input = fc.oneof({ weight: 3, arbitrary: plausible }, { weight: 1, arbitrary: fc.jsonValue() })
  h.failures.length = 0
  const batches = fc.array(fc.tuple(names, input), { minLength: 100, maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      for (const reply of await Promise.all(batch.map(([name, raw]) => client.ask(name as CommandName, raw)))) {
        if (reply.ok) continue
        expect(Object.keys(errors)).toContain(reply.error.code)
        expect(reply.error.code).not.toBe('server.failed')
      }
    }),
    { numRuns: 100, endOnFailure: true },
  )
  expect(h.failures).toEqual([])
  expect(client.socket.connected).toBe(true)
  expect(await client.ask('chat.send', good())).toMatchObject({ ok: true })
})

test('a command without a permission rule does not start', () => {
  const rules = commands as unknown as Record<string, { allow?: string }>
  rules['chat.unruled'] = { ...commands['chat.send'], allow: 'noSuchRule' }
  try {
    expect(() => door({ house: h.house, log: () => {}, dropped: () => {}, cut: () => {} }, {} as Handlers)).toThrow(
      'chat.unruled has no permission rule',
    )
  } finally {
    delete rules['chat.unruled']
  }
})

test.each([
  ['no token', { token: '' }, 'session.required'],
  ['a token that is none', { token: 'abc.def.ghi' }, 'session.required'],
  ['a protocol too old', { protocol: 0 }, 'client.upgradeRequired'],
  ['a protocol to come', { protocol: 99 }, 'client.upgradeRequired'],
  ['a protocol that is no number', { protocol: 'one' as never }, 'session.required'],
])('a handshake with %s is refused as %s says', async (_what, auth, code) => {
  await expect(h.client(await h.person(), auth)).rejects.toMatchObject({ code })
})

test('a session that has ended may do nothing, though its socket is still open', async () => {
  let now = new Date()
  const timed = await hub({ now: () => now, tokenSeconds: 60 })
  try {
    const { creator, roomId: place } = await timed.negotiation()
    const late = await timed.client(creator)
    await late.do('room.join', { roomId: place })
    const ending = new Promise<{ code: string }>((done) => late.socket.once('session.ending', done))
    now = new Date(now.getTime() + 61_000)
    const reply = late.ask('chat.send', { commandId: commandId(), roomId: place, text: 'hi' })
    expect(await reply).toMatchObject({ ok: false, error: { code: 'session.ended' } })
    expect(await ending).toMatchObject({ code: 'session.ended' })
    await expect.poll(() => late.socket.connected).toBe(false)
  } finally {
    await timed.close()
  }
})

test('a token is renewed on the open socket, for the same session alone', async () => {
  const { creator, manager } = await h.negotiation()
  const session = await h.session(creator)
  const it = await h.client(creator, { token: session.accessToken })
  expect(await it.do('session.renew', { token: session.accessToken })).toEqual({ expiresAt: session.expiresAt })
  const other = (await h.session(manager)).accessToken
  expect(await it.ask('session.renew', { token: other })).toMatchObject({ ok: false, error: { code: 'access.denied' } })
  expect(await it.ask('session.renew', { token: 'x' })).toMatchObject({ ok: false, error: { code: 'session.required' } })
})
