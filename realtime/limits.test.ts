import { io, type Socket } from 'socket.io-client'
import { afterEach, expect, test } from 'vitest'
import { PROTOCOL_VERSION, type RoomId, type WireError } from '../client-sdk/contract/index.ts'
import { TokenBuckets } from '../server/limits.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'

let h: TestHub
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close()
  await h.close()
})

const once = () => new TokenBuckets({ perSecond: 0.1, burst: 1 })
const say = (roomId: RoomId, text: string) => ({ commandId: commandId(), roomId, text })

/** Null where the hub lets it in, or why it does not. */
async function knock(person: TestPerson, forwarded: string): Promise<WireError | null> {
  const { accessToken: token } = await h.session(person)
  const auth = { token, sdk: '0.0.0', protocol: PROTOCOL_VERSION }
  const extraHeaders = { 'x-forwarded-for': forwarded }
  const socket = io(h.url, { auth, extraHeaders, transports: ['websocket'], reconnection: false, forceNew: true })
  sockets.push(socket)
  return new Promise((done) => {
    socket.once('connect', () => done(null))
    socket.once('connect_error', (error: Error & { data?: WireError }) => done(error.data!))
  })
}

test('new sockets are limited by address, as the trusted proxy says it', async () => {
  h = await hub({ trustedProxies: 1, limits: { addresses: once() } })
  const person = await h.person()
  expect(await knock(person, '192.0.2.1')).toBeNull()
  const refused = await knock(person, '198.51.100.7, 192.0.2.1') // what stands before it the client made up
  expect(refused).toMatchObject({ code: 'rate.limited', retryable: true, retryAfter: 10 })
  expect(refused?.message).toContain('ADDRESS_RATE_PER_SECOND')
  expect(await knock(person, '192.0.2.2')).toBeNull()
})

test('without a trusted proxy nobody can choose their address', async () => {
  h = await hub({ limits: { addresses: once() } })
  const person = await h.person()
  expect(await knock(person, '192.0.2.1')).toBeNull()
  expect(await knock(person, '192.0.2.2')).toMatchObject({ code: 'rate.limited' })
})

test('a socket may do less than its person, whose other sockets go on', async () => {
  h = await hub({
    limits: { sockets: new TokenBuckets({ perSecond: 0.1, burst: 3 }), commands: new TokenBuckets({ perSecond: 0.1, burst: 5 }) },
  })
  const { roomId, owner } = await h.negotiation()
  const [mad, calm] = [await h.client(owner), await h.client(owner)]
  const codes = async (client: typeof mad, times: number) => {
    const replies = await Promise.all(Array.from({ length: times }, () => client.ask('room.leave', { roomId })))
    return replies.map((reply) => (reply.ok ? 'ok' : `${reply.error.message} ${reply.error.retryAfter}`))
  }
  const socketLimit = expect.stringMatching(/SOCKET_RATE_PER_SECOND.* 10$/)
  expect(await codes(mad, 5)).toEqual(['ok', 'ok', 'ok', socketLimit, socketLimit]) // the last two cost the person nothing
  expect(await codes(calm, 3)).toEqual(['ok', 'ok', expect.stringMatching(/\(RATE_PER_SECOND.* 10$/)])
})

test('what is written in one room has a limit for everybody together, and is no other room’s', async () => {
  h = await hub({ limits: { rooms: new TokenBuckets({ perSecond: 0.1, burst: 2 }) } })
  const [busy, quiet] = [await h.negotiation(), await h.negotiation()]
  const [one, two, elsewhere] = [await h.client(busy.owner), await h.client(busy.creator), await h.client(quiet.owner)]
  const stranger = await h.client(await h.person())
  for (let n = 0; n < 3; n++)
    expect(await stranger.ask('chat.send', say(busy.roomId, 'x'))).toMatchObject({ error: { code: 'resource.notFound' } })
  await one.do('chat.send', say(busy.roomId, 'one'))
  await two.do('chat.send', say(busy.roomId, 'two'))
  const refused = await one.ask('chat.send', say(busy.roomId, 'three'))
  expect(refused).toMatchObject({
    ok: false,
    error: { code: 'rate.limited', retryAfter: 10, message: expect.stringContaining('ROOM_RATE_PER_SECOND') },
  })
  expect(await two.ask('room.join', { roomId: busy.roomId })).toMatchObject({ ok: true }) // reading goes on
  expect(await stranger.ask('chat.send', say(busy.roomId, 'x'))).toMatchObject({ error: { code: 'resource.notFound' } })
  await elsewhere.do('chat.send', say(quiet.roomId, 'here'))
})

test('a person has so many sockets, wherever they are, and may open one again when one is closed', async () => {
  h = await hub({ mostSockets: 3 })
  const [person, other] = [await h.person(), await h.person()]
  const attempts = await Promise.all(Array.from({ length: 8 }, () => knock(person, '')))
  expect(attempts.filter((refusal) => refusal === null)).toHaveLength(3)
  const refused = attempts.find((refusal) => refusal !== null)!
  expect(refused).toMatchObject({
    code: 'client.tooManySockets',
    retryable: true,
    message: expect.stringContaining('MAX_SOCKETS_PER_PERSON'),
  })
  expect(await knock(other, '')).toBeNull()
  sockets.find((socket) => socket.connected)!.close()
  await expect.poll(() => knock(person, '')).toBeNull()

  const far = await h.node({ mostSockets: 3 })
  const there = async () => (await h.client(person, {}, far.url).catch((error: unknown) => error)) as object
  await expect.poll(there).toMatchObject({ code: 'client.tooManySockets' }) // once this node has written of them
  await h.client(other, {}, far.url)
})
