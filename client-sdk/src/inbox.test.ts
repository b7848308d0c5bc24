import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RoomId } from '../contract/ids.ts'
import type { RoomSummary } from '../contract/rooms/schema.ts'
import type { InboxChange } from '../contract/whispers.ts'
import { connect } from './client.ts'
import type { Parley } from './parley.ts'
import type { Room } from './room.ts'
import { FakeHub, me, roomId } from './testing.ts'

const quiet = '018f0000-0000-7000-8000-0000000000f0' as RoomId
const loud = '018f0000-0000-7000-8000-0000000000f1' as RoomId
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString()
const summary = (id: RoomId, more: Partial<RoomSummary>): RoomSummary => {
  const counts = { head: 3, lastAt: at(3), read: 0, unread: 0, mentions: 0, muted: false }
  return { roomId: id, kind: 'application', title: id.slice(-2), role: 'creator', ...counts, last: null, ...more }
}
const change = (id: RoomId, more: Partial<InboxChange>): InboxChange => {
  return { roomId: id, head: 3, lastAt: at(3), read: 0, unread: 0, mentions: 0, muted: false, ...more }
}

let hub: FakeHub
let parley: Parley
let listed: RoomSummary[]
let down = false
const asked: string[] = []
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const order = () => parley.inbox.state.rooms.map((room) => room.roomId)
const of = (id: RoomId) => parley.inbox.state.rooms.find((room) => room.roomId === id)

/** As the hub lists rooms: previews only with a limit, and page by page. */
async function fetch(url: unknown): Promise<Response> {
  const { searchParams } = new URL(String(url))
  asked.push(String(url).replace('http://hub.test/api/v1', ''))
  if (down) throw new TypeError('offline')
  const limit = Number(searchParams.get('limit') ?? 0)
  const from = Number(searchParams.get('cursor') ?? 0)
  const all = limit ? listed.slice(from, from + limit) : listed
  const last = (room: RoomSummary) => ({ seq: room.head, author: me, at: at(room.head), text: `of ${room.head}` })
  const rooms = all.map((room) => ({ ...room, last: searchParams.get('previews') ? last(room) : null }))
  return new Response(JSON.stringify({ rooms, cursor: limit && from + limit < listed.length ? String(from + limit) : null }))
}

beforeEach(async () => {
  vi.useFakeTimers()
  asked.length = 0
  down = false
  hub = new FakeHub()
  for (let i = 0; i < 3; i++) hub.log.hear()
  listed = [
    summary(roomId, { unread: 3 }),
    summary(quiet, { lastAt: at(9), unread: 4, mentions: 1, muted: true }),
    summary(loud, { lastAt: at(6), unread: 2, mentions: 2 }),
  ]
  parley = connect({ url: 'http://hub.test', getToken: async () => 't', random: () => 0.5, openSocket: hub.open, fetch })
  await seconds(0.1)
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})
const opened = async (): Promise<Room> => {
  const joined = parley.room(roomId).join()
  await seconds(0.1)
  return joined
}

test('I1 one request loads all rooms, the last active first; what is muted is not unread, but mentions are mentions', async () => {
  expect(parley.inbox.state).toEqual({ loaded: false, rooms: [], unread: 0, mentions: 0 })
  expect(await parley.inbox.load()).toBe(parley.inbox.state)
  expect(asked).toEqual(['/rooms'])
  expect(order()).toEqual([quiet, loud, roomId])
  expect(parley.inbox.state).toMatchObject({ loaded: true, unread: 5, mentions: 3 })
})

test('I2 whispers keep it right, whatever of them is old changes nothing, and who listens hears of it', async () => {
  await parley.inbox.load()
  const heard = vi.fn()
  parley.inbox.subscribe(heard)
  hub.whisper('inbox.changed', { rooms: [change(loud, { head: 5, lastAt: at(20), unread: 3, mentions: 2 })] })
  await seconds(0.1)
  expect(order()[0]).toBe(loud)
  expect(parley.inbox.state.unread).toBe(6)
  hub.whisper('inbox.changed', { rooms: [change(loud, { head: 4, unread: 99 })] })
  await seconds(0.1)
  expect(parley.inbox.state.unread).toBe(6)
  hub.whisper('inbox.changed', { rooms: [change(loud, { head: 5, lastAt: at(20), read: 5 })] }) // read on another device
  await seconds(0.1)
  expect(parley.inbox.state).toMatchObject({ unread: 3, mentions: 1 })
  expect(heard).toHaveBeenCalledTimes(3)
})

test('I2 what is whispered while the list is on its way is not lost', async () => {
  const loading = parley.inbox.load()
  hub.whisper('inbox.changed', { rooms: [change(loud, { head: 8, unread: 7 })] })
  await seconds(0.1)
  await loading
  expect(of(loud)).toMatchObject({ head: 8, unread: 7 })
})

test('I3 what an open room hears counts at once, each message once, and ours not', async () => {
  const room = await opened()
  await parley.inbox.load()
  hub.tell(hub.log.hear('for all'))
  hub.tell(hub.log.hear(`for <@${me}>`))
  await seconds(0.1)
  await Promise.all([room.send('from me'), seconds(0.1)])
  expect(of(roomId)).toMatchObject({ head: 6, unread: 5, mentions: 1, lastAt: hub.log.events.at(-1)!.at })
  hub.whisper('inbox.changed', { rooms: [change(roomId, { head: 5, unread: 5, mentions: 1 })] })
  await seconds(0.1)
  expect(of(roomId)).toMatchObject({ head: 6, unread: 5 })
})

test('I4 read or muted here, it is so at once', async () => {
  const room = await opened()
  await parley.inbox.load()
  room.markRead()
  expect(of(roomId)).toMatchObject({ read: 3, unread: 0 })
  expect(parley.inbox.state.unread).toBe(2)
  hub.tell(hub.log.hear())
  await seconds(1)
  await Promise.all([room.mute(true), seconds(0.1)])
  expect(of(roomId)).toMatchObject({ muted: true, unread: 1 })
  expect(parley.inbox.state.unread).toBe(2)
  hub.cut()
  const offline = expect(room.mute(false)).rejects.toMatchObject({ code: 'server.unavailable' })
  await offline
})

test('I4 how far is read elsewhere is known in the room too', async () => {
  const room = await opened()
  listed[0] = summary(roomId, { read: 2, unread: 1 })
  await parley.inbox.load()
  expect(room.state.read).toBe(2)
})

test('I5 it is loaded again after each reconnect, and until that works', async () => {
  await seconds(5)
  expect(asked).toEqual([]) // nobody wants it yet
  await parley.inbox.load()
  down = true
  hub.cut()
  await seconds(5)
  expect(asked.length).toBeGreaterThan(1)
  listed = [summary(loud, { unread: 9 })]
  down = false
  await seconds(20)
  expect(parley.inbox.state).toMatchObject({ unread: 9, rooms: [{ roomId: loud }] })
})

test('I6 a room that is new is loaded; one that is ours no more is gone', async () => {
  await opened()
  listed.splice(1, 2)
  await parley.inbox.load()
  listed.push(summary(loud, { unread: 1 }))
  for (let i = 0; i < 5; i++) hub.whisper('inbox.changed', { rooms: [change(loud, { unread: 1 })] })
  await seconds(2)
  expect(asked).toEqual(['/rooms', '/rooms'])
  hub.remove()
  await seconds(0.1)
  expect(order()).toEqual([loud])
})

test('I7 previews come page by page, and again when what they show has changed', async () => {
  await parley.inbox.load()
  expect(await parley.inbox.loadPreviews(2)).toBe(true)
  expect([of(roomId)?.last?.text, of(loud)?.last]).toEqual(['of 3', null])
  expect(await parley.inbox.loadPreviews(2)).toBe(false)
  expect(of(loud)?.last?.text).toBe('of 3')
  listed[2] = summary(loud, { head: 4 })
  hub.whisper('inbox.changed', { rooms: [change(loud, { head: 4 })] })
  await seconds(2)
  expect(of(loud)?.last?.text).toBe('of 4')
  expect(asked.slice(-2)).toEqual(['/rooms', '/rooms?limit=4&previews=true'])
})

test('I7 an open room shows its newest words itself', async () => {
  const room = await opened()
  await parley.inbox.load()
  await parley.inbox.loadPreviews()
  await Promise.all([room.send('x'.repeat(500)), seconds(0.1)])
  expect(of(roomId)?.last).toMatchObject({ seq: 4, author: me, text: 'x'.repeat(140) })
  await Promise.all([room.delete(4), seconds(0.1)])
  expect(of(roomId)?.last).toMatchObject({ seq: 3, text: 'message 3' })
})

test('a refused list is an error of its own, and what is there stays', async () => {
  await parley.inbox.load()
  down = true
  await expect(parley.inbox.load()).rejects.toMatchObject({ code: 'server.unavailable' })
  expect(parley.inbox.state.rooms).toHaveLength(3)
})

test('L2 what is asked when the client is closed, or still open then, rejects with the reason', async () => {
  const open = [parley.inbox.load(), parley.search({ q: 'x' })]
  parley.close()
  for (const ask of [...open, parley.inbox.load(), parley.inbox.loadPreviews(), parley.rooms()])
    await expect(ask).rejects.toMatchObject({ code: 'client.closed' })
  await seconds(60)
  expect(asked.length).toBeLessThanOrEqual(2)
})
