import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import { connect, type Parley, resume } from '../client-sdk/src/index.ts'
import { rest } from '../client-sdk/src/rest.ts'
import { signerFrom } from '../persistence/checkpoints.ts'
import { startTestRedis, type TestRedis } from '../persistence/testing-redis.ts'
import { type Program, runProgram } from '../realtime/faults/testing-program.ts'
import { Problem } from '../server/problem.ts'
import { newKey, type TestPerson, type World, world } from '../server/testing.ts'
import { type Edge, fetchFrom, freePorts, openEdge, socketFrom } from './testing-edge.ts'

const LONG = { timeout: 240_000 }
/** What a client may need to notice, wait and come back, in ms. */
const SOON = { timeout: 40_000, interval: 50 }
const MOST_SIGN_INS = 8

let w: World
let redis: TestRedis
let edge: Edge
let env: Record<string, string>
let ports: [number, number, number]
/** What runs at each port; the third is a spare until its test. */
const nodes: [Program?, Program?, Program?] = []
const started: Program[] = []
const clients: Parley[] = []

async function start(index: 0 | 1 | 2): Promise<void> {
  const node = runProgram({ port: ports[index], env })
  started.push(node)
  nodes[index] = await node.ready()
}

beforeAll(async () => {
  const TOKEN_KEY = newKey()
  ;[w, redis] = await Promise.all([world({ signer: signerFrom(TOKEN_KEY) }), startTestRedis()])
  ports = (await freePorts(3)) as typeof ports
  edge = await openEdge(ports)
  const keys = { TOKEN_KEY, CHECKPOINT_KEY: newKey() }
  env = { ...keys, DATABASE_URL: w.url, REDIS_URL: redis.url, PUBLIC_URL: edge.url, TRUSTED_PROXIES: '1' }
  env.SIGN_INS_PER_ADDRESS = `${MOST_SIGN_INS}`
  await Promise.all([start(0), start(1)])
}, 120_000)
afterAll(async () => {
  for (const client of clients) client.close()
  await Promise.all(started.map((node) => node.end('SIGKILL')))
  await Promise.all([edge?.close(), redis?.close(), w?.close()])
})

/** Signed in and in the room, by way of the edge, from an address of their own. */
async function visitor(person: TestPerson, roomId: RoomId, address: string) {
  const fetch = fetchFrom(address)
  const { getToken } = resume(edge.url, await w.session(person), { fetch })
  const client = connect({ url: edge.url, getToken, fetch, openSocket: socketFrom(address) })
  clients.push(client)
  const room = client.room(roomId)
  await room.join()
  const heard = () => room.state.messages.map(({ text }) => text)
  return { client, room, heard, address, nodes: () => nodesOf(person) }
}

/** The nodes that have logged that the person joined a room there. */
const nodesOf = ({ userId }: TestPerson) =>
  nodes.flatMap((node, index) => {
    const joined = (line: Record<string, unknown>) => line.command === 'room.join' && line.actor === userId && line.code === 'ok'
    return node?.lines().some(joined) ? [index] : []
  })

let lastAddress = 10
/** A new person of the room at a wanted node: which addresses lead there is for nginx to say. */
async function visitorAt(index: number, roomId: RoomId, persons: readonly TestPerson[]) {
  await expect.poll(() => served(index), SOON).toBe(true)
  for (const person of persons) {
    const one = await visitor(person, roomId, `127.0.0.${++lastAddress}`)
    await expect.poll(one.nodes, SOON).not.toEqual([]) // lines are written in batches
    if (one.nodes().includes(index)) return one
    one.client.close()
  }
  throw new Error(`nobody was led to node ${index}; nginx said:\n${edge.said()}`)
}

/** So many that not all of them are led to two of three nodes. */
const SHARE = 25
async function crowd() {
  const persons = await Promise.all(Array.from({ length: 3 * SHARE }, () => w.person('brand')))
  const roomId = await w.room(
    'campaign',
    persons.map((person, i) => [person, i === 0 ? 'owner' : 'manager'] as const),
  )
  return { roomId, persons }
}

test('REST goes through TLS, compressed and without a word on versions; what comes without TLS is sent there', LONG, async () => {
  const ready = await fetch(`${edge.url}/readyz`)
  expect([ready.status, ready.headers.get('server')]).toEqual([200, 'nginx'])
  expect(ready.headers.get('strict-transport-security')).toBe('max-age=31536000')
  const described = await fetch(`${edge.url}/openapi.json`)
  expect([described.status, described.headers.get('content-encoding')]).toEqual([200, 'gzip'])
  expect(await described.json()).toHaveProperty('openapi')
  const plain = await fetch(`${edge.httpUrl}/api/v1/rooms?limit=1`, { method: 'POST', redirect: 'manual' })
  expect([plain.status, plain.headers.get('location')]).toEqual([308, `${edge.url}/api/v1/rooms?limit=1`])
})

test('the SDK needs to know nothing of the edge', LONG, async () => {
  const { roomId, owner } = await w.negotiation()
  const client = connect({ url: edge.url, getToken: resume(edge.url, await w.session(owner)).getToken })
  clients.push(client)
  const room = client.room(roomId)
  await room.join()
  expect(await room.send('through the front door')).toMatchObject({ seq: expect.any(Number) })
  expect(await client.rooms()).toMatchObject([{ roomId }])
})

test("nginx's own refusals are problems as the hubs' own", LONG, async () => {
  const body = JSON.stringify({ email: 'x'.repeat(300_000) })
  const large = await fetch(`${edge.url}/api/v1/sessions`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect(large.headers.get('content-type')).toBe('application/problem+json')
  expect([large.status, Problem.parse(await large.json())]).toEqual([413, expect.objectContaining({ code: 'request.tooLarge' })])
})

test("the hubs see the client's real address, and not one that it made up", LONG, async () => {
  const guess = async (address: string, forged: string) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forged, 'x-real-ip': forged, forwarded: `for=${forged}` }
    const body = JSON.stringify({ email: `${forged}@example.com`, password: 'wrong wrong wrong' })
    return (await fetchFrom(address)(`${edge.url}/api/v1/sessions`, { method: 'POST', headers, body })).status
  }
  const statuses: number[] = []
  for (let i = 0; i <= MOST_SIGN_INS; i++) statuses.push(await guess('127.0.0.9', `198.51.100.${i}`))
  expect(statuses).toEqual([...Array(MOST_SIGN_INS).fill(401), 429])
  expect(await guess('127.0.0.10', '198.51.100.1')).toBe(401)
})

test('two people at two nodes talk; one whose node is killed comes back at the other, and misses nothing', LONG, async () => {
  const { roomId, persons } = await crowd()
  const one = await visitorAt(0, roomId, persons.slice(0, SHARE))
  const two = await visitorAt(1, roomId, persons.slice(SHARE))
  await one.room.send('from the first node')
  await expect.poll(two.heard, SOON).toContain('from the first node')
  await two.room.send('from the second')
  await expect.poll(one.heard, SOON).toContain('from the second')

  await nodes[0]!.end('SIGKILL')
  await two.room.send('said while you were away')
  const sent = one.room.send('written while nobody was there')
  await expect.poll(one.heard, SOON).toContain('said while you were away')
  await sent
  await expect.poll(two.heard, SOON).toContain('written while nobody was there')
  await expect.poll(one.nodes, SOON).toContain(1)
  expect(one.room.state.messages.map(({ seq, text }) => [seq, text])).toEqual(two.room.state.messages.map(({ seq, text }) => [seq, text]))
  const { rooms } = await rest<{ rooms: unknown[] }>(fetchFrom('127.0.0.9'), edge.url, '/api/v1/rooms', {
    token: (await w.session(persons[0]!)).accessToken,
  })
  expect(rooms).toHaveLength(1)
})

test('a node that comes back serves again, and a third may join', LONG, async () => {
  await Promise.all([start(0), start(2)])
  const { roomId, persons } = await crowd()
  const here = await Promise.all([0, 1, 2].map((index) => visitorAt(index, roomId, persons.slice(SHARE * index, SHARE * (index + 1)))))
  await here[2]!.room.send('from the newcomer')
  for (const { heard } of here) await expect.poll(heard, SOON).toContain('from the newcomer')
})

/** Whether a round of requests from many addresses reached the node. */
async function served(index: number): Promise<boolean> {
  const requests = () => nodes[index]!.lines().filter(({ message }) => message === 'rest').length
  const before = requests()
  const addresses = Array.from({ length: 32 }, (_, i) => `127.0.1.${i + 1}`)
  await Promise.all(addresses.map((address) => fetchFrom(address)(`${edge.url}/api/v1/nothing`)))
  await sleep(200) // lines are written in batches; the caller asks again
  return requests() > before
}

test('a node that hangs is passed over: its clients’ requests are answered by another, and then their sockets, too', LONG, async () => {
  const { roomId, persons } = await crowd()
  const one = await visitorAt(0, roomId, persons)
  process.kill(nodes[0]!.pid, 'SIGSTOP')
  try {
    expect((await fetchFrom(one.address)(`${edge.url}/livez`)).status).toBe(200)
    one.client.close()
    const again = await visitor(persons.at(-1)!, roomId, one.address)
    await again.room.send('and I can speak')
  } finally {
    process.kill(nodes[0]!.pid, 'SIGCONT')
  }
})

test('without any node the edge says so in a way that clients try again', LONG, async () => {
  await Promise.all(nodes.map((node) => node?.end('SIGKILL')))
  const { status, headers, ...answer } = await fetch(`${edge.url}/readyz`).then(async (r) => ({
    status: r.status,
    headers: r.headers,
    body: await r.json(),
  }))
  expect([status, headers.get('content-type'), headers.get('retry-after')]).toEqual([503, 'application/problem+json', '1'])
  expect(Problem.parse(answer.body)).toMatchObject({ code: 'server.unavailable', retryable: true, status: 503 })
  expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
})
