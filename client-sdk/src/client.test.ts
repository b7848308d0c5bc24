import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from './client.ts'
import type { ConnectOptions, Parley } from './parley.ts'
import type { Room } from './room.ts'
import { FakeHub, jwt, me, refusal, roomId } from './testing.ts'

let hub: FakeHub
let parley: Parley
const onError = vi.fn()
const getToken = vi.fn<ConnectOptions['getToken']>()
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const texts = (room: Room) => room.state.messages.map((m) => m.text)
const sends = () => hub.commands.filter(({ name }) => name === 'chat.send').map(({ input }) => (input as { commandId: string }).commandId)

function begin(options: Partial<ConnectOptions> = {}): Room {
  parley = connect({ url: 'http://hub.test', getToken, onError, random: () => 0.5, openSocket: hub.open, ...options })
  return parley.room(roomId)
}
async function live(options: Partial<ConnectOptions> = {}): Promise<Room> {
  const room = begin(options)
  const joined = room.join()
  await seconds(0.1)
  return joined
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  hub = new FakeHub()
  getToken.mockImplementation(async () => 'token')
  for (let i = 0; i < 3; i++) hub.log.hear()
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('C2 the handshake says who, with which SDK, in which protocol', async () => {
  const room = await live()
  expect(hub.handshakes).toEqual([{ token: 'token', sdk: expect.stringMatching(/^\d/), protocol: 1 }])
  expect(parley.status).toBe('online')
  expect(room.state).toMatchObject({ status: 'live', rev: 3, me: { name: 'Mia' } })
  expect(parley.room(roomId)).toBe(room)
})

test('C5 cut, it comes back and gets what it missed, by events or by a snapshot', async () => {
  const room = await live()
  for (const missed of [2, 15, 40]) {
    hub.cut()
    expect(parley.status).toBe('offline')
    expect(room.state.status).toBe('behind')
    for (let i = 0; i < missed; i++) hub.log.hear()
    await seconds(10)
    expect(room.state).toMatchObject({ status: 'live', rev: hub.log.head })
  }
  expect(hub.commands.filter(({ name }) => name === 'room.join').map(({ input }) => input)).toEqual([
    { roomId },
    { roomId, after: 3 },
    { roomId, after: 5 },
    { roomId, after: 20 },
  ])
})

test('C6 too old for the hub: outdated for good', async () => {
  hub.door = () => refusal('client.upgradeRequired')
  const room = begin()
  const sent = expect(room.send('hi')).rejects.toMatchObject({ code: 'client.upgradeRequired' })
  await seconds(600)
  await sent
  expect(parley.status).toBe('outdated')
  expect(hub.handshakes).toHaveLength(1)
  await expect(room.join()).rejects.toMatchObject({ code: 'client.upgradeRequired' })
})

test('C4 a token refused twice in a row signs out, and the app is asked for another in between', async () => {
  hub.door = () => refusal('session.ended')
  begin()
  await seconds(1)
  expect(getToken.mock.calls).toEqual([[undefined], ['token']])
  expect(parley.status).toBe('signedOut')
})

test('C3 a hub out of reach is tried again, later and later', async () => {
  hub.door = () => refusal('rate.limited', true)
  begin()
  await seconds(60)
  expect(hub.handshakes.length).toBeGreaterThan(8)
  expect(hub.handshakes.length).toBeLessThan(16)
  hub.door = () => null
  await seconds(15)
  expect(parley.status).toBe('online')
})

test('C3 a browser that is online again does not wait', async () => {
  const listeners = new Map<string, () => void>()
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener))
  vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name))
  hub.door = () => refusal('server.unavailable', true)
  begin({ random: () => 1 })
  const heard: string[] = []
  parley.subscribe(() => heard.push(parley.status))
  await seconds(20)
  const tries = hub.handshakes.length
  hub.door = () => null
  listeners.get('online')?.()
  await seconds(0.1)
  expect(hub.handshakes).toHaveLength(tries + 1)
  expect(parley.status).toBe('online')
  expect(heard.every((status, i) => status !== heard[i - 1])).toBe(true)
  parley.close()
  expect(listeners.size).toBe(0)
  vi.unstubAllGlobals()
})

test('C7 told that the session is ending, it connects anew', async () => {
  const room = await live()
  const [old] = hub.sockets
  hub.emitEnding(refusal('server.stopping', true))
  await seconds(1)
  hub.leaky = true
  for (const late of ['disconnect', 'connect_error']) old?.hear(late, [null])
  old?.hear('room.closed', [{ roomId }])
  await seconds(1)
  expect(room.state.status).toBe('live')
  expect(hub.handshakes).toHaveLength(2)
})

test('C3 a connection that was steady is tried again soon, one that was not later and later', async () => {
  await live({ random: () => 1 })
  const backAfter = async (online: number) => {
    await seconds(online)
    hub.cut()
    const from = Date.now()
    while (parley.status !== 'online') await seconds(0.05)
    return Date.now() - from
  }
  for (let i = 0; i < 5; i++) expect(await backAfter(11)).toBeLessThan(400)
  for (let i = 0; i < 5; i++) await backAfter(1)
  expect(await backAfter(1)).toBeGreaterThan(4_000)
})

test('C8 a command that stays unanswered in silence means a dead connection', async () => {
  const room = await live()
  hub.network = () => []
  const sent = room.send('into the void')
  await seconds(10.2)
  expect(hub.handshakes).toHaveLength(2)
  hub.network = () => [1]
  await seconds(30)
  expect(await sent).toMatchObject({ seq: 4 })
})

test('C8 a command that stays unanswered while others are heard is sent again on the same socket', async () => {
  const room = await live()
  hub.network = (what) => (what === 'frame' ? [1] : [])
  const sent = room.send('patience')
  await seconds(5)
  hub.tell(hub.log.hear())
  await seconds(5)
  hub.network = () => [1]
  await seconds(5)
  expect(await sent).toMatchObject({ seq: 5 })
  expect(hub.handshakes).toHaveLength(1)
})

test('T4 the token is renewed on the open socket', async () => {
  const token = () => jwt({ iat: Date.now() / 1_000, exp: Date.now() / 1_000 + 100 })
  getToken.mockImplementation(async () => token())
  await live()
  await seconds(200)
  const renewals = hub.commands.filter(({ name }) => name === 'session.renew')
  expect(renewals).toHaveLength(2)
  expect(getToken.mock.lastCall).toEqual([expect.stringMatching(/\./)])
  expect(hub.handshakes).toHaveLength(1)
})

test('T4 a renewal that fails is tried again; one that the session refuses signs out', async () => {
  getToken.mockImplementation(async () => jwt({ iat: Date.now() / 1_000, exp: Date.now() / 1_000 + 100 }))
  await live()
  getToken.mockRejectedValueOnce(new Error('offline'))
  await seconds(90)
  expect(hub.commands.some(({ name }) => name === 'session.renew')).toBe(true)
  expect(onError).toHaveBeenCalledTimes(1)
  const { ParleyError } = await import('../contract/errors.ts')
  getToken.mockRejectedValue(new ParleyError('session.ended', 'over'))
  await seconds(90)
  expect(parley.status).toBe('signedOut')
})

test('O3 a send is shown at once, and once', async () => {
  const room = await live()
  const seen: string[] = []
  room.subscribe(() =>
    seen.push(
      room.state.messages
        .filter((m) => m.text === 'hello')
        .map((m) => m.pending ?? 'there')
        .join(),
    ),
  )
  const sent = room.send('hello')
  expect(room.state.messages.at(-1)).toMatchObject({ text: 'hello', mine: true, pending: expect.any(String) })
  const { id } = room.state.messages.at(-1)!
  await seconds(1)
  expect(await sent).toMatchObject({ messageId: id, seq: 4 })
  expect(room.state.messages.at(-1)).toMatchObject({ id, seq: 4, mine: true, pending: null })
  expect(new Set(seen)).toEqual(new Set(['queued', 'sending', 'there']))
})

test('O1 sends said offline go in their order once it is back, each once', async () => {
  const room = begin()
  void room.join()
  const places = Promise.all(['a', 'b', 'c'].map((text) => room.send(text)))
  expect(texts(room)).toEqual(['a', 'b', 'c'])
  await seconds(5)
  expect((await places).map((place) => place.seq)).toEqual([4, 5, 6])
  expect(texts(room).slice(-3)).toEqual(['a', 'b', 'c'])
})

test('O3 said before it was known who we are, and never acknowledged, a send is known by its event', async () => {
  const room = begin()
  void room.join()
  const sent = room.send('early')
  hub.network = (what) => (hub.commands.some(({ name }) => name === 'chat.send') && what === 'reply' ? [] : [1])
  await seconds(1)
  expect(await sent).toMatchObject({ seq: 4 })
  expect(texts(room).filter((text) => text === 'early')).toHaveLength(1)
})

test('O2 a lost answer is asked for again with the same command id', async () => {
  const room = await live()
  hub.network = (what) => (what === 'request' ? [1] : [])
  void room.send('once')
  await seconds(5)
  expect(room.state.messages.at(-1)?.pending).toBe('sending')
  hub.cut()
  expect(room.state.messages.at(-1)?.pending).toBe('queued')
  hub.network = () => [1]
  await seconds(20)
  expect(new Set(sends()).size).toBe(1)
  expect(sends()).toHaveLength(1) // the join told that it is there
  expect(texts(room).filter((text) => text === 'once')).toHaveLength(1)
})

test('O5 a refused send is taken out, and the queue goes on; a limited one waits', async () => {
  const room = await live()
  let limited = 3
  hub.intercept = (name, input) => {
    if (name !== 'chat.send') return null
    if ('text' in input && input.text === 'bad') return { ok: false, error: refusal('access.denied') }
    return limited-- > 0 ? { ok: false, error: refusal('rate.limited', true) } : null
  }
  const [bad, good] = [room.send('bad'), room.send('good')]
  await expect(Promise.race([bad, seconds(30)])).rejects.toMatchObject({ name: 'RemoteError', code: 'access.denied', requestId: 'r' })
  expect(await good).toMatchObject({ seq: 4 })
  expect(texts(room)).not.toContain('bad')
  expect(sends()).toHaveLength(5)
})

test('O6 a session that ended under a send refuses the connection, not the send', async () => {
  const room = await live()
  let ended = true
  hub.intercept = (name) => {
    if (name !== 'chat.send' || !ended) return null
    ended = false
    return { ok: false, error: refusal('session.ended') }
  }
  const sent = room.send('later')
  await seconds(5)
  expect(await sent).toMatchObject({ seq: 4 })
  expect(hub.handshakes).toHaveLength(2)
})

test('O4 what is no text, or too much, is refused at once', async () => {
  const room = begin({ maxPending: 1 })
  for (const text of ['', '  ', 'x'.repeat(4_001), '\ud800', 'a\0b', 7 as unknown as string]) {
    await expect(room.send(text)).rejects.toMatchObject({ code: 'request.invalid' })
  }
  void room.send('fits')
  await expect(room.send('full')).rejects.toMatchObject({ code: 'client.queueFull', retryable: true })
})

test('R11 removed from the room: its sends are refused, and a later join starts afresh', async () => {
  const room = await live()
  hub.network = (what) => (what === 'request' ? [60_000] : [1])
  const sent = expect(room.send('too late')).rejects.toMatchObject({ code: 'resource.notFound' })
  hub.remove()
  await seconds(1)
  await sent
  expect(room.state).toMatchObject({ status: 'removed', rev: 3 })
  hub.tell(hub.log.hear())
  await seconds(1)
  expect(room.state.rev).toBe(3)
  hub.network = () => [1]
  const again = room.join()
  await seconds(1)
  expect((await again).state).toMatchObject({ status: 'live', rev: 4 })
})

test('R11 a room that is not there is not joined, and not tried again', async () => {
  hub.intercept = () => ({ ok: false, error: refusal('resource.notFound') })
  const room = begin()
  const joined = expect(room.join()).rejects.toMatchObject({ code: 'resource.notFound' })
  await seconds(60)
  await joined
  expect(hub.commands).toHaveLength(1)
})

test('K2 a forked room applies nothing more and refuses to be joined', async () => {
  const known = { stream: roomId, seq: 2, hash: 'a'.repeat(64), at: '2026-11-21T12:00:00.000Z', keyId: 'k1', signature: '' }
  const room = await live({
    storage: { get: () => JSON.stringify(known), set: () => {}, delete: () => {}, keys: () => [] },
  }).catch(() => parley.room(roomId))
  expect(hub.commands[0]).toMatchObject({ name: 'room.join', input: { known: 2 } })
  hub.tell(hub.log.hear())
  await seconds(1)
  expect(room.state).toMatchObject({ status: 'forked', rev: 0 })
  await expect(room.join()).rejects.toMatchObject({ code: 'log.forked' })
  await expect(room.send('x')).rejects.toMatchObject({ code: 'log.forked' })
})

test('K4 the keys are asked for past the cache where it has not the right one', async () => {
  const checkpoint = { stream: roomId, seq: 2, hash: 'a'.repeat(64), at: '2026-11-21T12:00:00.000Z', keyId: 'k1', signature: '' }
  hub.checkpoint = () => ({ checkpoint, pastHash: null })
  const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response('{"keys":[]}'))
  const room = begin({ fetch })
  const joined = expect(room.join()).rejects.toMatchObject({ code: 'log.forked' })
  await seconds(1)
  await joined
  expect(fetch.mock.calls.map(([at, init]) => [at, init?.cache])).toEqual([
    ['http://hub.test/.well-known/parley-checkpoint-keys.json', undefined],
    ['http://hub.test/.well-known/parley-checkpoint-keys.json', 'reload'],
  ])
})

test('R8 history comes by REST; a page read too early is fetched again', async () => {
  for (let i = 0; i < 40; i++) hub.log.hear()
  const stale = { ...hub.log.page(34, 20), asOf: 1 }
  const asked: string[] = []
  const fetch = vi.fn<typeof globalThis.fetch>(async (url) => {
    asked.push(String(url))
    if (asked.length === 1) return new Response(JSON.stringify({ code: 'session.ended' }), { status: 401 })
    const before = Number(new URL(String(url)).searchParams.get('before'))
    return new Response(JSON.stringify(asked.length === 2 ? stale : hub.log.page(before, 20)))
  })
  const room = await live({ fetch })
  expect(room.state.messages).toHaveLength(10)
  expect(await room.loadOlder(20)).toBe(true)
  expect(asked).toHaveLength(3)
  expect(asked[0]).toBe(`http://hub.test/api/v1/rooms/${roomId}/messages?limit=20&before=34`)
  expect(getToken).toHaveBeenLastCalledWith('token')
  expect(await room.loadOlder(20)).toBe(false)
  expect(room.state.messages.map((m) => m.seq)).toEqual(Array.from({ length: 43 }, (_, i) => i + 1))
})

test('R8 history comes in a room where 20 messages a second overtake each page', async () => {
  for (let i = 0; i < 40; i++) hub.log.hear()
  const fetch = vi.fn<typeof globalThis.fetch>(async (url) => {
    const page = hub.log.page(Number(new URL(String(url)).searchParams.get('before')), 20)
    await new Promise((resolve) => setTimeout(resolve, 60))
    return new Response(JSON.stringify(page))
  })
  const room = await live({ fetch })
  const traffic = setInterval(() => hub.tell(hub.log.hear()), 50)
  for (const more of [true, false]) {
    const older = room.loadOlder(20)
    await seconds(1)
    expect(await older).toBe(more)
  }
  clearInterval(traffic)
  await seconds(1)
  expect(fetch).toHaveBeenCalledTimes(2)
  expect(room.state.messages.map((m) => m.seq)).toEqual(Array.from({ length: hub.log.head }, (_, i) => i + 1))
})

test.each([
  ['room.event', []],
  ['room.event', [null]],
  ['room.event', [[null, 7, {}]]],
  ['room.event', [[{ roomId, id: 'x', type: 'moon.risen', seq: 2.5 }]]],
  ['room.event', [[{ roomId, id: 'x', type: 'moon.risen', seq: 1e300 }]]],
  ['room.event', [[{ roomId, id: 'x', type: 'moon.risen', seq: -1 }]]],
  ['room.closed', []],
  ['room.closed', [{ roomId: 7 }]],
  ['session.ending', []],
  ['session.ending', [null]],
  ['session.ending', [{ code: 7 }]],
])('W1 %s with %j is ignored, and onError hears of it', async (name, args) => {
  const room = await live()
  const commands = hub.commands.length
  for (const socket of hub.sockets) socket.hear(name, args)
  await seconds(60)
  expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: `The hub sent a malformed ${name}` })]])
  expect(room.state).toMatchObject({ status: 'live', rev: 3 })
  expect([hub.commands.length, hub.handshakes.length, parley.status]).toEqual([commands, 1, 'online'])
})

test('W1 the sound events of a frame are not lost with a malformed one', async () => {
  const room = await live()
  const [a, b, c] = [hub.log.hear(), hub.log.hear(), hub.log.hear()]
  for (const socket of hub.sockets) socket.hear('room.event', [[a, { ...b, seq: '5' }, c]])
  await seconds(1)
  expect(room.state).toMatchObject({ status: 'live', rev: 6 })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no reply', 'yes'],
  ['no data', { ok: true }],
  ['no place', { ok: true, data: {} }],
  ['a place nowhere', { ok: true, data: { messageId: 'x', seq: 2.5, at: '' } }],
  ['no error', { ok: false }],
  ['an error without a code', { ok: false, error: { message: 'oh' } }],
])('W2 a send answered with %s goes again under the same id, and is not lost', async (_, reply) => {
  const room = await live()
  let lies = 3
  hub.intercept = (name) => (name === 'chat.send' && lies-- > 0 ? { ...(reply as object), lie: true } : null) as never
  const answer = hub.answer.bind(hub)
  hub.answer = (...args) => {
    const said = answer(...args)
    return 'lie' in said ? (reply as typeof said) : said
  }
  const sent = room.send('hello')
  await seconds(0.05)
  expect(room.state.messages.at(-1)).toMatchObject({ text: 'hello', pending: 'sending' })
  await seconds(30)
  expect(await sent).toMatchObject({ seq: 4, messageId: expect.any(String) })
  expect(sends()).toHaveLength(4)
  expect(new Set(sends()).size).toBe(1)
  expect(texts(room).filter((text) => text === 'hello')).toHaveLength(1)
  expect(onError).toHaveBeenCalledTimes(3)
  expect(hub.handshakes).toHaveLength(1)
})

test.each<['room.join' | 'room.sync', object | null]>([
  ['room.join', null],
  ['room.join', { head: 1e300 }],
  ['room.join', { events: [null] }],
  ['room.join', { me: null }],
  ['room.join', { snapshot: { asOf: 3 } }],
  ['room.join', { checkpoint: {} }],
  ['room.sync', null],
  ['room.sync', { head: 9, events: 'none' }],
  ['room.sync', { head: 2.5 }],
])('W2 a %s answered with %j is asked again', async (command, wrong) => {
  let lies = 2
  const answer = hub.answer.bind(hub)
  hub.answer = (socket, name, input) => {
    const said = answer(socket, name, input)
    if (name !== command || !said.ok || lies-- <= 0) return said
    return { ok: true, data: wrong && { ...(said.data as object), ...wrong } }
  }
  const room = begin()
  const joined = room.join()
  await seconds(10)
  await joined
  hub.log.hear()
  hub.tell(hub.log.hear())
  await seconds(10)
  expect(room.state).toMatchObject({ status: 'live', rev: 5 })
  expect(onError).toHaveBeenCalledTimes(2)
})

test('W2 a page or a list of rooms of another shape is no answer', async () => {
  for (let i = 0; i < 40; i++) hub.log.hear()
  const page = { asOf: 43, messages: [{ id: 'x', seq: 2.5 }], more: false, newer: false }
  for (const said of [null, {}, { rooms: 7 }, page]) {
    const room = await live({ fetch: async () => new Response(JSON.stringify(said)) })
    await expect(room.loadOlder()).rejects.toMatchObject({ code: 'server.unavailable' })
    await expect(parley.rooms()).rejects.toMatchObject({ code: 'server.unavailable' })
    parley.close()
  }
})

test('L1 a listener that throws breaks nothing', async () => {
  onError.mockImplementation(() => {
    throw new Error('this one too')
  })
  const room = await live()
  const heard = vi.fn()
  room.subscribe(() => {
    throw new Error('mine')
  })
  room.subscribe(heard)
  hub.tell(hub.log.hear())
  await seconds(1)
  for (const socket of hub.sockets) socket.hear('room.event', [null])
  await seconds(1)
  expect(heard).toHaveBeenCalled()
  expect(room.state).toMatchObject({ status: 'live', rev: 4 })
})

test('L2 close settles every promise, and nothing happens after it', async () => {
  const room = await live({ fetch: () => new Promise(() => {}) })
  for (let i = 0; i < 30; i++) hub.log.hear()
  hub.cut()
  await seconds(5)
  hub.network = () => []
  const other = parley.room('018f0000-0000-7000-8000-0000000000ff')
  const open = Promise.allSettled([room.send('a'), room.send('b'), other.join(), other.send('c'), room.loadOlder()])
  await seconds(1)
  parley.close()
  parley.close()
  expect((await open).map((r) => r.status === 'rejected' && r.reason.code)).toEqual(Array(5).fill('client.closed'))
  const count = hub.commands.length
  await seconds(600)
  expect(hub.commands).toHaveLength(count)
  expect(parley.status).toBe('closed')
  await expect(parley.room(roomId).join()).rejects.toMatchObject({ code: 'client.closed' })
  await expect(parley.room('018f0000-0000-7000-8000-0000000000fe').send('x')).rejects.toMatchObject({ code: 'client.closed' })
})

test('L2 a leave under way does not wait for an answer that cannot come', async () => {
  const room = await live()
  hub.network = () => []
  const left = room.leave()
  await seconds(1)
  parley.close()
  const from = Date.now()
  await left
  expect(Date.now()).toBe(from)
})

test('L3 a room that was left is quiet, and can be joined anew', async () => {
  const room = await live()
  const left = room.leave()
  const again = parley.room(roomId)
  const joined = again.join()
  await seconds(1)
  await Promise.all([left, joined])
  expect(room.state.status).toBe('left')
  expect(hub.commands.map(({ name }) => name)).toEqual(['room.join', 'room.leave', 'room.join'])
  hub.tell(hub.log.hear())
  await seconds(1)
  expect([room.state.rev, again.state.rev]).toEqual([3, 4])
})

test('R12 what the room is about, and how that stands, follows the events; of what is about nothing it is null', async () => {
  const room = await live()
  expect(room.state.subject).toBeNull()
  const id = '018f0000-0000-7000-8000-0000000000aa'
  hub.tell(hub.log.happen('application.submitted', { applicationId: id, campaignId: id }))
  await seconds(0.1)
  expect(room.state.subject).toEqual({ kind: 'application', id, state: 'submitted', version: 1, moved: null, reason: null })
  const deal = { move: 'shortlist', from: 'submitted', to: 'shortlisted', version: 2 }
  const told = hub.log.happen('application.statusChanged', deal, { reason: 'Lovely' })
  hub.tell(told)
  await seconds(0.1)
  expect(room.state.subject).toEqual({ kind: 'application', id, state: 'shortlisted', version: 2, moved: told.seq, reason: 'Lovely' })
  hub.tell(hub.log.erase([told.seq]))
  await seconds(0.1)
  expect(room.state.subject).toMatchObject({ state: 'shortlisted', reason: null })
})

test('R13 a role that changes shows among the members and in `me`, and `can` follows it', async () => {
  const room = await live()
  expect([room.state.me?.role, room.can('speak'), room.can('configure')]).toEqual(['creator', true, false])
  const change = (role: string) => hub.tell(hub.log.happen('room.roleChanged', { member: me, role }))
  change('manager')
  await seconds(0.1)
  expect(room.state.members.find(({ key }) => key === me)?.role).toBe('manager')
  expect([room.state.me?.role, room.can('speak'), room.can('configure')]).toEqual(['manager', true, true])
  change('viewer')
  await seconds(0.1)
  expect([room.state.me?.role, room.can('speak')]).toEqual(['viewer', false])
})
