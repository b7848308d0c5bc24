import type { Socket as Wire } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'
import { connect, openSocketIo } from '../client-sdk/src/index.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { layWire } from './faults/testing-wire.ts'
import { MOST_UNREAD, type Packet, sizeOf, unread } from './outgoing.ts'
import type { AppSocket } from './socket.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'

let h: TestHub
beforeEach(async () => {
  h = await hub()
})
afterEach(() => h.close())

/** The connection under a client: paused, it reads nothing. */
const wireOf = ({ socket }: TestClient) => (socket.io.engine.transport as unknown as { ws: { _socket: Wire } }).ws._socket
const hereOf = ({ userId }: TestPerson) => [...h.io.sockets.sockets.values()].find((socket) => socket.data.session.userId === userId)!
const LONG = 'x'.repeat(4_000)
/** Of one message of these as a frame, at most. */
const FRAME = 4_600
const flood = (person: TestPerson, roomId: RoomId, count: number) =>
  Promise.all(Array.from({ length: count }, () => sendMessage(h.as(person), { commandId: commandId(), roomId, text: LONG })))

/** Watches how much waits for a socket with each packet that is made for it, which is in no queue yet and may be a whole batch. */
function gauge(socket: AppSocket): { most: number } {
  const seen = { most: 0 }
  socket.conn.on('packetCreate', (packet: Packet) => {
    seen.most = Math.max(seen.most, unread(socket) + sizeOf(packet))
  })
  return seen
}

test('whoever stops reading is cut off at the byte, in the middle of a flood, and what waited for them is let go', {
  timeout: 60_000,
}, async () => {
  const { roomId, owner, creator, viewer } = await h.negotiation()
  const [deaf, reads] = [await h.client(creator), await h.client(viewer)]
  for (const client of [deaf, reads]) await client.do('room.join', { roomId })
  const here = hereOf(creator)
  const seen = gauge(here)
  wireOf(deaf).pause()
  let sent = 0
  for (; here.connected && sent < 10_000; sent += 100) await flood(owner, roomId, 100)
  expect(here.connected).toBe(false)
  expect(seen.most).toBeGreaterThan(MOST_UNREAD - FRAME) // a frame's head counts once it is in the connection
  expect(seen.most).toBeLessThan(MOST_UNREAD + 200 * FRAME) // and one frame of a whole batch
  expect(unread(here)).toBeLessThan(seen.most / 2) // at once, not when the connection ends
  await expect.poll(() => reads.heard.length, { timeout: 10_000 }).toBe(sent) // nobody else felt it
  const connections = h.io.engine.clientsCount
  await expect.poll(() => h.io.engine.clientsCount, { timeout: 10_000 }).toBe(connections - 1) // though it never said goodbye
})

test('a client that reads again hears why it was cut off, after what was on its way and without a hole', { timeout: 60_000 }, async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const deaf = await h.client(creator)
  await deaf.do('room.join', { roomId })
  const here = hereOf(creator)
  const ending = new Promise<{ code: string; retryable: boolean }>((done) => deaf.socket.once('session.ending', done))
  wireOf(deaf).pause()
  for (let sent = 0; here.connected && sent < 10_000; sent += 100) await flood(owner, roomId, 100)
  wireOf(deaf).resume()
  expect(await ending).toMatchObject({ code: 'client.tooSlow', retryable: true })
  const seqs = deaf.heard.map(({ seq }: Envelope) => seq)
  expect(seqs).toEqual(seqs.map((_, n) => seqs[0]! + n))
})

test('the answers to what it asks count, too: many at once do not pile up', { timeout: 60_000 }, async () => {
  const { roomId, owner, creator } = await h.negotiation()
  await flood(owner, roomId, 250)
  const deaf = await h.client(creator)
  const here = hereOf(creator)
  const seen = gauge(here)
  wireOf(deaf).pause()
  for (let n = 0; n < 300; n++) deaf.socket.emit('room.sync', { roomId, after: 0, limit: 500 }, () => {}) // a megabyte each
  await expect.poll(() => here.connected, { timeout: 20_000 }).toBe(false)
  expect(seen.most).toBeLessThan(MOST_UNREAD + 2_000_000)
})

test('an app that was cut off for not reading comes back by itself and has everything', { timeout: 60_000 }, async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const wire = await layWire(h.url)
  const { accessToken } = await h.session(creator)
  const statuses: string[] = []
  const parley = connect({ url: wire.url, getToken: async () => accessToken, openSocket: openSocketIo, random: () => 0.1 })
  try {
    const room = await parley.room(roomId).join()
    parley.subscribe(() => statuses.push(parley.status))
    const here = hereOf(creator)
    wire.hold()
    let sent = 0
    for (; here.connected && sent < 10_000; sent += 100) await flood(owner, roomId, 100)
    expect(here.connected).toBe(false)
    wire.mend()
    const { head } = await h.db.log.readAfter(roomId, 0, 1)
    await expect.poll(() => [room.state.rev, room.state.status], { timeout: 30_000 }).toEqual([head, 'live'])
    expect(statuses.length).toBeGreaterThan(1) // it was away in between
  } finally {
    parley.close()
    await wire.close()
  }
})
