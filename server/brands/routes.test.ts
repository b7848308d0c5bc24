import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { TokenBuckets } from '../limits.ts'
import { commandId } from '../testing.ts'
import { type Answer, type Rest, restWorld } from '../testing-rest.ts'
import { codeFor } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())
const api = '/api/v1'
const someone = () => ({ email: `${newId()}@example.com` })

test('a brand and its team, over REST alone', async () => {
  const [owner, guest] = [await w.person('brand', 'Olga'), await w.person('brand', 'Gina')]
  const [asOwner, asGuest] = [await w.token(owner), await w.token(guest)]
  const made = await w.call('POST', `${api}/brands`, { token: asOwner, body: { name: 'Acme' } })
  expect(made).toMatchObject({ status: 201, body: { version: 1 } })
  expect(made.headers.get('etag')).toBe('"1"')
  const brand = `${api}/brands/${made.body.brandId}`

  const headers = { 'If-Match': '"1"' }
  const changed = await w.call('PATCH', brand, { token: asOwner, body: { about: 'Things' }, headers })
  expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"'])
  expect(await w.call('PATCH', brand, { token: asOwner, body: { about: 'More' }, headers })).toMatchObject({
    status: 412,
    body: { code: 'resource.stale' },
  })
  expect(await w.call('PATCH', brand, { token: asOwner, body: { about: 'More' } })).toMatchObject({ status: 428 })
  const got = await w.call('GET', brand, { token: asOwner })
  expect(got).toMatchObject({ status: 200, body: { name: 'Acme', about: 'Things', me: 'owner', version: 2 } })
  expect(got.headers.get('etag')).toBe('"2"')

  const invited = await w.call('POST', `${brand}/invitations`, {
    token: asOwner,
    body: { email: guest.email.toUpperCase(), role: 'viewer' },
  })
  expect(invited).toMatchObject({ status: 201 })
  expect((await w.call('GET', `${brand}/invitations`, { token: asOwner })).body).toMatchObject({
    items: [{ email: guest.email, ...invited.body }],
  })
  const code = await codeFor(w, guest)
  expect(await w.call('POST', `${api}/invitations/accept`, { token: asGuest, body: { code } })).toMatchObject({
    ...{ status: 200, body: { brandId: made.body.brandId } },
  })
  expect((await w.call('GET', `${api}/brands`, { token: asGuest })).body).toMatchObject({
    items: [{ name: 'Acme', me: 'viewer' }],
    cursor: null,
  })
  expect((await w.call('GET', `${brand}/members`, { token: asGuest })).body).toMatchObject({ items: [{ name: 'Olga' }, { name: 'Gina' }] })
  expect(await w.call('GET', `${brand}/invitations`, { token: asGuest })).toMatchObject({ status: 403 })

  const member = `${brand}/members/${guest.userId}`
  expect(await w.call('PUT', member, { token: asOwner, body: { role: 'manager' } })).toMatchObject({ status: 200 })
  expect(await w.call('POST', `${brand}/owner`, { token: asOwner, body: { userId: guest.userId } })).toMatchObject({ status: 200 })
  expect(await w.call('DELETE', member, { token: asGuest })).toMatchObject({ status: 409, body: { code: 'member.lastOwner' } })
  expect(await w.call('DELETE', `${brand}/members/${owner.userId}`, { token: asOwner })).toMatchObject({ status: 200 })
  expect(await w.call('GET', brand, { token: asOwner })).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
})

test('who has no account makes one with the code, and the code is in no line of the log', async () => {
  const token = await w.token(await w.person('brand'))
  const { brandId } = (await w.call('POST', `${api}/brands`, { token, body: { name: 'Acme' } })).body
  const [first, second] = [someone(), someone()]
  for (const { email } of [first, second])
    await w.call('POST', `${api}/brands/${brandId}/invitations`, { token, body: { email, role: 'manager' } })
  const [code, other] = [await codeFor(w, first), await codeFor(w, second)]
  const body = { code, name: 'Nina', password: 'a long enough one' }
  const headers = { 'Idempotency-Key': commandId() }
  const signedUp = await w.call('POST', `${api}/invitations/sign-up`, { body, headers })
  expect(signedUp).toMatchObject({ status: 201, body: { brandId } })
  expect((await w.call('POST', `${api}/invitations/sign-up`, { body, headers })).body).toEqual(signedUp.body)
  const gone = await w.call('POST', `${api}/invitations/sign-up`, { body })
  const unknown = await w.call('POST', `${api}/invitations/sign-up`, { body: { ...body, code: 'n'.repeat(43) } })
  expect(gone).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
  expect(bare(gone)).toEqual(bare(unknown))
  const session = await w.call('POST', `${api}/sessions`, { body: { email: first.email, password: body.password } })
  expect(session).toMatchObject({ status: 201, body: { userId: signedUp.body.userId, role: 'brand' } })
  await w.call('POST', `${api}/invitations/accept`, { token, body: { code: other } })
  const lines = JSON.stringify(w.lines())
  expect([lines.includes('/invitations/sign-up'), lines.includes(code), lines.includes(other), lines.includes(first.email)]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('without a session an address makes so many attempts with codes, as everywhere', async () => {
  const strict = await restWorld({ limits: { addresses: new TokenBuckets({ perSecond: 0.001, burst: 2 }) } })
  const attempt = () =>
    strict.call('POST', `${api}/invitations/sign-up`, { body: { code: 'n'.repeat(43), name: 'Nina', password: 'a long enough one' } })
  expect([(await attempt()).status, (await attempt()).status, (await attempt()).status]).toEqual([404, 404, 429])
  await strict.close()
})

test('a brand of others looks exactly like one that is not there', async () => {
  const [owner, stranger] = [await w.person('brand'), await w.person('brand')]
  const made = await w.call('POST', `${api}/brands`, { token: await w.token(owner), body: { name: 'Acme' } })
  const token = await w.token(stranger)
  const asks: ((brand: string) => Promise<Answer>)[] = [
    (brand) => w.call('GET', brand, { token }),
    (brand) => w.call('PATCH', brand, { token, body: { name: 'Mine' }, headers: { 'If-Match': '"1"' } }),
    (brand) => w.call('GET', `${brand}/members`, { token }),
    (brand) => w.call('PUT', `${brand}/members/${stranger.userId}`, { token, body: { role: 'owner' } }),
    (brand) => w.call('DELETE', `${brand}/members/${owner.userId}`, { token }),
    (brand) => w.call('DELETE', `${brand}/members/${stranger.userId}`, { token }),
    (brand) => w.call('POST', `${brand}/owner`, { token, body: { userId: stranger.userId } }),
    (brand) => w.call('GET', `${brand}/invitations`, { token }),
    (brand) => w.call('POST', `${brand}/invitations`, { token, body: { email: stranger.email, role: 'manager' } }),
    (brand) => w.call('DELETE', `${brand}/invitations/${newId()}`, { token }),
  ]
  for (const ask of asks) {
    const missing = bare(await ask(`${api}/brands/${newId()}`))
    expect(missing).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
    expect(bare(await ask(`${api}/brands/${made.body.brandId}`))).toEqual(missing)
  }
})

test('what is no input is refused before anything is done, and creators have no brands', async () => {
  const token = await w.token(await w.person('brand'))
  const { brandId } = (await w.call('POST', `${api}/brands`, { token, body: { name: 'Acme' } })).body
  const brand = `${api}/brands/${brandId}`
  const bad: [string, string, unknown, Record<string, string>?][] = [
    ['POST', `${api}/brands`, {}],
    ['POST', `${api}/brands`, { name: 'Ac\u043ce' }],
    ['POST', `${api}/brands`, { name: 'Acme', website: 'javascript:alert(1)' }],
    ['POST', `${api}/brands`, { name: 'Acme', about: 'a\0b' }],
    ['POST', `${api}/brands`, { name: 'Acme', territory: 'XX' }],
    ['PATCH', brand, { name: 'A\u202e' }, { 'If-Match': '"1"' }],
    ['PATCH', brand, { name: 'A' }, { 'If-Match': '"99999999999"' }],
    ['PATCH', brand, { name: 'A' }, { 'If-Match': '*' }],
    ['GET', `${api}/brands?limit=1000`, undefined],
    ['GET', `${api}/brands?cursor=%00`, undefined],
    ['GET', `${api}/brands/no-uuid`, undefined],
    ['PUT', `${brand}/members/1`, { role: 'viewer' }],
    ['POST', `${brand}/invitations`, { email: 'a@example.com', role: 'owner' }],
    ['POST', `${api}/invitations/accept`, { code: 'short' }],
  ]
  for (const [method, path, body, headers] of bad)
    expect([method, path, body, (await w.call(method, path, { token, body, headers: headers ?? {} })).body.code]).toEqual([
      method,
      path,
      body,
      'request.invalid',
    ])
  expect(await w.call('PATCH', brand, { token, body: { name: 'A' }, headers: { 'If-Match': '"0"' } })).toMatchObject({ status: 412 })
  expect((await w.call('GET', brand, { token })).body).toMatchObject({ name: 'Acme', version: 1 })
  const creator = await w.token(await w.person('creator'))
  expect(await w.call('POST', `${api}/brands`, { token: creator, body: { name: 'Acme' } })).toMatchObject({ status: 403 })
  expect((await w.call('GET', `${api}/brands`, { token: creator })).body).toEqual({ items: [], cursor: null })
})

function bare({ status, body: { requestId: _, ...body } }: Answer) {
  return { status, body }
}
