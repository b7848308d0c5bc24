import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../client-sdk/contract/index.ts'
import { context, type House } from './ctx.ts'
import { createApp } from './http.ts'
import { TokenBuckets } from './limits.ts'
import { createLog } from './log.ts'
import { rulesOf } from './route.ts'
import { signOut } from './sessions/sign-out.ts'
import { createTokens } from './sessions/tokens.ts'
import { commandId, newSigner, PASSWORD, type TestPerson } from './testing.ts'
import { type Answer, ORIGIN, type Rest, restWorld } from './testing-rest.ts'

let w: Rest
let person: TestPerson
let token: string
beforeAll(async () => {
  w = await restWorld()
  person = await w.person('brand', 'Ada')
  token = await w.token(person)
})
afterAll(() => w.close())

const filled = (path: string) => path.replace(/:\w+/g, () => newId<string>())
const problem = (code: string, status: number) => ({ status, body: { code, status, type: `/errors#${code}` } })

describe('without a right', () => {
  const everyRoute = async (check: (call: (request?: { token: string }) => Promise<Answer>) => Promise<void>) => {
    const guarded = rulesOf(w.app).filter(({ allow }) => allow !== 'anyone')
    expect(guarded.length).toBeGreaterThan(8)
    for (const { method, path } of guarded) await check((request) => w.call(method, filled(path), request))
  }

  test('every route but the public ones is refused without a token, whatever else is wrong', async () => {
    await everyRoute(async (call) => {
      const answer = await call()
      expect(answer).toMatchObject(problem('session.required', 401))
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
    })
  })

  test('every route is refused with a token of a stranger’s key, and with one that has expired', async () => {
    const of = { userId: person.userId, sessionId: (await w.session(person)).sessionId, role: 'admin' } as const
    const inAnHour = new Date(Date.now() + 3_600_000)
    const foreign = await createTokens({ signer: newSigner(), seconds: 900 }).issue(of, inAnHour, new Date())
    const expired = await w.house.tokens.issue(of, inAnHour, new Date(Date.now() - 3_600_000))
    await everyRoute(async (call) => {
      expect(await call({ token: foreign.accessToken })).toMatchObject(problem('session.required', 401))
      expect(await call({ token: expired.accessToken })).toMatchObject(problem('session.ended', 401))
    })
  })

  test('a token is no good any more once its session was signed out', async () => {
    const late = await w.token(person)
    await signOut(context(w.house, await w.house.tokens.verify(late)))
    await everyRoute(async (call) => expect(await call({ token: late })).toMatchObject(problem('session.ended', 401)))
  })

  test('what only administrators may is refused to others before their input is looked at', async () => {
    const administered = rulesOf(w.app).filter(({ allow }) => allow === 'administer')
    expect(administered.length).toBeGreaterThan(5)
    for (const { method, path } of administered) {
      const body = method === 'GET' ? {} : { body: {} }
      expect(await w.call(method, filled(path), { token, ...body })).toMatchObject(problem('access.denied', 403))
    }
  })

  test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'bearer a b', 'Token x'])('Authorization: %j is none', async (authorization) => {
    expect(await w.call('GET', '/api/v1/me', { headers: { authorization } })).toMatchObject(problem('session.required', 401))
  })
})

describe('every answer', () => {
  test('carries its request’s id, which a client cannot choose; so do its problem and its log line', async () => {
    const good = await w.call('GET', '/livez', { headers: { 'X-Request-Id': 'mine' } })
    const bad = await w.call('GET', '/api/v1/me')
    const ids = [good, bad].map(({ headers }) => headers.get('X-Request-Id'))
    expect(new Set([...ids, 'mine', null]).size).toBe(4)
    expect(bad.body.requestId).toBe(ids[1])
    expect(w.lines().at(-1)).toMatchObject({
      route: 'GET /api/v1/me',
      actor: null,
      requestId: ids[1],
      code: 'session.required',
      status: 401,
    })
  })

  test('is not to be stored, but for the public keys', async () => {
    for (const path of ['/api/v1/me', '/nowhere', '/readyz'])
      expect((await w.call('GET', path)).headers.get('Cache-Control')).toBe('no-store')
    expect((await w.call('GET', '/.well-known/jwks.json')).headers.get('Cache-Control')).toBe('public, max-age=300')
  })

  test('tells browsers to trust it with nothing', async () => {
    const { headers } = await w.call('GET', '/api/v1/me')
    expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
  })

  test('may be read by allowed pages only', async () => {
    const allowed = await w.call('GET', '/api/v1/me', { token, headers: { Origin: ORIGIN } })
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN)
    expect(allowed.headers.get('Access-Control-Allow-Credentials')).toBeNull()
    for (const Origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null']) {
      const other = await w.call('GET', '/api/v1/me', { token, headers: { Origin } })
      expect(other.headers.get('Access-Control-Allow-Origin')).toBeNull()
      expect(other.headers.get('Vary')).toContain('Origin')
    }
  })

  test('to a preflight names what an allowed page may send', async () => {
    const ask = (Origin: string) => w.call('OPTIONS', '/api/v1/rooms', { headers: { Origin, 'Access-Control-Request-Method': 'POST' } })
    const { status, headers } = await ask(ORIGIN)
    expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([204, ORIGIN])
    expect(headers.get('Access-Control-Allow-Headers')).toBe('Authorization,Content-Type,Idempotency-Key,If-Match,Parley-Protocol')
    expect((await ask('https://evil.example')).headers.get('Access-Control-Allow-Origin')).toBeNull()
  })
})

describe('a problem', () => {
  test('is RFC 9457 with our code', async () => {
    const { status, body, headers } = await w.call('GET', '/nowhere')
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(body).toEqual({
      type: '/errors#resource.notFound',
      title: 'Not Found',
      status,
      code: 'resource.notFound',
      detail: 'There is nothing here',
      retryable: false,
      requestId: headers.get('X-Request-Id'),
    })
  })

  test('that nobody foresaw says nothing of its cause, which is in the log', async () => {
    const broken = await restWorld()
    const broke = await broken.token(await broken.person())
    const client = new pg.Client({ connectionString: broken.url })
    await client.connect()
    await client.query('alter table parley.room rename to gone')
    await client.end()
    const { status, body } = await broken.call('GET', '/api/v1/rooms', { token: broke })
    expect([status, body.code, body.detail]).toEqual([500, 'server.failed', 'Something went wrong'])
    const error = { message: 'relation "room" does not exist', code: '42P01' }
    expect(broken.lines().at(-1)).toMatchObject({ level: 'error', requestId: body.requestId, code: 'server.failed', error })
    await broken.close()
  })

  test('without a session there is a limit by address, but for health checks', async () => {
    const few = await restWorld({ limits: { addresses: new TokenBuckets({ perSecond: 0.1, burst: 2 }) } })
    const renew = (address: string) =>
      few.call('POST', '/api/v1/sessions/renew', { body: { refreshToken: 'x', commandId: commandId() }, address })
    expect([(await renew('192.0.2.7')).status, (await renew('::ffff:192.0.2.7')).status]).not.toContain(429)
    const refused = await renew('192.0.2.7')
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate.limited', retryAfter: 10 } })
    expect(refused.body.detail).toContain('ADDRESS_RATE_PER_SECOND')
    expect((await renew('192.0.2.8')).status).not.toBe(429)
    for (let n = 0; n < 5; n++) expect((await few.call('GET', '/readyz', { address: '192.0.2.7' })).status).toBe(200)
    const token = await few.token(await few.person())
    expect((await few.call('GET', '/api/v1/me', { token, address: '192.0.2.7' })).status).toBe(200) // the person has limits of their own
    await few.close()
  })

  test('of too many requests says when to come back', async () => {
    const few = await restWorld({ limits: { commands: new TokenBuckets({ perSecond: 0.001, burst: 2 }) } })
    const [a, b] = [await few.person(), await few.person()]
    const [aToken, bToken] = [await few.token(a), await few.token(b)]
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await few.call('GET', '/api/v1/me', { token: aToken })).status)
    expect(statuses).toEqual([200, 200, 429])
    const again = await few.call('GET', '/api/v1/me', { token: await few.token(a) })
    expect(again).toMatchObject({ body: { code: 'rate.limited', retryable: true, retryAfter: 1_000 } }) // a second session has no share of its own
    expect(again.headers.get('Retry-After')).toBe('1000')
    expect((await few.call('GET', '/api/v1/me', { token: bToken })).status).toBe(200)
    await few.close()
  })
})

describe('the body', () => {
  const signIn = (body: string, headers: Record<string, string> = {}) => w.call('POST', '/api/v1/sessions', { body, headers })
  const bombs: Record<string, string> = {
    'a hundred thousand arrays in each other': '['.repeat(100_000) + ']'.repeat(100_000),
    'objects in each other': `${'{"email":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    'an array of a hundred thousand': `[${'0,'.repeat(100_000)}0]`,
    'a number of a hundred thousand digits': `{"email":${'9'.repeat(100_000)},"password":"x"}`,
    'a prototype': '{"__proto__":{"email":"a@example.com","password":"x"},"constructor":{"prototype":{"email":1}}}',
    'a field that comes twice, last wrong': '{"email":"a@example.com","email":7,"password":"x"}',
    'a string of 200 kB': JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(200_000) }),
    'no JSON': '{"email": "a@example.com", password}',
    'half of JSON': '{"email": "a@exam',
    'JSON of another kind': '"text"',
    null: 'null',
    nothing: '',
  }
  test.each(Object.entries(bombs))('%s is refused as it should be, quickly', async (_, body) => {
    const started = performance.now()
    expect(await signIn(body)).toMatchObject(problem('request.invalid', 400))
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('beyond 256 kB it is too large, whatever is in it', async () => {
    expect(await signIn('x'.repeat(256 * 1_024 + 1))).toMatchObject(problem('request.tooLarge', 413))
    expect(await signIn('x'.repeat(10_000_000))).toMatchObject(problem('request.tooLarge', 413))
    expect(await signIn('{}', { 'Content-Length': '999999999' })).toMatchObject(problem('request.tooLarge', 413))
    expect(await signIn('x'.repeat(256 * 1_024))).toMatchObject(problem('request.invalid', 400))
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp'])(
    'must say that it is JSON, not %s',
    async (type) => {
      const answer = await signIn(JSON.stringify({ email: person.email, password: PASSWORD }), { 'Content-Type': type })
      expect(answer).toMatchObject(problem('request.invalid', 400))
    },
  )

  test('may say more than was asked', async () => {
    const body = { email: person.email, password: PASSWORD, role: 'admin', userId: newId() }
    expect(await w.call('POST', '/api/v1/sessions', { body })).toMatchObject({
      status: 201,
      body: { role: 'brand', userId: person.userId },
    })
  })
})

test('no log line has a password, a token or what somebody said', async () => {
  const { roomId, creator } = await w.negotiation()
  const its = await w.token(creator)
  const signedIn = await w.call('POST', '/api/v1/sessions', { body: { email: creator.email, password: PASSWORD } })
  await w.call('POST', '/api/v1/sessions', { body: { email: creator.email, password: 'a wrong word' } })
  await w.call('POST', `/api/v1/rooms/${roomId}/messages`, { token: its, body: { text: 'our secret price' } })
  await w.call('POST', `/api/v1/rooms/${roomId}/messages`, { token: its, body: '{"text": "our secret price' })
  const text = JSON.stringify(w.lines())
  for (const secret of [PASSWORD, 'a wrong word', 'our secret', its, creator.email, signedIn.body.refreshToken as string]) {
    expect(text).not.toContain(secret)
  }
})

describe('readiness', () => {
  const engines = () => [{ name: 'Redis', on: false, why: 'one process needs none' }]
  const ready = async (house: House) => {
    const app = createApp(house, { log: createLog({ write: () => {} }), isAllowedOrigin: () => false, engines })
    const response = await app.request('/readyz')
    return { status: response.status, body: await response.json() }
  }
  /** The house with PostgreSQL at another port. */
  const elsewhere = async (port: number, check: (house: House) => Promise<void>) => {
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'x', password: 'x', database: 'x' })
    await check({ ...w.house, db: { ...w.db, pool } })
    void pool.end()
  }

  test('lists what is on and what is off, and why', async () => {
    const list = [{ name: 'PostgreSQL', on: true, why: 'it answers' }, ...engines()]
    expect(await ready(w.house)).toEqual({ status: 200, body: { ready: true, engines: list } })
  })

  test('is gone with PostgreSQL, while the process is alive and refuses requests as retryable', async () => {
    await elsewhere(1, async (house) => {
      expect(await ready(house)).toMatchObject({ status: 503, body: { ready: false, engines: [{ name: 'PostgreSQL', on: false }, {}] } })
      const app = createApp(house, { log: createLog({ write: () => {} }), isAllowedOrigin: () => false })
      expect((await app.request('/livez')).status).toBe(200)
      const refused = await app.request('/api/v1/rooms', { headers: { Authorization: `Bearer ${token}` } })
      expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1'])
      expect(await refused.json()).toMatchObject({ code: 'server.unavailable', retryable: true })
    })
  })

  test('does not wait for a PostgreSQL that keeps silent', async () => {
    const mute = createServer().listen(0, '127.0.0.1')
    await once(mute, 'listening')
    await elsewhere((mute.address() as AddressInfo).port, async (house) => {
      const started = performance.now()
      expect(await ready(house)).toMatchObject({ status: 503 })
      expect(performance.now() - started).toBeLessThan(2_500)
    })
    mute.close()
  })
})

describe('over a real socket', () => {
  const served = async (check: (url: string) => Promise<void>) => {
    const limits = { signInsByAddress: new TokenBuckets({ perSecond: 0.001, burst: 1 }) }
    const house = { ...w.house, limits: { ...w.house.limits, ...limits } }
    const app = createApp(house, { log: createLog({ write: () => {} }), isAllowedOrigin: () => false })
    const http = createHttpServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1')
    await once(http, 'listening')
    await check(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
    http.closeAllConnections()
    http.close()
  }
  const json = { 'Content-Type': 'application/json' }

  test('a stream without a length is cut where it grows too large, and the server goes on', async () => {
    await served(async (url) => {
      let sent = 0
      const endless = new ReadableStream({
        pull(controller) {
          sent += 16_384
          controller.enqueue(new Uint8Array(16_384).fill(32))
        },
      })
      const request = { method: 'POST', headers: json, body: endless, duplex: 'half' } as const
      const status = await fetch(`${url}/api/v1/sessions`, request).then(
        (response) => response.status,
        () => 'cut',
      )
      expect([413, 'cut']).toContain(status)
      expect(sent).toBeLessThan(20_000_000)
      expect((await fetch(`${url}/livez`)).status).toBe(200)
    })
  })

  test('whoever calls is known by their address', async () => {
    await served(async (url) => {
      const body = JSON.stringify({ email: 'a@example.com', password: 'x' })
      const attempt = async () => (await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers: json, body })).status
      expect([await attempt(), await attempt()]).toEqual([401, 429])
    })
  })
})

test('a process without the role api has health and the public keys, and nothing else', async () => {
  const app = createApp(w.house, { log: createLog({ write: () => {} }), isAllowedOrigin: () => false, api: false })
  expect(rulesOf(app).every(({ allow }) => allow === 'anyone')).toBe(true)
  const statuses = await Promise.all(
    ['/readyz', '/.well-known/jwks.json', '/api/v1/me'].map(async (path) => (await app.request(path)).status),
  )
  expect(statuses).toEqual([200, 200, 404])
})

describe('what is public', () => {
  test('the token keys, with which anybody can check a token', async () => {
    expect((await w.call('GET', '/.well-known/jwks.json')).body).toEqual(w.house.tokens.jwks)
  })
  test('the description of every route, with its rule', async () => {
    const { body } = await w.call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const paths = body.paths as Record<string, Record<string, Record<string, unknown>>>
    for (const { method, path, allow } of rulesOf(w.app)) {
      const described = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect(described).toMatchObject({ 'x-parley-allow': allow, security: allow === 'anyone' ? [] : [{ session: [] }] })
    }
  })
})
