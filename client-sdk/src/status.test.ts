import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from './client.ts'
import type { ConnectOptions, Parley } from './parley.ts'
import { statusOf } from './status.ts'
import { FakeHub, refusal, roomId } from './testing.ts'

let hub: FakeHub
let parley: Parley
let heard: string[]
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const unavailable = { ok: false as const, error: refusal('server.unavailable', true) }

function begin(options: Partial<ConnectOptions> = {}): void {
  parley = connect({
    url: 'http://hub.test',
    getToken: async () => 'token',
    onError: () => {},
    random: () => 0.5,
    openSocket: hub.open,
    ...options,
  })
  heard = [parley.status]
  parley.subscribe(() => heard.push(parley.status))
}

beforeEach(() => {
  vi.useFakeTimers()
  hub = new FakeHub()
  hub.log.hear()
})
afterEach(() => {
  parley?.close() // the first test needs none
  vi.useRealTimers()
})

test('S1 every stage of the connection has one status', () => {
  const stages = ['authorising', 'connecting', 'online', 'waiting', 'outdated', 'signedOut', 'closed'] as const
  const table = (tried: boolean, ailing: boolean) => stages.map((stage) => statusOf(stage, tried, ailing)).join(' ')
  expect(table(false, false)).toBe('connecting connecting online offline outdated signedOut closed')
  expect(table(true, false)).toBe('offline offline online offline outdated signedOut closed')
  expect(table(true, true)).toBe('offline offline degraded offline outdated signedOut closed')
})

test('S2 connecting is for the first attempt alone; after it, without a connection it is offline', async () => {
  hub.door = () => refusal('server.unavailable', true)
  begin()
  await seconds(5)
  hub.door = () => null
  await seconds(5)
  hub.cut()
  await seconds(15)
  expect(heard).toEqual(['connecting', 'offline', 'online', 'offline', 'online'])
})

test.each([
  ['client.upgradeRequired', 'outdated'],
  ['session.ended', 'signedOut'],
] as const)('S3 refused with %s it is %s, and stays so', async (code, status) => {
  begin()
  await seconds(1)
  hub.door = () => refusal(code)
  hub.cut()
  await seconds(30)
  expect(heard).toEqual(['connecting', 'online', 'offline', status])
  parley.close()
  expect(parley.status).toBe('closed')
})

test('S4 a hub that answers server.unavailable is degraded until it answers otherwise', async () => {
  begin()
  const room = parley.room(roomId)
  await Promise.all([room.join(), seconds(0.1)])
  hub.intercept = (name) => (name === 'chat.send' ? unavailable : null)
  const sent = room.send('hi')
  await seconds(5)
  expect(parley.status).toBe('degraded')
  hub.intercept = () => null
  await seconds(15)
  await sent
  expect(heard).toEqual(['connecting', 'online', 'degraded', 'online'])
})

test('S4 a refusal is an answer, too: the hub does its work', async () => {
  begin()
  const room = parley.room(roomId)
  await Promise.all([room.join(), seconds(0.1)])
  hub.intercept = (name) => (name === 'chat.send' ? { ok: false, error: refusal('access.denied') } : null)
  await Promise.all([room.send('hi').catch(() => {}), seconds(1)])
  expect(heard).toEqual(['connecting', 'online'])
})

test('S4 one server.unavailable speaks for 10 s where nothing else is asked', async () => {
  begin()
  const room = parley.room(roomId)
  await Promise.all([room.join(), seconds(0.1)])
  hub.intercept = (name) => (name === 'chat.send' ? unavailable : null)
  void room.send('hi')
  await seconds(0.01)
  expect(parley.status).toBe('degraded')
  void room.leave()
  hub.network = () => [] // nothing is answered any more
  await seconds(9)
  expect(parley.status).toBe('degraded')
  await seconds(1.1)
  expect(parley.status).not.toBe('degraded')
})

test('S5 a joined room that is behind for more than 2 s is degraded, until it is live, left or offline', async () => {
  begin()
  const room = parley.room(roomId)
  await Promise.all([room.join(), seconds(0.1)])
  hub.intercept = (name) => (name === 'room.sync' ? { ok: false, error: refusal('server.failed') } : null)
  const stick = () => {
    hub.log.hear()
    hub.tell(hub.log.hear()) // the one before it is missing
  }
  stick()
  await seconds(1.9)
  expect(heard).toEqual(['connecting', 'online'])
  await seconds(0.2)
  expect(parley.status).toBe('degraded')
  hub.intercept = () => null
  await seconds(15)
  expect(room.state.status).toBe('live')
  expect(heard).toEqual(['connecting', 'online', 'degraded', 'online'])
  hub.intercept = (name) => (name === 'room.sync' ? { ok: false, error: refusal('server.failed') } : null)
  stick()
  await seconds(3)
  expect(parley.status).toBe('degraded')
  void room.leave()
  expect(parley.status).toBe('online')
})

test('S5 offline, nothing is degraded, and each connection begins with a clean slate', async () => {
  hub.intercept = (name) => (name === 'room.join' ? { ok: false, error: refusal('server.failed') } : null)
  begin()
  void parley.room(roomId).join()
  await seconds(3)
  expect(heard).toEqual(['connecting', 'online', 'degraded'])
  hub.cut()
  await seconds(0.3)
  expect(heard).toEqual(['connecting', 'online', 'degraded', 'offline', 'online'])
  await seconds(2)
  expect(parley.status).toBe('degraded')
})
