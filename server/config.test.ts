import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isAllowedOrigin, readConfig } from './config.ts'
import { newKey, newSigner } from './testing.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://parley:hush@db/parley',
  TOKEN_KEY: newKey(),
  CHECKPOINT_KEY: newKey(),
}
const faultsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('an empty environment is the embedded mode on loopback', () => {
  const config = readConfig({ PATH: '/usr/bin', PORT: '' })
  expect(config).toMatchObject({ databaseUrl: null, host: '127.0.0.1', port: 3000, roles: ['api', 'realtime', 'worker'], tokenKey: null })
  expect(config).toMatchObject({ publicUrl: 'http://127.0.0.1:3000', accessTokenSeconds: 900, sessionDays: 30, logLevel: 'info' })
  expect(config.rate).toEqual({ perSecond: 30, burst: 150 })
  expect(config).toMatchObject({ redisUrl: null, socketRate: { perSecond: 20, burst: 100 }, mostSockets: 20 })
})

test('a socket has two thirds of its person’s rate, unless it is given its own', () => {
  expect(readConfig({ RATE_PER_SECOND: '300', RATE_BURST: '1000' }).socketRate).toEqual({ perSecond: 200, burst: 667 })
  const given = readConfig({ SOCKET_RATE_PER_SECOND: '5', SOCKET_RATE_BURST: '9', REDIS_URL: 'rediss://:hush@cache:6380/1' })
  expect(given).toMatchObject({ socketRate: { perSecond: 5, burst: 9 }, redisUrl: 'rediss://:hush@cache:6380/1' })
})

test('metrics take a token that is long enough and can be sent', () => {
  expect(readConfig({}).metricsToken).toBeNull()
  expect(readConfig({ METRICS_TOKEN: 'c3VwZXItc2VjcmV0LTE=' }).metricsToken).toBe('c3VwZXItc2VjcmV0LTE=')
  expect(faultsOf({ METRICS_TOKEN: 'too-short' })).toContain('METRICS_TOKEN must have at least 16 characters')
  expect(faultsOf({ METRICS_TOKEN: 'with a space in between' })).toContain('METRICS_TOKEN must be a bearer token')
})

const PEM = (what: string) => `-----BEGIN ${what}-----\nhush+hush/==\n-----END ${what}-----`

test('without a database Temporal comes along, with one it is where it is said to be, or nowhere', () => {
  expect(readConfig({}).temporal).toEqual({ address: null, isBrought: true, namespace: 'default', apiKey: null, tls: false })
  expect(readConfig({ TEMPORAL_ADDRESS: 'none' }).temporal).toMatchObject({ address: null, isBrought: false })
  expect(readConfig(production).temporal).toMatchObject({ address: null, isBrought: false })
  for (const address of ['temporal:7233', '10.0.0.7:7233', '[::1]:7233', 'parley.a2dd6.tmprl.cloud:7233']) {
    const given = { ...production, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'parley.a2dd6' }
    expect(readConfig(given).temporal).toEqual({ address, isBrought: false, namespace: 'parley.a2dd6', apiKey: null, tls: false })
  }
  for (const wrong of ['temporal', 'http://temporal:7233', 'temporal:7233/x', ':7233', 'temporal:70000', 'a b:1'])
    expect(faultsOf({ TEMPORAL_ADDRESS: wrong })).toBe('The configuration is wrong:\n  TEMPORAL_ADDRESS must be host:port, or none')
  expect(faultsOf({ TEMPORAL_NAMESPACE: 'a b' })).toContain('TEMPORAL_NAMESPACE must be the name of a namespace')
})

test('an API key and certificates for Temporal bring TLS with them; what cannot go together is refused, and nothing of it is quoted', () => {
  const at = { TEMPORAL_ADDRESS: 'temporal:7233' }
  const tlsOf = (given: Record<string, string>) => readConfig({ ...at, ...given }).temporal.tls
  const pair = { certificate: PEM('CERTIFICATE'), key: PEM('PRIVATE KEY') }
  const ours = { TEMPORAL_TLS_CERTIFICATE: pair.certificate, TEMPORAL_TLS_KEY: pair.key.replaceAll('\n', '\\n') }
  expect([tlsOf({}), tlsOf({ TEMPORAL_TLS: 'off' }), tlsOf({ TEMPORAL_TLS: 'on' })]).toEqual([false, false, true])
  expect(readConfig({ ...at, TEMPORAL_API_KEY: 'hush' }).temporal).toMatchObject({ apiKey: 'hush', tls: true })
  expect(tlsOf({ TEMPORAL_TLS_CA: pair.certificate })).toEqual({ ca: pair.certificate, pair: null })
  expect(tlsOf({ ...ours, TEMPORAL_API_KEY: 'hush' })).toEqual({ ca: null, pair })

  const wrong: [Record<string, string>, string][] = [
    [{ ...at, TEMPORAL_TLS: 'off', TEMPORAL_API_KEY: 'hush' }, 'TEMPORAL_TLS cannot be off'],
    [{ ...at, TEMPORAL_TLS_KEY: pair.key }, 'TEMPORAL_TLS_CERTIFICATE and TEMPORAL_TLS_KEY are required together'],
    [{ ...at, ...ours, TEMPORAL_TLS_KEY: 'hush' }, 'TEMPORAL_TLS_KEY must be PEM'],
    [{ ...at, TEMPORAL_TLS_CA: 'hush' }, 'TEMPORAL_TLS_CA must be PEM'],
    [{ ...at, TEMPORAL_TLS: 'yes' }, 'TEMPORAL_TLS must be on or off'],
    [{ ...at, TEMPORAL_API_KEY: 'hush hush' }, 'TEMPORAL_API_KEY must be an API key'],
    [{ TEMPORAL_API_KEY: 'hush' }, 'TEMPORAL_ADDRESS is required'],
    [{ TEMPORAL_ADDRESS: 'none', TEMPORAL_TLS: 'on' }, 'TEMPORAL_ADDRESS is required'],
  ]
  for (const [given, fault] of wrong) {
    expect(faultsOf(given)).toContain(fault)
    expect(faultsOf(given)).not.toContain('hush')
  }
})

test('where mails lead has no slash at its end, and how long something is unread is bounded', () => {
  expect(readConfig({})).toMatchObject({ appUrl: null, digestAfter: 900 })
  expect(readConfig({ APP_URL: 'https://app.example.com/', DIGEST_AFTER_SECONDS: '60' })).toMatchObject({
    appUrl: 'https://app.example.com',
    digestAfter: 60,
  })
  expect(faultsOf({ APP_URL: 'app.example.com', DIGEST_AFTER_SECONDS: '0' })).toMatch(/APP_URL must be .*\n.*DIGEST_AFTER_SECONDS must be/)
})

test('it is frozen', () => {
  const config = readConfig(production)
  expect([config, config.rate, config.roles, config.allowedOrigins].every(Object.isFrozen)).toBe(true)
})

test('all faults are listed at once, and none shows a secret', () => {
  const message = faultsOf({
    NODE_ENV: 'production',
    HOST: '0.0.0.0',
    PORT: '99999',
    ROLES: 'api,cook',
    PUBLIC_URL: 'ftp://x',
    ALLOWED_ORIGINS: 'https://a.example/path',
    TOKEN_KEY: 'my-secret-key',
    TOKEN_KEYS_BEFORE: '{"keys":["my-secret-key"]}',
    ACCESS_TOKEN_SECONDS: '1.5',
    LOG_LEVEL: 'loud',
    RATE_PER_SECOND: '0',
    REDIS_URL: 'http://:my-secret-key@cache',
    ADDRESS_RATE_BURST: 'many',
  })
  const named = [
    'PORT',
    'ROLES',
    'PUBLIC_URL',
    'ALLOWED_ORIGINS',
    'TOKEN_KEY',
    'TOKEN_KEYS_BEFORE',
    'ACCESS_TOKEN_SECONDS',
    'LOG_LEVEL',
    'REDIS_URL',
    'ADDRESS_RATE_BURST',
  ]
  for (const name of [...named, 'RATE_PER_SECOND', 'HOST must be a loopback', 'DATABASE_URL is required'])
    expect(message).toContain(`  ${name}`)
  expect(message).not.toContain('my-secret-key')
  expect(faultsOf({ ...production, DATABASE_URL: 'mysql://root:hush@db' })).not.toContain('hush')
})

test('with a database both keys are required', () => {
  const message = faultsOf({ DATABASE_URL: production.DATABASE_URL })
  expect(message).toContain('TOKEN_KEY is required')
  expect(message).toContain('CHECKPOINT_KEY is required')
})

describe('the embedded mode', () => {
  test.each(['0.0.0.0', '192.168.1.5', '::', 'example.com'])('refuses to listen on %s', (HOST) => {
    expect(faultsOf({ HOST })).toContain('HOST must be a loopback')
  })
  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('listens on %s', (HOST) => {
    expect(readConfig({ HOST }).host).toBe(HOST)
  })
  test('refuses production', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toContain('DATABASE_URL is required in production')
  })
})

describe('a key may come as', () => {
  const pem = newKey()
  const ways = {
    PEM: pem,
    'PEM with \\n for line ends': pem.replaceAll('\n', '\\n'),
    'base64 of PEM': Buffer.from(pem).toString('base64'),
    'base64 of DER': pem.replace(/-----.*?-----|\s/g, ''),
  }
  const { jwk } = readConfig({ TOKEN_KEY: pem }).tokenKey!
  test.each(Object.entries(ways))('%s', (_, TOKEN_KEY) => {
    expect(readConfig({ TOKEN_KEY }).tokenKey?.jwk).toEqual(jwk)
  })
  test('but is no other kind of key', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    expect(faultsOf({ TOKEN_KEY: other })).toContain('TOKEN_KEY must be an Ed25519 private key')
  })
})

describe('mail', () => {
  const SMTP_URL = 'smtps://parley:hush@mail.example.com'
  test.each([
    ['Parley <parley@example.com>', { name: 'Parley', address: 'parley@example.com' }],
    ['Бренди, творці <hello@example.com>', { name: 'Бренди, творці', address: 'hello@example.com' }],
    ['<hello@example.com>', { name: '', address: 'hello@example.com' }],
    ['hello@example.com', { name: '', address: 'hello@example.com' }],
  ])('is from %s', (MAIL_FROM, from) => {
    expect(readConfig({ ...production, SMTP_URL, MAIL_FROM }).smtp).toEqual({ url: SMTP_URL, from })
  })
  test.each([
    'Parley',
    'Parley <>',
    'a@example.com, b@example.com',
    'Parley <a@example.com> <b@example.com>',
    'a@example.com\nBcc: b@example.com',
  ])('is from no %j', (MAIL_FROM) => expect(faultsOf({ ...production, SMTP_URL, MAIL_FROM })).toContain('MAIL_FROM must be an address'))
  test('waits without a server; a server needs a sender, and a database, and is no secret told', () => {
    expect(readConfig(production).smtp).toBe(null)
    const faults = [
      faultsOf({ ...production, SMTP_URL }),
      faultsOf({ ...production, MAIL_FROM: 'a@example.com' }),
      faultsOf({ SMTP_URL, MAIL_FROM: 'a@example.com' }),
      faultsOf({ ...production, SMTP_URL: 'http://parley:hush@mail', MAIL_FROM: 'a@example.com' }),
    ]
    const expected = ['required together', 'required together', 'SMTP_URL needs a DATABASE_URL', 'SMTP_URL must be an smtp://']
    for (const [i, fault] of expected.entries()) expect(faults[i]).toContain(fault)
    expect(faults.join()).not.toContain('hush')
  })
})

test('earlier public keys come as jwks.json showed them', () => {
  const { jwk } = newSigner()
  expect(readConfig({ TOKEN_KEYS_BEFORE: JSON.stringify({ keys: [jwk] }) }).tokenKeysBefore).toEqual([jwk])
})

describe('pages that may call', () => {
  test('in production only those that are named, by default our own', () => {
    const own = readConfig({ ...production, PUBLIC_URL: 'https://parley.example.com/' })
    expect(isAllowedOrigin(own, 'https://parley.example.com')).toBe(true)
    expect(isAllowedOrigin(own, 'http://localhost:3000')).toBe(false)
    const named = readConfig({ ...production, ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443' })
    expect(['https://a.example', 'https://b.example:8443'].every((origin) => isAllowedOrigin(named, origin))).toBe(true)
    expect(['https://a.example.evil', 'http://a.example', 'null', ''].some((origin) => isAllowedOrigin(named, origin))).toBe(false)
  })
  test('in the embedded mode any page of this machine', () => {
    const config = readConfig({})
    expect(['http://localhost:5173', 'http://127.0.0.1:1', 'http://[::1]:8080'].every((origin) => isAllowedOrigin(config, origin))).toBe(
      true,
    )
    expect(['http://127.0.0.1.evil.example', 'http://localhost.evil', 'null'].some((origin) => isAllowedOrigin(config, origin))).toBe(false)
  })
})
