import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandId, Session } from '../../client-sdk/contract/index.ts'
import { sessionIsLive } from '../../persistence/session-door.ts'
import { context, house } from '../ctx.ts'
import { commandId, newSigner, type TestPerson, type World, world } from '../testing.ts'
import { renewSession } from './renew-session.ts'
import { createTokens } from './tokens.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const renew = (refreshToken: string, command: CommandId = commandId(), h = w.house) =>
  renewSession(context(h, null), { refreshToken, commandId: command })
const ended = { code: 'session.ended' }
async function signedIn(): Promise<{ person: TestPerson; session: Session }> {
  const person = await w.person()
  return { person, session: await w.session(person) }
}
const factsOf = async ({ userId }: TestPerson) =>
  (await w.db.log.readAfter(userId, 0, 100)).events.map(({ type, data }) => ({ type, ...data.deal }))

test('a refresh token is exchanged for the next one and a fresh access token of the same session', async () => {
  const { person, session } = await signedIn()
  const next = await renew(session.refreshToken)
  expect(next).toMatchObject({ sessionId: session.sessionId, userId: person.userId })
  expect(next.refreshToken).not.toBe(session.refreshToken)
  expect(await w.house.tokens.verify(next.accessToken)).toMatchObject({ sessionId: session.sessionId })
  expect((await renew(next.refreshToken)).refreshToken).not.toBe(next.refreshToken)
})

test('renewed again by the same command after a lost answer, it gets the very same successor', async () => {
  const { person, session } = await signedIn()
  const command = commandId()
  const [first, second] = [await renew(session.refreshToken, command), await renew(session.refreshToken, command)]
  expect(second.refreshToken).toBe(first.refreshToken)
  expect(await renew(second.refreshToken)).toMatchObject({ sessionId: session.sessionId })
  expect(await factsOf(person)).toEqual([])
})

test('used again by another command it ends the session: one of the two is a thief', async () => {
  const { person, session } = await signedIn()
  const next = await renew(session.refreshToken)
  await expect(renew(session.refreshToken)).rejects.toMatchObject(ended)
  await expect(renew(next.refreshToken)).rejects.toMatchObject(ended)
  expect(await sessionIsLive(w.db.pool, session.sessionId)).toBe(false)
  expect(await factsOf(person)).toEqual([{ type: 'session.ended', sessionId: session.sessionId, reason: 'tokenReused' }])
})

test('the thief who comes first is cut off when the owner comes', async () => {
  const { session } = await signedIn()
  const stolen = await renew(await renew(session.refreshToken).then((s) => s.refreshToken))
  await expect(renew(session.refreshToken)).rejects.toMatchObject(ended)
  await expect(renew(stolen.refreshToken)).rejects.toMatchObject(ended)
})

test('the ending of one session leaves the others of the same person alone', async () => {
  const { person, session } = await signedIn()
  const other = await w.session(person)
  await renew(session.refreshToken)
  await expect(renew(session.refreshToken)).rejects.toMatchObject(ended)
  expect(await renew(other.refreshToken)).toMatchObject({ sessionId: other.sessionId })
})

test('the old command with its old token gets nothing once the successor was used, and ends nothing', async () => {
  const { session } = await signedIn()
  const command = commandId()
  const next = await renew(session.refreshToken, command)
  const latest = await renew(next.refreshToken)
  await expect(renew(session.refreshToken, command)).rejects.toMatchObject(ended)
  expect(await renew(latest.refreshToken)).toMatchObject({ sessionId: session.sessionId })
})

describe('at the same time', () => {
  test('the same command many times has one successor', async () => {
    const { session } = await signedIn()
    const command = commandId()
    const all = await Promise.all(Array.from({ length: 8 }, () => renew(session.refreshToken, command)))
    expect(new Set(all.map((s) => s.refreshToken)).size).toBe(1)
    expect(await renew(all[0]!.refreshToken)).toMatchObject({ sessionId: session.sessionId })
  })

  test('of different commands one at most is answered, and the session ends once', async () => {
    const { person, session } = await signedIn()
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => renew(session.refreshToken)))
    expect(all.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    expect(all.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(Array(7).fill('session.ended'))
    expect(await sessionIsLive(w.db.pool, session.sessionId)).toBe(false)
    expect(await factsOf(person)).toHaveLength(1)
  })
})

describe('gets session.ended:', () => {
  test('an unknown token', async () => {
    await expect(renew('x'.repeat(43))).rejects.toMatchObject(ended)
  })
  test('a session that is over, though its token was never used', async () => {
    const { session } = await signedIn()
    const in31Days = () => new Date(Date.now() + 31 * 86_400_000)
    await expect(renew(session.refreshToken, commandId(), { ...w.house, now: in31Days })).rejects.toMatchObject(ended)
  })
})

test('nothing renews beyond the end of the session', async () => {
  const { session } = await signedIn()
  const shortBefore = () => new Date(Date.now() + 30 * 86_400_000 - 60_000)
  const last = await renew(session.refreshToken, commandId(), { ...w.house, now: shortBefore })
  expect(Date.parse(last.expiresAt) - shortBefore().getTime()).toBeLessThan(61_000)
})

test('a retry that meets a node with the next key still gets a token that works', async () => {
  const { session } = await signedIn()
  const command = commandId()
  await renew(session.refreshToken, command)
  const { limits, sessionDays, signer } = w.house
  const next = house(w.db, { tokens: createTokens({ signer: newSigner(), seconds: 900 }), limits, sessionDays, signer })
  const again = await renew(session.refreshToken, command, next)
  expect(await renew(again.refreshToken, commandId(), next)).toMatchObject({ sessionId: session.sessionId })
})
