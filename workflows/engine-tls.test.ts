import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TemporalTls } from '../server/config.ts'
import { createLog } from '../server/log.ts'
import { type World, world } from '../server/testing.ts'
import { openTemporal, type Temporal } from './engine.ts'
import { type TestServer, testServer } from './testing.ts'
import { type Certificates, certificates, type TlsDoor, tlsDoor } from './testing-tls.ts'

const KEY = 'hush-hush-hush-hush'
const LONG = { timeout: 120_000 }

let w: World
let server: TestServer
let its: Certificates
let said = ''
const open: (Temporal | TlsDoor)[] = []
beforeAll(async () => {
  ;[w, server] = await Promise.all([world(), testServer()])
  its = certificates()
})
afterAll(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : undefined)
  for (const one of open) await ('close' in one ? one.close() : undefined)
  await server.close()
  await w.close()
})

const door = async (how: { asksWho?: boolean; apiKey?: string }) => {
  const one = await tlsDoor(server.server().address, { certificates: its, ...how })
  open.push(one)
  return one
}
function come(address: string, tls: TemporalTls, apiKey: string | null = null): Temporal {
  const log = createLog({ write: (text) => (said += text) })
  const temporal = openTemporal({ address: async () => address, namespace: 'default', apiKey, tls }, log)
  temporal.work({ house: w.house, mailer: null, digestAfter: 1_000, ended: () => {} })
  open.push(temporal)
  return temporal
}
const isOn = (temporal: Temporal) => expect.poll(() => temporal.engine().on, { timeout: 60_000 }).toBe(true)
const says = (temporal: Temporal, what: string) => expect.poll(() => temporal.engine().why, { timeout: 60_000 }).toContain(what)

test('by TLS it is reached, client and workers, if its certificate is signed by the authority that was given', LONG, async () => {
  const { address, asked } = await door({})
  await isOn(come(address, { ca: its.ca, pair: null }))
  await expect.poll(() => asked.some(({ path }) => path.endsWith('PollWorkflowTaskQueue')), { timeout: 30_000 }).toBe(true)
  const suspicious = come(address, true)
  await says(suspicious, 'away since')
  await says(suspicious, 'it ')
  expect(suspicious.engine().on).toBe(false)
})

test('one that asks who we are lets us in by our certificate, and nobody without one or with another', LONG, async () => {
  const { address } = await door({ asksWho: true })
  await isOn(come(address, { ca: its.ca, pair: its.ours }))
  for (const pair of [null, its.strangers]) {
    const temporal = come(address, { ca: its.ca, pair })
    await expect.poll(() => temporal.engine().why, { timeout: 60_000 }).not.toContain('has not answered yet')
    expect(temporal.engine().on).toBe(false)
  }
})

test('the API key is sent with everything that is asked, and a wrong one is said without quoting it', LONG, async () => {
  const { address, asked } = await door({ apiKey: KEY })
  await isOn(come(address, { ca: its.ca, pair: null }, KEY))
  await expect.poll(() => asked.some(({ path }) => path.endsWith('PollActivityTaskQueue')), { timeout: 30_000 }).toBe(true)
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${KEY}`]))
  const stranger = come(address, { ca: its.ca, pair: null }, `${KEY}-no-more`)
  await says(stranger, 'it does not let us in: see TEMPORAL_API_KEY')
  expect(JSON.stringify([stranger.engine(), said])).not.toContain('hush')
})

test('the API key never goes over plain text', LONG, async () => {
  let heard = Buffer.alloc(0)
  const plain = createServer((socket) => socket.on('error', () => {}).on('data', (data) => (heard = Buffer.concat([heard, data]))))
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
  const temporal = come(`127.0.0.1:${(plain.address() as AddressInfo).port}`, false, KEY)
  try {
    await says(temporal, 'it cannot be reached')
    expect(heard[0]).toBe(0x16) // TLS's handshake
    expect(heard.includes('hush')).toBe(false)
  } finally {
    await temporal.stop()
    plain.close()
  }
})
