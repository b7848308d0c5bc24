import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { limitsFrom } from '../limits-from.ts'
import { commandId, PASSWORD } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

test('a session from its start to its end', async () => {
  const person = await w.person('creator', 'Ada')
  const signedIn = await w.call('POST', '/api/v1/sessions', { body: { email: person.email.toUpperCase(), password: PASSWORD } })
  expect(signedIn).toMatchObject({ status: 201, body: { userId: person.userId, name: 'Ada', role: 'creator' } })
  const { sessionId, refreshToken } = signedIn.body

  const body = { refreshToken, commandId: commandId() }
  const renewed = await w.call('POST', '/api/v1/sessions/renew', { body })
  const again = await w.call('POST', '/api/v1/sessions/renew', { body })
  expect(renewed).toMatchObject({ status: 200, body: { sessionId } })
  expect(again.body.refreshToken).toBe(renewed.body.refreshToken)

  const token = renewed.body.accessToken as string
  const me = await w.call('GET', '/api/v1/me', { token })
  expect(me).toMatchObject({ status: 200, body: { sessionId, userId: person.userId, name: 'Ada', role: 'creator' } })

  expect(await w.call('DELETE', '/api/v1/sessions/current', { token })).toMatchObject({ status: 204, body: {} })
  expect(await w.call('GET', '/api/v1/me', { token })).toMatchObject({ status: 401, body: { code: 'session.ended' } })
  const late = await w.call('POST', '/api/v1/sessions/renew', { body: { ...body, refreshToken: renewed.body.refreshToken } })
  expect(late).toMatchObject({ status: 401, body: { code: 'session.ended' } })
})

test('a stolen refresh token ends the session, though the answer is an error', async () => {
  const session = await w.session(await w.person())
  const renew = () => w.call('POST', '/api/v1/sessions/renew', { body: { refreshToken: session.refreshToken, commandId: commandId() } })
  const first = await renew()
  expect(await renew()).toMatchObject({ status: 401, body: { code: 'session.ended' } })
  const owner = await w.call('GET', '/api/v1/me', { token: first.body.accessToken as string })
  expect(owner).toMatchObject({ status: 401, body: { code: 'session.ended' } })
})

test('credentials that do not match', async () => {
  const person = await w.person()
  const wrong = await w.call('POST', '/api/v1/sessions', { body: { email: person.email, password: 'x' } })
  expect(wrong).toMatchObject({ status: 401, body: { code: 'session.badCredentials' } })
})

test('somebody who guesses is stopped by address, and cannot claim to be elsewhere', async () => {
  const limits = limitsFrom({ ...readConfig({}), signInsPerAddress: 3, signInsPerEmail: 1_000 })
  const direct = await restWorld({ limits })
  const guess = (rest: Rest, i: number, address: string, forwarded: string) =>
    rest.call('POST', '/api/v1/sessions', {
      body: { email: `${i}@example.com`, password: 'x' },
      address,
      headers: { 'X-Forwarded-For': forwarded },
    })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await guess(direct, i, '192.0.2.1', `198.51.100.${i}`)).status)
  expect(statuses).toEqual([401, 401, 401, 429])
  expect((await guess(direct, 9, '192.0.2.2', '')).status).toBe(401)
  await direct.close()
})

test('behind a trusted proxy the address is the one that it added, not those that were there before', async () => {
  const limits = limitsFrom({ ...readConfig({}), signInsPerAddress: 1, signInsPerEmail: 1_000 })
  const behind = await restWorld({ limits, trustedProxies: 1 })
  const guess = async (forwarded: string) => {
    const headers = { 'X-Forwarded-For': forwarded }
    return (await behind.call('POST', '/api/v1/sessions', { body: { email: 'a@example.com', password: 'x' }, headers })).status
  }
  const statuses = [await guess('1.1.1.1, 192.0.2.1'), await guess('2.2.2.2, 192.0.2.1'), await guess('192.0.2.2')]
  expect(statuses).toEqual([401, 429, 401])
  await behind.close()
})
