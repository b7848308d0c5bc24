import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Session } from '../../client-sdk/contract/index.ts'
import { context } from '../ctx.ts'
import { dealNow, parties, propose } from '../deals/testing.ts'
import { TokenBuckets } from '../limits.ts'
import { outdate } from '../offers/testing-refusals.ts'
import { commandId, PASSWORD, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { signIn } from './sign-in.ts'
import { provedAt, stepUp } from './step-up.ts'

const once = () => new TokenBuckets({ perSecond: 0.0001, burst: 1 })
let w: Rest
let superuser: pg.Client
let person: TestPerson
let session: Session
beforeAll(async () => {
  w = await restWorld()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
beforeEach(async () => {
  person = await w.person()
  session = await w.session(person)
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const prove = ({ accessToken: token }: Session, password: unknown = PASSWORD) =>
  w.call('POST', '/api/v1/sessions/current/step-up', { token, body: { password } })
/** How long ago it was proved, in s. */
const age = async ({ sessionId }: Session): Promise<number> =>
  (await superuser.query('select extract(epoch from clock_timestamp() - proved_at)::float as age from session where id = $1', [sessionId]))
    .rows[0].age

test('to sign in is to prove who one is, by PostgreSQL’s clock', async () => {
  const slow = context({ ...w.house, now: () => new Date(Date.now() - 3_600_000) }, null)
  expect(await age(await signIn(slow, { email: person.email, password: PASSWORD }, '192.0.2.1'))).toBeLessThan(5)
})

test('who proves it again has ten minutes from then, in this session and in no other', async () => {
  const other = await w.session(person)
  await Promise.all([outdate(superuser, session), outdate(superuser, other)])
  const { status, body } = await prove(session)
  expect({ status, body }).toEqual({ status: 200, body: { provedAt: expect.any(String), until: expect.any(String) } })
  expect(Date.parse(body.until as string) - Date.parse(body.provedAt as string)).toBe(600_000)
  expect(Math.abs(Date.parse(body.provedAt as string) - Date.now())).toBeLessThan(5_000)
  expect(await age(session)).toBeLessThan(5)
  expect(await age(other)).toBeGreaterThanOrEqual(600)
})

test('an acceptance is refused to an old session, and goes through once it is proved, with that moment in it', async () => {
  const its = await parties(w)
  const { hash } = await propose(w, its.campaign.manager, its)
  const [session, other] = [await w.session(its.creator), await w.session(its.creator)]
  await Promise.all([outdate(superuser, session), outdate(superuser, other)])
  const headers = { 'Idempotency-Key': commandId() }
  const accept = ({ accessToken: token }: Session) =>
    w.call('POST', `/api/v1/applications/${its.applicationId}/offers/1/accept`, { token, headers, body: { hash } })
  expect(await accept(session)).toMatchObject({ status: 403, body: { code: 'session.stepUpRequired' } })
  const { body } = await prove(session)
  expect(await accept(other)).toMatchObject({ status: 403, body: { code: 'session.stepUpRequired' } })
  const accepted = await accept(session)
  expect(accepted).toMatchObject({ status: 200, body: { state: 'agreed' } })
  const { attestation } = (await dealNow(w, its)).offers[0]!.acceptance!
  expect(attestation).toMatchObject({ session: session.sessionId, method: 'password', provedAt: body.provedAt })
  await outdate(superuser, session)
  expect((await accept(session)).body).toEqual(accepted.body) // a repeat proves nothing, and asks for nothing
})

test('one minute before the ten are over it counts, and after them it does not', async () => {
  const its = await parties(w)
  const { hash } = await propose(w, its.campaign.manager, its)
  const session = await w.session(its.creator)
  const accept = () =>
    w.call('POST', `/api/v1/applications/${its.applicationId}/offers/1/accept`, { token: session.accessToken, body: { hash } })
  await outdate(superuser, session)
  expect(await accept()).toMatchObject({ body: { code: 'session.stepUpRequired' } })
  await superuser.query(`update session set proved_at = clock_timestamp() - interval '9 minutes' where id = $1`, [session.sessionId])
  expect(await accept()).toMatchObject({ status: 200 })
})

test('who proves it in the moment in which something is decided has proved it by then, and not after', async () => {
  const { rows } = await superuser.query<{ at: string }>('select proved_at::text as at from session where id = $1', [session.sessionId])
  const at = new Date(rows[0]!.at)
  const before = new Date(at.getTime() - 5)
  const after = new Date(at.getTime() + 5)
  const seen = (now: Date) => w.db.orm.em.fork().transactional((em) => provedAt(em, session.sessionId, now))
  expect([await seen(before), await seen(after)]).toEqual([before, at])
})

test('a session that is renewed is not proved by that', async () => {
  await outdate(superuser, session)
  const renewed = await w.call('POST', '/api/v1/sessions/renew', { body: { refreshToken: session.refreshToken, commandId: commandId() } })
  expect(renewed).toMatchObject({ status: 200, body: { sessionId: session.sessionId } })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})

test('a wrong password proves nothing, and takes nothing back', async () => {
  await outdate(superuser, session)
  expect(await prove(session, 'wrong')).toMatchObject({ status: 401, body: { code: 'session.badCredentials' } })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
  await prove(session)
  await prove(session, 'wrong')
  expect(await age(session)).toBeLessThan(5)
})

test.each([undefined, null, 7, '', 'x'.repeat(257), {}, ['x']])('%j is no password', async (password) => {
  await outdate(superuser, session)
  const { status, body } = await w.call('POST', '/api/v1/sessions/current/step-up', { token: session.accessToken, body: { password } })
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'request.invalid' })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})

test('nobody proves anything without a session, or in one that has ended', async () => {
  expect(await w.call('POST', '/api/v1/sessions/current/step-up', { body: { password: PASSWORD } })).toMatchObject({
    body: { code: 'session.required' },
  })
  await w.call('DELETE', '/api/v1/sessions/current', { token: session.accessToken })
  expect(await prove(session)).toMatchObject({ status: 401, body: { code: 'session.ended' } })
})

const asked = ({ sessionId }: Session, limits = {}) =>
  context({ ...w.house, limits: { ...w.house.limits, ...limits } }, { sessionId, ...person, endsAt: new Date(Date.now() + 60_000) })

test('a session that ends while the password is looked at is not proved', async () => {
  await superuser.query('begin')
  await outdate(superuser, session)
  const proving = stepUp(asked(session), { password: PASSWORD }, '192.0.2.1').catch((error) => error)
  await expect.poll(waiting).toBe(1)
  await superuser.query('update session set ended_at = now() where id = $1', [session.sessionId])
  await superuser.query('commit')
  expect(await proving).toMatchObject({ code: 'session.ended' })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})

test('who is blocked meanwhile proves nothing', async () => {
  await outdate(superuser, session)
  await superuser.query('begin')
  await superuser.query('update person set blocked_at = now() where id = $1', [person.userId])
  const proving = stepUp(asked(session), { password: PASSWORD }, '192.0.2.1').catch((error) => error)
  await expect.poll(waiting).toBe(1)
  await superuser.query('commit')
  expect(await proving).toMatchObject({ code: 'person.blocked' })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})
/** How many of this database wait for a lock. */
const waiting = async (): Promise<number> =>
  (await superuser.query(`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    .rows[0].n

test('a session is proved by its own person alone', async () => {
  const stranger = await w.person()
  await outdate(superuser, session)
  const theirs = context(w.house, { sessionId: session.sessionId, ...stranger, endsAt: new Date(Date.now() + 60_000) })
  await expect(stepUp(theirs, { password: PASSWORD }, '192.0.2.1')).rejects.toMatchObject({ code: 'session.ended' })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})

test.each([
  ['signInsByAddress', 'rate.limited'],
  ['signInsByEmail', null],
  ['signInsAnywhere', null],
])('attempts are limited as those to sign in are, by account apart from them: %s', async (name, thenSigningIn) => {
  const ctx = asked(session, { [name]: once() })
  await expect(stepUp(ctx, { password: 'wrong' }, '192.0.2.1')).rejects.toMatchObject({ code: 'session.badCredentials' })
  const { email } = person
  await outdate(superuser, session)
  await expect(stepUp(ctx, { password: PASSWORD }, '192.0.2.1')).rejects.toMatchObject({
    code: 'rate.limited',
    retryAfter: expect.any(Number),
  })
  const signedIn = await signIn(ctx, { email, password: PASSWORD }, '192.0.2.1').catch(({ code }) => code)
  if (thenSigningIn) expect(signedIn).toBe(thenSigningIn)
  else expect(signedIn).toMatchObject({ userId: person.userId })
  expect(await age(session)).toBeGreaterThanOrEqual(600)
})

test('guessing from one address does not keep its owner from proving it at another', async () => {
  const ctx = asked(session, { signInsByEmail: once(), signInsByAddress: once() })
  await expect(stepUp(ctx, { password: 'wrong' }, '192.0.2.1')).rejects.toMatchObject({ code: 'session.badCredentials' })
  expect(await stepUp(ctx, { password: PASSWORD }, '192.0.2.2')).toMatchObject({ until: expect.any(String) })
})
