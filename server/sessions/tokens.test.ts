import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type CommandId, newId, type SessionId, type UserId } from '../../client-sdk/contract/index.ts'
import { newSigner } from '../testing.ts'
import { createTokens } from './tokens.ts'

const now = new Date('2026-05-01T12:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const who = { sessionId: newId<SessionId>(), userId: newId<UserId>(), role: 'brand' } as const
const signer = newSigner()
const tokens = createTokens({ signer, seconds: 900 })
const issue = async (latest = later(86_400)) => (await tokens.issue(who, latest, now)).accessToken

const b64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const header = { alg: 'EdDSA', kid: signer.jwk.kid, typ: 'at+jwt' }
const exp = Math.floor(later(900).getTime() / 1_000)
const claims = { iss: 'parley', aud: 'parley', sub: who.userId, sid: who.sessionId, role: who.role, exp }
const forge = (h: object, c: object, key: KeyObject = signer.key) => {
  const input = `${b64(h)}.${b64(c)}`
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}
const without = (name: keyof typeof claims) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

test('a token says who asks, until its time', async () => {
  const { accessToken, endsAt } = await tokens.issue(who, later(86_400), now)
  expect(await tokens.verify(accessToken, later(899))).toEqual({ ...who, endsAt })
  expect(endsAt.toISOString()).toBe('2026-05-01T12:15:00.000Z')
  await expect(tokens.verify(accessToken, later(900))).rejects.toMatchObject({ code: 'session.ended' })
})

test('it never outlives its session', async () => {
  const { accessToken, endsAt } = await tokens.issue(who, later(60), now)
  expect(endsAt.getTime()).toBeLessThanOrEqual(later(60).getTime())
  await expect(tokens.verify(accessToken, later(60))).rejects.toMatchObject({ code: 'session.ended' })
})

test('a token made by hand like ours is good: the refusals below are not for another reason', async () => {
  expect(await tokens.verify(forge(header, claims), now)).toMatchObject(who)
})

describe('is refused:', () => {
  const publicPem = createPublicKey(signer.key).export({ format: 'pem', type: 'spki' }).toString()
  const hmacInput = `${b64({ ...header, alg: 'HS256' })}.${b64(claims)}`
  const good = forge(header, claims)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const rsaInput = `${b64({ ...header, alg: 'RS256' })}.${b64(claims)}`
  const cases: Record<string, string> = {
    nothing: '',
    'no token': 'hello',
    'alg none': `${b64({ ...header, alg: 'none' })}.${b64(claims)}.`,
    'alg None in other letters': `${b64({ ...header, alg: 'nOnE' })}.${b64(claims)}.`,
    'no signature': `${good.split('.').slice(0, 2).join('.')}.`,
    'HMAC with the public key as its secret': `${hmacInput}.${createHmac('sha256', publicPem).update(hmacInput).digest('base64url')}`,
    'an RSA signature': `${rsaInput}.${sign('sha256', Buffer.from(rsaInput), rsa).toString('base64url')}`,
    "a stranger's key under our key id": forge(header, claims, newSigner().key),
    'an unknown key id': forge({ ...header, kid: 'x' }, claims),
    'no key id': forge({ alg: 'EdDSA', typ: 'at+jwt' }, claims),
    'a key of its own in the header': forge({ ...header, kid: undefined, jwk: signer.jwk }, claims),
    'another type of token': forge({ ...header, typ: 'JWT' }, claims),
    'an unknown critical header': forge({ ...header, crit: ['x'], x: 1 }, claims),
    'another issuer': forge(header, { ...claims, iss: 'other' }),
    'another audience': forge(header, { ...claims, aud: 'other' }),
    'no audience': forge(header, without('aud')),
    'no time of end': forge(header, without('exp')),
    'no session': forge(header, without('sid')),
    'a user that is no id': forge(header, { ...claims, sub: "' or 1=1" }),
    'a role that is none': forge(header, { ...claims, role: 'root' }),
    'not good yet': forge(header, { ...claims, nbf: exp }),
    'too long': forge(header, { ...claims, more: 'x'.repeat(5_000) }),
  }
  test.each(Object.entries(cases))('%s', async (_, token) => {
    await expect(tokens.verify(token, now)).rejects.toMatchObject({ code: 'session.required' })
  })
  test('changed claims', async () => {
    const [head, , signature] = good.split('.')
    const changed = `${head}.${b64({ ...claims, role: 'admin' })}.${signature}`
    await expect(tokens.verify(changed, now)).rejects.toMatchObject({ code: 'session.required' })
  })
  test('one that a stranger signed, even if it has expired: only of our own do we say so', async () => {
    const expired = forge(header, { ...claims, exp: 1 }, newSigner().key)
    await expect(tokens.verify(expired, now)).rejects.toMatchObject({ code: 'session.required' })
  })
})

test('after a change of keys the old tokens are good, and new ones are signed with the new key', async () => {
  const next = createTokens({ signer: newSigner(), before: [signer.jwk], seconds: 900 })
  expect(await next.verify(await issue(), now)).toMatchObject(who)
  await expect(tokens.verify((await next.issue(who, later(900), now)).accessToken, now)).rejects.toMatchObject({ code: 'session.required' })
  expect(next.jwks.keys.map((jwk) => jwk.kid)).toHaveLength(2)
  expect(next.jwks.keys[1]).toEqual(signer.jwk)
})

test('the published keys are public', () => {
  expect(Object.keys(tokens.jwks.keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

test("a refresh token's successor depends on it, on the command and on our secret, and on nothing else", () => {
  const [a, b] = [newId<CommandId>(), newId<CommandId>()]
  const again = createTokens({ signer, seconds: 1 })
  expect(tokens.successor('one', a)).toBe(again.successor('one', a))
  const all = [tokens.successor('one', a), tokens.successor('one', b), tokens.successor('two', a)]
  expect(new Set([...all, createTokens({ signer: newSigner(), seconds: 1 }).successor('one', a)]).size).toBe(4)
  expect(all[0]).toMatch(/^[\w-]{43}$/)
})
