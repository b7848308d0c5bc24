import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Session } from '../contract/sessions/schema.ts'
import { resume, signIn } from './session.ts'
import { jwt } from './testing.ts'

const url = 'https://hub.test/'
const session = (name: string, seconds = 600): Session =>
  ({ name, accessToken: jwt({ name, iat: now(), exp: now() + seconds }), refreshToken: `refresh ${name}` }) as Session
const now = () => Date.now() / 1_000
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const problem = (code: string, status: number, retryable = false) =>
  json({ type: 'about:blank', title: code, status, code, detail: `because ${code}`, retryable, requestId: 'r1' }, status)
const fetch = vi.fn<typeof globalThis.fetch>()
const bodies = () => fetch.mock.calls.map(([, init]) => JSON.parse(String(init?.body ?? 'null')))

beforeEach(() => {
  vi.useFakeTimers()
  fetch.mockReset()
})
afterEach(() => void vi.useRealTimers())

test('T5 signing in gives tokens, and a refusal says why', async () => {
  fetch.mockResolvedValueOnce(json(session('a')))
  const who = { email: 'mia@example.com', password: 'pass' }
  const me = await signIn(url, who, { fetch })
  expect(await me.getToken()).toBe(me.session.accessToken)
  expect(fetch.mock.calls[0]![0]).toBe('https://hub.test/api/v1/sessions')
  fetch.mockResolvedValueOnce(problem('session.badCredentials', 401))
  const refused = { code: 'session.badCredentials', message: 'because session.badCredentials', requestId: 'r1', retryable: false }
  await expect(signIn(url, who, { fetch })).rejects.toMatchObject(refused)
})

test('T5 it renews itself when due or when the token is stale, once for all who ask', async () => {
  const onChange = vi.fn()
  const me = resume(url, session('a'), { fetch, onChange })
  const old = await me.getToken()
  fetch.mockImplementation(async () => json(session('b')))
  const [one, two] = await Promise.all([me.getToken(old), me.getToken(old)])
  expect(one).toBe(two)
  expect(one).not.toBe(old)
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(onChange).toHaveBeenCalledWith(me.session)
  vi.advanceTimersByTime(500_000)
  expect(await me.getToken()).not.toBe(one)
})

test('T6 a retry after a lost answer repeats the same command id; the next renewal has its own', async () => {
  const me = resume(url, session('a'), { fetch })
  const stale = await me.getToken()
  fetch.mockRejectedValueOnce(new TypeError('fetch failed')).mockResolvedValueOnce(problem('server.unavailable', 503, true))
  fetch.mockResolvedValueOnce(json({ accessToken: 7 }))
  for (let i = 0; i < 3; i++) await expect(me.getToken(stale)).rejects.toMatchObject({ code: 'server.unavailable', retryable: true })
  fetch.mockResolvedValueOnce(json(session('b'))).mockResolvedValueOnce(json(session('c')))
  await me.getToken(await me.getToken(stale))
  const sent = bodies()
  expect(sent.map((body) => body.refreshToken)).toEqual(['refresh a', 'refresh a', 'refresh a', 'refresh a', 'refresh b'])
  expect(new Set(sent.slice(0, 4).map((body) => body.commandId)).size).toBe(1)
  expect(sent[4].commandId).not.toBe(sent[0].commandId)
})

test('T7 once refused or signed out it is over, and the hub is asked no more', async () => {
  const onChange = vi.fn()
  const me = resume(url, session('a'), { fetch, onChange })
  fetch.mockResolvedValueOnce(problem('session.badCredentials', 401))
  const ended = { code: 'session.ended' }
  await expect(me.getToken(me.session.accessToken)).rejects.toMatchObject(ended)
  await expect(me.getToken()).rejects.toMatchObject(ended)
  expect(onChange).toHaveBeenLastCalledWith(null)

  const other = resume(url, session('b'), { fetch })
  fetch.mockResolvedValueOnce(new Response(null, { status: 204 }))
  await other.signOut()
  await other.signOut()
  await expect(other.getToken()).rejects.toMatchObject(ended)
  expect(fetch).toHaveBeenCalledTimes(2)
  expect(fetch.mock.lastCall).toMatchObject(['https://hub.test/api/v1/sessions/current', { method: 'DELETE' }])
})

const gone = () => new Response(null, { status: 204 })
const asked = () => fetch.mock.calls.map(([at, init]) => `${init?.method} ${new URL(String(at)).pathname.replace('/api/v1/sessions/', '')}`)

test.each([
  ['is due', 500_000],
  ['was refused by the hub', 0],
])('T8 signing out with an access token that %s renews it first, and then ends the session', async (_, slept) => {
  const me = resume(url, session('a'), { fetch })
  vi.advanceTimersByTime(slept)
  const { accessToken } = me.session
  fetch.mockImplementation(async (at, init) => {
    if (String(at).endsWith('/renew')) return json(session('b'))
    return new Headers(init?.headers).get('authorization') === `Bearer ${accessToken}` ? problem('session.required', 401) : gone()
  })
  await me.signOut()
  expect(asked()).toEqual([...(slept ? [] : ['DELETE current']), 'POST renew', 'DELETE current'])
  await expect(me.getToken()).rejects.toMatchObject({ code: 'session.ended' })
})

test('T8 signing out offline rejects and ends nothing; called again, it works', async () => {
  const onChange = vi.fn()
  const me = resume(url, session('a'), { fetch, onChange })
  fetch.mockRejectedValueOnce(new TypeError('fetch failed')).mockResolvedValueOnce(problem('server.unavailable', 503, true))
  for (let i = 0; i < 2; i++) await expect(me.signOut()).rejects.toMatchObject({ code: 'server.unavailable', retryable: true })
  expect(onChange).not.toHaveBeenCalled()
  expect(await me.getToken()).toBe(me.session.accessToken)
  fetch.mockResolvedValueOnce(gone())
  await Promise.all([me.signOut(), me.signOut()])
  await me.signOut()
  expect(onChange.mock.calls).toEqual([[null]])
  expect(asked()).toEqual(Array(3).fill('DELETE current'))
  await expect(me.getToken()).rejects.toMatchObject({ code: 'session.ended' })
})

test('T8 a session that has ended elsewhere is signed out', async () => {
  const me = resume(url, session('a'), { fetch })
  fetch.mockResolvedValueOnce(problem('session.ended', 401)).mockResolvedValueOnce(problem('session.badCredentials', 401))
  await me.signOut()
  expect(asked()).toEqual(['DELETE current', 'POST renew'])
  await expect(me.getToken()).rejects.toMatchObject({ code: 'session.ended' })
})

test('T10 who is signed in proves it again by the password, with a new token where the old is refused; a wrong one ends nothing', async () => {
  const me = resume(url, session('a'), { fetch })
  fetch.mockResolvedValueOnce(problem('session.required', 401))
  fetch.mockResolvedValueOnce(json(session('b')))
  fetch.mockResolvedValueOnce(json({ provedAt: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:00.000Z' }))
  expect(await me.stepUp('pass')).toEqual({ provedAt: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:00.000Z' })
  expect(fetch.mock.calls.map(([path]) => String(path).replace(url, ''))).toEqual([
    'api/v1/sessions/current/step-up',
    'api/v1/sessions/renew',
    'api/v1/sessions/current/step-up',
  ])
  expect(bodies()[2]).toEqual({ password: 'pass' })
  fetch.mockResolvedValueOnce(problem('session.badCredentials', 401))
  await expect(me.stepUp('none')).rejects.toMatchObject({ code: 'session.badCredentials' })
  expect(await me.getToken()).toBe(me.session.accessToken)
})
