import { afterAll, beforeAll, expect, test } from 'vitest'
import { sessionIsLive } from '../../persistence/session-door.ts'
import { type Ctx, context } from '../ctx.ts'
import { TokenBuckets } from '../limits.ts'
import { PASSWORD, type World, world } from '../testing.ts'
import { signIn } from './sign-in.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const nobody = (limits: Partial<Ctx['limits']> = {}) => context({ ...w.house, limits: { ...w.house.limits, ...limits } }, null)
const once = () => new TokenBuckets({ perSecond: 0.0001, burst: 1 })

test('a person signs in and is known by the token', async () => {
  const person = await w.person('brand', 'Ada')
  const session = await signIn(nobody(), { email: person.email, password: PASSWORD }, '192.0.2.1')
  expect(session).toMatchObject({ userId: person.userId, name: 'Ada', role: 'brand' })
  const who = await w.house.tokens.verify(session.accessToken)
  expect(who).toMatchObject({ userId: person.userId, sessionId: session.sessionId, role: 'brand' })
  expect(session.expiresAt).toBe(who.endsAt.toISOString())
  expect(await sessionIsLive(w.db.pool, session.sessionId)).toBe(true)
})

test('of the refresh token only the hash is stored', async () => {
  const person = await w.person()
  const { refreshToken } = await signIn(nobody(), { email: person.email, password: PASSWORD }, '192.0.2.1')
  expect(Buffer.from(refreshToken, 'base64url')).toHaveLength(32)
  const { rows } = await w.db.pool.query(`select 1 from refresh_token where hash = sha256(convert_to($1, 'UTF8'))`, [refreshToken])
  expect(rows).toHaveLength(1)
})

test('a wrong password and an unknown e-mail get the same answer, and open nothing', async () => {
  const person = await w.person()
  const wrong = await signIn(nobody(), { email: person.email, password: 'wrong' }, '192.0.2.1').catch((e) => e)
  const unknown = await signIn(nobody(), { email: 'nobody@example.com', password: PASSWORD }, '192.0.2.1').catch((e) => e)
  expect(wrong.code).toBe('session.badCredentials')
  expect([unknown.code, unknown.message]).toEqual([wrong.code, wrong.message])
  const { rows } = await w.db.pool.query('select 1 from session where person_id = $1', [person.userId])
  expect(rows).toEqual([])
})

test('attempts at an e-mail from one address are limited, and do not lock its owner out elsewhere', async () => {
  const person = await w.person()
  const limits = { signInsByEmail: once() }
  const attempt = (password: string, address: string) => signIn(nobody(limits), { email: person.email, password }, address)
  await expect(attempt('wrong', '192.0.2.1')).rejects.toMatchObject({ code: 'session.badCredentials' })
  await expect(attempt(PASSWORD, '192.0.2.1')).rejects.toMatchObject({ code: 'rate.limited' })
  expect(await attempt(PASSWORD, '192.0.2.2')).toMatchObject({ userId: person.userId })
})

test('attempts at an e-mail from everywhere together are limited, too, even with the right password', async () => {
  const person = await w.person()
  const limits = { signInsAnywhere: once() }
  const attempt = (password: string, address: string) => signIn(nobody(limits), { email: person.email, password }, address)
  await expect(attempt('wrong', '192.0.2.1')).rejects.toMatchObject({ code: 'session.badCredentials' })
  await expect(attempt(PASSWORD, '192.0.2.2')).rejects.toMatchObject({ code: 'rate.limited' })
  await expect(signIn(nobody(limits), { email: 'other@example.com', password: 'x' }, '192.0.2.1')).rejects.toMatchObject({
    code: 'session.badCredentials',
  })
})

test('attempts are limited by address, for whichever e-mail, and then spend nobody else’s', async () => {
  const person = await w.person()
  const limits = { signInsByAddress: once(), signInsByEmail: once() }
  const attempt = (email: string, password: string, address: string) => signIn(nobody(limits), { email, password }, address)
  await expect(attempt('a@example.com', 'x', '2001:db8::1')).rejects.toMatchObject({ code: 'session.badCredentials' })
  await expect(attempt(person.email, 'x', '2001:db8::2')).rejects.toMatchObject({ code: 'rate.limited' })
  expect(await attempt(person.email, PASSWORD, '192.0.2.9')).toMatchObject({ userId: person.userId })
})
