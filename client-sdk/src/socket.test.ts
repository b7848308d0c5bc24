import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocketIo } from './socket.ts'
import { refusal, roomId } from './testing.ts'
import { SDK_VERSION } from './version.ts'

const http = createServer()
const io = new Server(http, { path: '/hub' })
let url: string
beforeAll(async () => {
  io.use((socket, pass) => {
    const { token } = socket.handshake.auth
    pass(token === 'good' ? undefined : Object.assign(new Error('no'), { data: refusal('session.required') }))
  })
  io.on('connection', (socket) => {
    socket.on('room.leave', (input, reply) => reply({ ok: true, data: input }))
    socket.on('room.sync', () => socket.disconnect(true))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
})
afterAll(() => io.close())

const open = (token: string, at = url) => {
  const socket = openSocketIo(at, '/hub', { token, sdk: SDK_VERSION, protocol: 1 })
  const first = new Promise((resolve) => {
    socket.on('connect', () => resolve('connect'))
    socket.on('connect_error', resolve)
  })
  return { socket, first }
}

test('C2 a real socket is let in, asks, and hears that it was cut', async () => {
  const { socket, first } = open('good')
  expect(await first).toBe('connect')
  expect(await socket.emitWithAck('room.leave', { roomId }, 1_000)).toEqual({ ok: true, data: { roomId } })
  const cut = new Promise<void>((resolve) => socket.on('disconnect', resolve))
  await expect(socket.emitWithAck('room.sync', { roomId, after: 0 }, 5_000)).rejects.toThrow()
  await cut
  expect(socket.connected).toBe(false)
  socket.close()
})

test("C4 a refused handshake comes with the hub's own words, a dead address with none", async () => {
  const refused = open('bad')
  expect(await refused.first).toEqual(refusal('session.required'))
  refused.socket.close()
  const nobody = open('good', 'http://127.0.0.1:1/')
  expect(await nobody.first).toBeNull()
  nobody.socket.close()
})

test('the version that the hub hears is the one of the package', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version).toBe(SDK_VERSION)
})
