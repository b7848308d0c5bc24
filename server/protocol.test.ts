import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOWEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../client-sdk/contract/index.ts'
import { type Rest, restWorld } from './testing-rest.ts'

let w: Rest
let token: string
beforeAll(async () => {
  w = await restWorld()
  token = await w.token(await w.person())
})
afterAll(() => w.close())

const ask = (said?: string) => w.call('GET', '/api/v1/me', { token, ...(said !== undefined && { headers: { 'Parley-Protocol': said } }) })

test('a client that says nothing of its protocol, or says one that is spoken, is answered', async () => {
  for (const said of [undefined, String(LOWEST_PROTOCOL_VERSION), String(PROTOCOL_VERSION), '0001'])
    expect((await ask(said)).status).toBe(200)
})

test('a client of a protocol that is not spoken learns which are, whoever it is', async () => {
  for (const said of [LOWEST_PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1, 999_999_999]) {
    const { status, body } = await ask(String(said))
    expect([status, body.code]).toEqual([426, 'client.upgradeRequired'])
    expect(body.detail).toBe(`This server speaks protocol ${LOWEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`)
  }
  const stranger = await w.call('GET', '/api/v1/me', { headers: { 'Parley-Protocol': '0' } })
  expect(stranger.status).toBe(426)
})

test.each(['', 'one', '-1', '1.5', '1e3', '1, 1', '0x1', '9'.repeat(10), '9'.repeat(4_000)])('%j is no protocol', async (said) => {
  expect(await ask(said)).toMatchObject({
    status: 400,
    body: { code: 'request.invalid', detail: 'parley-protocol: is not a whole number' },
  })
})

test('what is not versioned asks for none', async () => {
  for (const path of ['/livez', '/openapi.json', '/errors'])
    expect((await w.app.request(path, { headers: { 'Parley-Protocol': '0' } })).status).toBe(200)
})
