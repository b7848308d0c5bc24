import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, type Session, SYSTEM } from '../../client-sdk/contract/index.ts'
import { sessionIsLive } from '../../persistence/session-door.ts'
import { context } from '../ctx.ts'
import { commandId, type World, world } from '../testing.ts'
import { renewSession } from './renew-session.ts'
import { signOut } from './sign-out.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const as = async ({ accessToken }: Session) => context(w.house, await w.house.tokens.verify(accessToken))

test('signing out ends this session only, and is told on the person’s own stream', async () => {
  const person = await w.person()
  const [session, other] = [await w.session(person), await w.session(person)]
  await signOut(await as(session))
  expect(await sessionIsLive(w.db.pool, session.sessionId)).toBe(false)
  expect(await sessionIsLive(w.db.pool, other.sessionId)).toBe(true)
  const { events } = await w.db.log.readAfter(person.userId, 0, 10)
  const deal = { sessionId: session.sessionId, reason: 'signedOut' }
  expect(events).toMatchObject([{ type: 'session.ended', actor: SYSTEM, data: { deal, personal: null } }])
  const renewal = renewSession(context(w.house, null), { refreshToken: session.refreshToken, commandId: commandId() })
  await expect(renewal).rejects.toMatchObject({ code: 'session.ended' })
})

test('signing out many times at once is told once', async () => {
  const person = await w.person()
  const session = await w.session(person)
  await Promise.all(Array.from({ length: 5 }, async () => signOut(await as(session))))
  expect((await w.db.log.readAfter(person.userId, 0, 10)).events).toHaveLength(1)
})

test('an unknown session is not live', async () => {
  expect(await sessionIsLive(w.db.pool, newId())).toBe(false)
})
