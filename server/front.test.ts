import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { front } from './front.ts'

const UNREAD = 1_000
const PIECE = new Uint8Array(1_000_000)
const PIECES = 30
let http: Server
let cancelled = 0

/** Made as it is read, as a proof is. */
function file(): ReadableStream<Uint8Array> {
  let made = 0
  return new ReadableStream(
    {
      pull: (controller) => (made++ < PIECES ? controller.enqueue(PIECE) : controller.close()),
      cancel: () => void cancelled++,
    },
    { highWaterMark: 0 },
  )
}
const answers: Record<string, () => Response> = {
  '/file': () => new Response(file()),
  '/page': () => new Response('x'.repeat(PIECES * PIECE.length)),
}
beforeAll(async () => {
  http = front({ fetch: (request) => answers[new URL(request.url).pathname]!() }, UNREAD)
  http.on('upgrade', (_, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'))
  await once(http.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

function ask(path: string, headers = ''): Socket {
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {}) // that it is reset is what is looked for
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  return socket
}
const connections = () => new Promise<number>((done) => http.getConnections((_, count) => done(count)))

test.each(['/file', '/page'])('who asks for %s and does not read it loses the connection, and nothing of it is kept', async (path) => {
  const before = cancelled
  const socket = ask(path).pause()
  await once(socket, 'connect')
  await expect.poll(connections, { timeout: 10 * UNREAD }).toBe(0)
  if (path === '/file') await expect.poll(() => cancelled).toBe(before + 1)
  socket.destroy()
})

test('who reads it slowly gets all of it', async () => {
  const socket = ask('/file', 'Connection: close\r\n')
  const began = performance.now()
  let read = 0
  for await (const chunk of socket) {
    read += (chunk as Buffer).length
    await sleep(5)
  }
  expect(performance.now() - began).toBeGreaterThan(UNREAD)
  expect(read).toBeGreaterThan(PIECES * PIECE.length)
})

test('a socket may be silent for longer', async () => {
  const socket = ask('/', 'Connection: Upgrade\r\nUpgrade: x\r\n')
  await once(socket, 'data')
  await sleep(3 * UNREAD)
  expect(await connections()).toBe(1)
  socket.destroy()
})
