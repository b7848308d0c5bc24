import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import type { CheckpointKey } from './checkpoints.ts'
import { connect } from './client.ts'
import type { ConnectOptions, Parley } from './parley.ts'
import type { Room } from './room.ts'
import { type ClientStorage, memoryStorage } from './storage.ts'
import { FakeHub, jwt, refusal, roomId } from './testing.ts'

let hub: FakeHub
let storage: ClientStorage
let clients: Parley[]
const onError = vi.fn()
const texts = (room: Room) => room.state.messages.map((m) => m.text)
const keys = async (prefix = '') => [...(await storage.keys(`parley/${prefix}`))].sort()
const isDown = () => {
  hub.door = () => refusal('server.unavailable', true)
  hub.cut()
}
const isUp = () => {
  hub.door = () => null
}

/** A visit: the same person, and the same storage, unless told otherwise. */
function visit(options: Partial<ConnectOptions> = {}): { parley: Parley; room: Room } {
  const parley = connect({
    url: 'http://hub.test',
    user: 'mia',
    storage,
    getToken: async () => 'token',
    onError,
    random: () => 0.02,
    openSocket: hub.open,
    ...options,
  })
  clients.push(parley)
  return { parley, room: parley.room(roomId) }
}
const saved = async (room: Room) => expect.poll(() => room.state.unsaved).toBe(0)
const sends = () => hub.commands.filter(({ name }) => name === 'chat.send').map(({ input }) => (input as { text: string }).text)

beforeEach(() => {
  vi.clearAllMocks()
  hub = new FakeHub()
  storage = memoryStorage()
  clients = []
  for (let i = 0; i < 3; i++) hub.log.hear()
})
afterEach(() => {
  for (const parley of clients) parley.close()
  vi.useRealTimers()
})

test('P2 the room of last time is shown before the network answers, and the hub is asked from there on', async () => {
  const first = visit()
  await first.room.join()
  first.parley.close()
  isDown()
  const { room } = visit()
  await expect.poll(() => room.state.status).toBe('behind')
  expect(room.state).toMatchObject({ rev: 3, kind: 'application', me: { name: 'Mia' }, more: false })
  expect(texts(room)).toEqual(['message 1', 'message 2', 'message 3'])
  hub.log.hear()
  isUp()
  await room.join()
  expect(texts(room)).toHaveLength(4)
  expect(hub.commands.findLast(({ name }) => name === 'room.join')!.input).toEqual({ roomId, after: 3 })
  expect(onError).not.toHaveBeenCalled()
})

test('P2 only the newest messages are kept, and the older ones are still there to be loaded', async () => {
  for (let i = 0; i < 300; i++) hub.log.hear()
  hub.limits = { events: 1_000, page: 1_000, snapshot: 1_000 }
  const first = visit()
  await first.room.join()
  expect(first.room.state.messages).toHaveLength(303)
  first.parley.close()
  isDown()
  const { room } = visit()
  await expect.poll(() => room.state.messages.length).toBe(200)
  expect(room.state).toMatchObject({ rev: 303, more: true })
  expect(room.state.messages[0]!.seq).toBe(104)
})

test('P3 a busy room is written once a second, and when the page goes', async () => {
  vi.useFakeTimers()
  const set = vi.fn<(key: string, value: string) => void>()
  const { parley, room } = visit({ storage: { ...storage, set } })
  void room.join()
  await vi.advanceTimersByTimeAsync(100)
  for (let i = 0; i < 30; i++) {
    hub.tell(hub.log.hear())
    await vi.advanceTimersByTimeAsync(100)
  }
  const writes = () => set.mock.calls.filter(([key]) => key.includes('/room/')).length
  const before = writes()
  expect(before).toBeGreaterThanOrEqual(3)
  expect(before).toBeLessThanOrEqual(4)
  hub.tell(hub.log.hear())
  await vi.advanceTimersByTimeAsync(10)
  parley.close()
  expect(writes()).toBeGreaterThan(before)
  expect(writes()).toBeLessThanOrEqual(5)
  expect(JSON.parse(set.mock.lastCall![1]).snapshot.asOf).toBe(34)
})

test('P4 what was not sent is safe once the storage has it, and goes at the next visit, once and in its order', async () => {
  isDown()
  const first = visit()
  const given = ['one', 'two', 'three'].map((text) => first.room.send(text))
  expect(first.room.state).toMatchObject({ waiting: 3, unsaved: 3 })
  await saved(first.room)
  first.parley.close()
  for (const sent of given) await expect(sent).rejects.toMatchObject({ code: 'client.closed' })
  const { room } = visit()
  await expect.poll(() => texts(room)).toEqual(['one', 'two', 'three'])
  const fourth = room.send('four')
  isUp()
  await room.join()
  await fourth
  expect(sends()).toEqual(['one', 'two', 'three', 'four'])
  await expect.poll(() => texts(room).slice(3)).toEqual(['one', 'two', 'three', 'four'])
  await expect.poll(() => keys('mia/waiting/'), { timeout: 3_000 }).toEqual([])
})

test('P4 what was queued goes though nobody opens its room', async () => {
  isDown()
  const first = visit()
  void first.room.send('forgotten')
  await saved(first.room)
  first.parley.close()
  isUp()
  clients.push(connect({ url: 'http://hub.test', user: 'mia', storage, getToken: async () => 'token', onError, openSocket: hub.open }))
  await expect.poll(sends).toEqual(['forgotten'])
})

test('P4 an answer that was lost with the page: sent again, it is there once', async () => {
  hub.network = (what) => (what === 'request' ? [1] : []) // it arrives, and nothing comes back
  const first = visit()
  await saved(first.room)
  hub.network = (what) => (what === 'reply' && hub.commands.at(-1)?.name === 'chat.send' ? [] : what === 'frame' ? [] : [1])
  await first.room.join()
  void first.room.send('once')
  await expect.poll(() => hub.log.head).toBe(4)
  await saved(first.room)
  first.parley.close()
  hub.network = () => [1]
  const { room } = visit()
  await room.join()
  await expect.poll(() => room.state.waiting).toBe(0)
  expect(texts(room).filter((text) => text === 'once')).toHaveLength(1)
  expect(hub.log.head).toBe(4)
})

test('P4 a crash between writing a room and taking out what it shows: nothing is shown twice', async () => {
  storage = { ...storage, delete: () => {} }
  const first = visit()
  await first.room.join()
  await first.room.send('once')
  await expect.poll(() => first.room.state.waiting).toBe(0)
  first.parley.close()
  expect(await keys('mia/waiting/')).toHaveLength(1)
  isDown()
  const { room } = visit()
  await expect.poll(() => room.state.status).toBe('behind')
  await expect.poll(() => room.state.waiting).toBe(0)
  expect(texts(room).filter((text) => text === 'once')).toHaveLength(1)
})

test('P4 refused for good, or left behind with leave(), it does not come back', async () => {
  const first = visit()
  await first.room.join()
  hub.intercept = (name) => (name === 'chat.send' ? { ok: false, error: refusal('access.denied') } : null)
  await expect(first.room.send('no')).rejects.toMatchObject({ code: 'access.denied' })
  expect(await keys('mia/waiting/')).toEqual([])
  isDown()
  void first.room.send('left behind')
  await saved(first.room)
  await first.room.leave()
  expect(await keys('mia/waiting/')).toEqual([])
  expect(await keys('mia/room/')).toHaveLength(1)
})

test('P5 after a month the snapshot replaces what was kept, and what waits stays', async () => {
  const first = visit()
  await first.room.join()
  isDown()
  void first.room.send('written in the desert')
  await saved(first.room)
  first.parley.close()
  for (let i = 0; i < 1_500; i++) hub.log.hear()
  isUp()
  const { room } = visit()
  await room.join()
  await expect.poll(() => room.state.waiting).toBe(0)
  expect(hub.log.head).toBe(1_504)
  expect(texts(room)).toHaveLength(11)
  expect(texts(room).at(-1)).toBe('written in the desert')
  expect(room.state).toMatchObject({ rev: 1_504, more: true })
})

test.each([
  ['nothing at all', ''],
  ['no JSON', '{"format":1,'],
  ['null', 'null'],
  ['an older format', '{"format":0}'],
  ['a newer format', '{"format":2,"rooms":[]}'],
  ['another shape', '{"format":1,"me":null,"kind":null,"snapshot":{"asOf":"3"}}'],
  [
    'messages that are none',
    '{"format":1,"me":null,"kind":null,"snapshot":{"asOf":3,"title":null,"members":[],"settings":{},"pins":[],"messages":[7],"more":false}}',
  ],
])('P6 %s in the storage counts as nothing', async (_, text) => {
  await storage.set(`parley/mia/room/${roomId}`, text)
  await storage.set(`parley/mia/waiting/${roomId}/018f0000-0000-7000-8000-0000000000ff`, text)
  const { room } = visit()
  await room.join()
  expect(texts(room)).toHaveLength(3)
  expect(room.state.waiting).toBe(0)
})

test('P6 a storage that fails, or never answers, is reported, and the client goes on in memory', async () => {
  const fails = () => Promise.reject(new Error('refused'))
  const failing = visit({ storage: { get: fails, set: fails, delete: fails, keys: fails } })
  await failing.room.join()
  await failing.room.send('all the same')
  expect(failing.room.state.status).toBe('live')
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'refused' }))
  vi.useFakeTimers()
  const never = () => new Promise<never>(() => {})
  const { room } = visit({ storage: { get: never, set: never, delete: never, keys: never } })
  void room.join()
  void room.send('after a while')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(room.state).toMatchObject({ status: 'live', waiting: 0 })
})

test.each(['set', 'delete'] as const)(
  'P6 a storage whose %s never settles is reported, and holds up nobody',
  { timeout: 20_000 },
  async (call) => {
    await storage.set('parley/nora/room/x', 'to be wiped')
    const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair
    const key = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'k' } as CheckpointKey
    const sworn = { stream: roomId, seq: 3, hash: 'a'.repeat(64), at: '2026-01-01T00:00:00.000Z', keyId: 'k' }
    const bytes = await crypto.subtle.sign({ name: 'Ed25519' }, pair.privateKey, Uint8Array.from(checkpointBytes(sworn)))
    const checkpoint = { ...sworn, signature: Buffer.from(bytes).toString('base64url') }
    hub.checkpoint = () => ({ checkpoint, pastHash: null })
    const { room } = visit({ storage: { ...storage, [call]: () => new Promise(() => {}) }, checkpointKeys: [key] })
    await room.join()
    await room.send('all the same')
    expect(room.state.status).toBe('live')
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'The storage does not answer' }))
  },
)

test('P7 what another person has left is wiped before anything is shown', async () => {
  const first = visit()
  await first.room.join()
  isDown()
  void first.room.send('a secret')
  await saved(first.room)
  first.parley.close()
  const { room } = visit({ user: 'nora' })
  await expect.poll(() => keys('mia/')).toEqual([])
  expect(room.state).toMatchObject({ status: 'joining', messages: [] })
  expect(await keys()).toEqual([])
})

test('P7 forget() wipes what is kept, in every tab, and nothing is written afterwards', async () => {
  const [one, other] = [visit(), visit()]
  await Promise.all([one.room.join(), other.room.join()])
  await expect.poll(() => keys('mia/room/'), { timeout: 3_000 }).toHaveLength(1)
  await one.parley.forget()
  expect(await keys()).toEqual([])
  for (const { room } of [one, other]) await room.send('still talking')
  await new Promise((done) => setTimeout(done, 1_200)) // longer than a write is put off
  for (const { parley } of [one, other]) parley.close()
  expect(await keys()).toEqual([])
})

const tokenOf = (sub: string) => async () => jwt({ sub })
test("T9 with another person's token nothing that is kept is sent or shown, and the client ends", async () => {
  const first = visit({ getToken: tokenOf('mia') })
  await first.room.join()
  isDown()
  void first.room.send("mia's words")
  await saved(first.room)
  first.parley.close()
  const kept = await keys()
  isUp()
  const sockets = hub.handshakes.length
  const { parley, room } = visit({ getToken: tokenOf('nora') })
  const reason = { code: 'session.badCredentials', message: expect.stringContaining('`user`') }
  await expect(room.join()).rejects.toMatchObject(reason)
  await expect(room.send('hi')).rejects.toMatchObject(reason)
  await expect(parley.inbox.load()).rejects.toMatchObject(reason)
  expect(parley.status).toBe('signedOut')
  expect([texts(room), room.state.waiting, sends(), hub.handshakes.length]).toEqual([[], 0, [], sockets])
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining(reason))
  expect(await keys()).toEqual(kept)
  const again = visit({ getToken: tokenOf('mia') })
  await again.room.join()
  await expect.poll(sends).toEqual(["mia's words"])
})

test("T9 what was shown before the token came is shown no more once it is another person's", async () => {
  const first = visit()
  await first.room.join()
  first.parley.close()
  const token = Promise.withResolvers<string>()
  const { parley, room } = visit({ getToken: () => token.promise })
  await expect.poll(() => texts(room)).toHaveLength(3)
  const thread = room.thread(1)
  expect(thread.messages).toHaveLength(1)
  token.resolve(jwt({ sub: 'nora' }))
  await expect.poll(() => parley.status).toBe('signedOut')
  expect([texts(room), room.state.title, room.state.members, thread.messages]).toEqual([[], null, [], []])
})

test('P7 without a person only checkpoints are kept', async () => {
  const { user: _user, ...anybody } = { user: 'x', storage, url: 'http://hub.test', getToken: async () => 'token', openSocket: hub.open }
  const parley = connect({ ...anybody, onError })
  clients.push(parley)
  const room = await parley.room(roomId).join()
  await room.send('hi')
  parley.close()
  expect(await keys()).toEqual([])
  await expect(parley.forget()).resolves.toBeUndefined()
  expect(() => visit({ user: '' })).toThrow(TypeError)
})

test('P8 a message queued in one tab is shown in the others, in order, and settled in all, whichever sends it', async () => {
  isDown()
  const [one, other] = [visit(), visit()]
  void one.room.join()
  void other.room.join()
  const first = one.room.send('first')
  await expect.poll(() => texts(other.room)).toEqual(['first'])
  const second = other.room.send('second')
  await expect.poll(() => texts(one.room)).toEqual(['first', 'second'])
  const third = one.room.send('third')
  await expect.poll(() => texts(other.room)).toEqual(['first', 'second', 'third'])
  isUp()
  expect((await Promise.all([first, second, third])).map(({ seq }) => seq)).toEqual([4, 5, 6])
  for (const { room } of [one, other]) {
    await expect.poll(() => room.state.waiting).toBe(0)
    expect(texts(room).slice(3)).toEqual(['first', 'second', 'third'])
  }
  expect(hub.log.head).toBe(6)
})

test('P8 a tab that is closed while it sends loses nothing: another takes over', async () => {
  const [one, other] = [visit(), visit()]
  await Promise.all([one.room.join(), other.room.join()])
  hub.intercept = (name) => (name === 'chat.send' ? { ok: false, error: refusal('server.unavailable', true) } : null)
  for (const text of ['a', 'b', 'c']) void one.room.send(text)
  await expect.poll(() => other.room.state.waiting).toBe(3)
  one.parley.close()
  hub.intercept = () => null
  await expect.poll(() => other.room.state.waiting, { timeout: 10_000 }).toBe(0)
  expect(texts(other.room).slice(3)).toEqual(['a', 'b', 'c'])
  expect(hub.log.head).toBe(6)
})

test('P8 a refusal is the same in every tab', async () => {
  isDown()
  const [one, other] = [visit(), visit()]
  void one.room.join()
  void other.room.join()
  const refused = one.room.send('no').catch((error: unknown) => error)
  await expect.poll(() => other.room.state.waiting).toBe(1)
  hub.intercept = (name) => (name === 'chat.send' ? { ok: false, error: refusal('access.denied') } : null)
  isUp()
  expect(await refused).toMatchObject({ code: 'access.denied' })
  await expect.poll(() => other.room.state.waiting).toBe(0)
  expect(await keys('mia/waiting/')).toEqual([])
})

test('P2 a room that was kept before rooms had a subject is shown all the same', async () => {
  const first = visit()
  await first.room.join()
  first.parley.close()
  const key = `parley/mia/room/${roomId}`
  await expect.poll(() => storage.get(key)).toBeTruthy()
  const kept = JSON.parse((await storage.get(key))!)
  delete kept.snapshot.subject
  await storage.set(key, JSON.stringify(kept))
  isDown()
  const { room } = visit()
  await expect.poll(() => room.state.status).toBe('behind')
  expect(room.state).toMatchObject({ rev: 3, subject: null })
  expect(texts(room)).toEqual(['message 1', 'message 2', 'message 3'])
  expect(onError).not.toHaveBeenCalled()
})
