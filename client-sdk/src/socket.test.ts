import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
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

/** A server that says this much of Socket.IO, and nothing more. */
async function saying(...packets: string[]): Promise<{ url: string; heard: string[]; close(): void }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const heard: string[] = []
  server.on('connection', (ws) => {
    ws.on('message', (packet) => heard.push(String(packet)))
    for (const packet of packets) ws.send(packet)
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, close: () => server.close() }
}
const hello = '0{"sid":"s","upgrades":[],"pingInterval":60,"pingTimeout":40,"maxPayload":1000}'

test('C8 a server that falls silent beyond its own ping is lost, and so is what was asked', async () => {
  const server = await saying(hello, '40{"sid":"s"}', '2', '42["room.closed",{"roomId":"r"}]', '421["asked",1]', '6')
  const { socket, first } = open('good', server.url)
  const news: unknown[] = []
  const lost = new Promise<void>((resolve) => socket.on('disconnect', resolve))
  socket.on('room.closed', (closed) => news.push(closed))
  expect(await first).toBe('connect')
  const asked = expect(socket.emitWithAck('room.leave', { roomId }, 5_000)).rejects.toThrow('ended')
  const unheard = expect(socket.emitWithAck('room.leave', { roomId }, 10)).rejects.toThrow('in time')
  await Promise.all([lost, asked, unheard])
  expect(news).toEqual([{ roomId: 'r' }])
  expect(server.heard).toEqual([
    expect.stringMatching(/^40{"token":"good"/),
    '3',
    expect.stringMatching(/^420\["room.leave"/),
    expect.stringMatching(/^421/),
  ])
  await expect(socket.emitWithAck('room.leave', { roomId }, 10)).rejects.toThrow('Not connected')
  server.close()
})

test.each([['0{'], ['0null'], [hello, '44'], [hello, '44null']])('W1 %s is no handshake', async (...packets) => {
  const server = await saying(...packets)
  const { first } = open('good', server.url)
  expect(await first).toBeNull()
  server.close()
})

test.each(['42{}', '42["room.closed"', '43[', '41', '1'])('W1 after the handshake %s ends the connection, or nothing', async (packet) => {
  const server = await saying(hello, '40{"sid":"s"}', packet)
  const { socket, first } = open('good', server.url)
  const lost = new Promise<void>((resolve) => socket.on('disconnect', resolve))
  expect(await first).toBe('connect')
  await lost
  server.close()
})

test('the version that the hub hears is the one of the package', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version).toBe(SDK_VERSION)
})
