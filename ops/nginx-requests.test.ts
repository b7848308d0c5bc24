import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Problem } from '../server/problem.ts'
import { type Edge, fetchFrom, freePorts, openEdge } from './testing-edge.ts'

/** What reached any of the three, in order. They answer with the headers that they got; to `/broken` with a cut. */
const reached: IncomingMessage[] = []
const servers: Server[] = []
let edge: Edge

beforeAll(async () => {
  const ports = (await freePorts(3)) as [number, number, number]
  for (const port of ports) {
    const server = createServer((request, response) => {
      reached.push(request)
      if (request.url === '/broken') request.destroy()
      else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(request.headers))
    })
    servers.push(server)
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  }
  edge = await openEdge(ports)
})
afterAll(async () => {
  await edge?.close()
  for (const server of servers) server.close()
})

test('of where a client is and how it came, a hub hears what nginx saw and nothing else', async () => {
  const headers = {
    'x-forwarded-for': '198.51.100.1, 198.51.100.2',
    'x-real-ip': '198.51.100.1',
    forwarded: 'for=198.51.100.1',
    'x-forwarded-proto': 'http',
    connection: 'close, x-forwarded-for',
  }
  const response = await fetchFrom('127.0.0.9')(`${edge.url}/`, { headers })
  const heard = await response.json()
  expect(heard).toMatchObject({ 'x-forwarded-for': '127.0.0.9', 'x-forwarded-proto': 'https', host: 'localhost' })
  for (const name of ['x-real-ip', 'forwarded', 'upgrade', 'connection']) expect(heard).not.toHaveProperty(name)
})

test('a POST that may have arrived is not sent again, and its sender is told to decide; a GET is tried at the others', async () => {
  const ask = async (method: string) => {
    const before = reached.length
    const response = await fetchFrom('127.0.0.9')(`${edge.url}/broken`, { method })
    return { times: reached.length - before, problem: Problem.parse(await response.json()) }
  }
  const posted = await ask('POST')
  expect([posted.times, posted.problem]).toEqual([1, expect.objectContaining({ code: 'server.unavailable', retryable: true })])
  expect((await ask('GET')).times).toBeGreaterThan(1)
})
