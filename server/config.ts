import { createPublicKey } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { type PublicJwk, type Signer, signerFrom } from '../persistence/checkpoints.ts'
import { Jwks } from './jwks.ts'
import type { Rate } from './limits.ts'
import type { Sender, SmtpOptions } from './mail/smtp.ts'

const ProcessRole = z.enum(['api', 'realtime', 'worker'])
export type ProcessRole = z.output<typeof ProcessRole>
export const LogLevel = z.enum(['debug', 'info', 'warn', 'error'])
export type LogLevel = z.output<typeof LogLevel>

const KEY = 'must be an Ed25519 private key in PKCS #8, as PEM or as base64 of it'
const list = (value: string) => value.split(',').flatMap((item) => item.trim() || [])
/** A host's name or address that means this machine alone. */
export const isLoopback = (host: string) => host === 'localhost' || /^\[?::1\]?$/.test(host) || (isIPv4(host) && host.startsWith('127.'))
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text
const isPlace = (text: string) =>
  text === 'none' || (/^([^\s/:[\]]+|\[[\da-fA-F:]+\]):\d{1,5}$/.test(text) && Number(text.split(':').at(-1)) <= 65_535)
const wholeNumber = (min: number, max: number) => {
  const fault = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(fault).int(fault).min(min, fault).max(max, fault)
}
const whole = (min: number, max: number, otherwise: number) => wholeNumber(min, max).default(otherwise)
const perSecond = z.coerce.number().positive().max(100_000)

/** What one socket may do of its person's share, unless it is set: the others get the rest. */
const SOCKET_SHARE = 2 / 3

/** Secrets stand here too: a message says what is wrong with a value and never quotes it. */
const Env = z.object({
  NODE_ENV: z.string().default('development'),
  HOST: z.union([z.ipv4(), z.ipv6(), z.hostname()], 'must be an address or a host name').default('127.0.0.1'),
  PORT: whole(0, 65_535, 3_000),
  DATABASE_URL: url(/^postgres(ql)?:$/, 'must be a postgres:// URL').optional(),
  REDIS_URL: url(/^rediss?:$/, 'must be a redis:// or rediss:// URL').optional(),
  SMTP_URL: url(/^smtps?:$/, 'must be an smtp:// or smtps:// URL').optional(),
  MAIL_FROM: z.string().transform(sender).optional(),
  TEMPORAL_ADDRESS: z.string().refine(isPlace, 'must be host:port, or none').optional(),
  TEMPORAL_NAMESPACE: z
    .string()
    .regex(/^[\w.-]{2,255}$/, 'must be the name of a namespace')
    .default('default'),
  TEMPORAL_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be an API key, without spaces')
    .optional(),
  TEMPORAL_TLS: z.enum(['on', 'off'], 'must be on or off').optional(),
  TEMPORAL_TLS_CA: z.string().transform(pemText).optional(),
  TEMPORAL_TLS_CERTIFICATE: z.string().transform(pemText).optional(),
  TEMPORAL_TLS_KEY: z.string().transform(pemText).optional(),
  APP_URL: url(/^https?:$/, 'must be an http:// or https:// URL').optional(),
  DIGEST_AFTER_SECONDS: whole(1, 604_800, 900),
  ROLES: z.string().transform(list).pipe(z.array(ProcessRole).min(1)).default(ProcessRole.options),
  PUBLIC_URL: url(/^https?:$/, 'must be an http:// or https:// URL').optional(),
  ALLOWED_ORIGINS: z
    .string()
    .transform(list)
    .pipe(z.array(z.string().refine(isOrigin, 'must be origins without a path or a slash at the end, like https://example.com')))
    .optional(),
  TOKEN_KEY: z.string().transform(signer).optional(),
  TOKEN_KEYS_BEFORE: z.string().transform(publicKeys).default([]),
  CHECKPOINT_KEY: z.string().transform(signer).optional(),
  ACCESS_TOKEN_SECONDS: whole(10, 86_400, 900),
  SESSION_DAYS: whole(1, 3_650, 30),
  LOG_LEVEL: LogLevel.default('info'),
  MAX_CONNECTIONS: whole(2, 1_000, 20),
  RATE_PER_SECOND: perSecond.default(30),
  RATE_BURST: whole(1, 1_000_000, 150),
  SOCKET_RATE_PER_SECOND: perSecond.optional(),
  SOCKET_RATE_BURST: wholeNumber(1, 1_000_000).optional(),
  ROOM_RATE_PER_SECOND: perSecond.default(200),
  ROOM_RATE_BURST: whole(1, 1_000_000, 1_000),
  ADDRESS_RATE_PER_SECOND: perSecond.default(50),
  ADDRESS_RATE_BURST: whole(1, 1_000_000, 2_000),
  MAX_SOCKETS_PER_PERSON: whole(1, 1_000_000, 20),
  SIGN_INS_PER_ADDRESS: whole(1, 1_000_000, 100),
  SIGN_INS_PER_EMAIL: whole(1, 1_000_000, 10),
  TRUSTED_PROXIES: whole(0, 10, 0),
  METRICS_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    .regex(/^[\w.~+/=-]+$/, 'must be a bearer token (RFC 6750)')
    .optional(),
})

/** False: none. True: by the machine's own authorities. `certificate`, `key`: to show who we are; PEM. */
export type TemporalTls = boolean | { ca: string | null; pair: { certificate: string; key: string } | null }

export type Config = Readonly<{
  production: boolean
  host: string
  port: number
  /** Null in the embedded mode: PostgreSQL comes along, demo people too, and only this machine can reach it. */
  databaseUrl: string | null
  /** Null where processes, if there are several, hear each other through the database alone. */
  redisUrl: string | null
  /** Null where mail waits: no mail server is known, or it is the embedded mode. */
  smtp: SmtpOptions | null
  /** `address`: null where there is none: the embedded mode brings its own; 'none' is to do without. */
  temporal: Readonly<{
    address: string | null
    isBrought: boolean
    namespace: string
    apiKey: string | null
    tls: TemporalTls
  }>
  /** Where people use Parley: mails lead there. Without a slash at its end; null where they lead nowhere. */
  appUrl: string | null
  /** How long something is unread before a mail tells of it, in s. */
  digestAfter: number
  roles: readonly ProcessRole[]
  /** Without a slash at its end. */
  publicUrl: string
  allowedOrigins: readonly string[]
  /** Null only in the embedded mode. */
  tokenKey: Signer | null
  /** Tokens that these signed are still good: the keys before the last change, as jwks.json showed them. */
  tokenKeysBefore: readonly PublicJwk[]
  checkpointKey: Signer | null
  accessTokenSeconds: number
  sessionDays: number
  logLevel: LogLevel
  /** To PostgreSQL, of this process. */
  maxConnections: number
  /** Commands of one person. */
  rate: Rate
  /** Of these, by one socket. */
  socketRate: Rate
  /** What is written in one room, by everybody. */
  roomRate: Rate
  /** New sockets and requests without a session, from one address. */
  addressRate: Rate
  /** Of one person, on this process. */
  mostSockets: number
  /** In a quarter of an hour, all at once if need be. */
  signInsPerAddress: number
  signInsPerEmail: number
  /** How many proxies in front of this process add to `X-Forwarded-For`. */
  trustedProxies: number
  /** Who sends it sees the metrics. */
  metricsToken: string | null
}>

/** Reads the environment once. Throws one error that lists all that is wrong with it. An empty variable is an absent one. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])))
  const parsed = Env.safeParse(given)
  const faults = [...(parsed.error?.issues ?? []).map((issue) => `${String(issue.path[0])} ${issue.message}`), ...conflicts(given)]
  if (!parsed.success || faults.length > 0)
    throw new Error(`The configuration is wrong:\n${[...new Set(faults)].map((f) => `  ${f}`).join('\n')}`)
  return Object.freeze(fromEnv(parsed.data))
}

/** What no variable shows alone. */
function conflicts(given: Record<string, string | undefined>): string[] {
  const { DATABASE_URL, NODE_ENV, HOST, TOKEN_KEY, CHECKPOINT_KEY, SMTP_URL, MAIL_FROM } = given
  const { TEMPORAL_ADDRESS, TEMPORAL_TLS_CERTIFICATE, TEMPORAL_TLS_KEY, TEMPORAL_TLS, TEMPORAL_TLS_CA, TEMPORAL_API_KEY } = given
  const isSecured = TEMPORAL_TLS_CERTIFICATE ?? TEMPORAL_TLS_KEY ?? TEMPORAL_TLS_CA ?? TEMPORAL_API_KEY
  const embedded = DATABASE_URL === undefined
  const hasTemporal = TEMPORAL_ADDRESS !== undefined && TEMPORAL_ADDRESS !== 'none'
  return [
    !hasTemporal && (isSecured ?? TEMPORAL_TLS) && 'TEMPORAL_ADDRESS is required with a key, a certificate or TLS for it',
    embedded && NODE_ENV === 'production' && 'DATABASE_URL is required in production: the embedded mode is for trying out',
    embedded && HOST && !isLoopback(HOST) && 'HOST must be a loopback address without a DATABASE_URL: the embedded mode has demo people',
    !TEMPORAL_TLS_CERTIFICATE !== !TEMPORAL_TLS_KEY && 'TEMPORAL_TLS_CERTIFICATE and TEMPORAL_TLS_KEY are required together',
    TEMPORAL_TLS === 'off' && isSecured && 'TEMPORAL_TLS cannot be off with a key or a certificate for it',
    !SMTP_URL !== !MAIL_FROM && 'SMTP_URL and MAIL_FROM are required together',
    embedded && SMTP_URL && 'SMTP_URL needs a DATABASE_URL: the embedded mode keeps its mail, see /dev/mailbox',
    !embedded && !TOKEN_KEY && 'TOKEN_KEY is required with a DATABASE_URL',
    !embedded && !CHECKPOINT_KEY && 'CHECKPOINT_KEY is required with a DATABASE_URL',
  ].filter((fault) => typeof fault === 'string')
}

function fromEnv(env: z.output<typeof Env>): Config {
  const host = env.HOST.includes(':') ? `[${env.HOST}]` : env.HOST
  const publicUrl = (env.PUBLIC_URL ?? `http://${host}:${env.PORT}`).replace(/\/+$/, '')
  return {
    production: env.NODE_ENV === 'production',
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL ?? null,
    redisUrl: env.REDIS_URL ?? null,
    smtp: env.SMTP_URL && env.MAIL_FROM ? Object.freeze({ url: env.SMTP_URL, from: Object.freeze(env.MAIL_FROM) }) : null,
    temporal: Object.freeze(temporalFrom(env)),
    appUrl: env.APP_URL?.replace(/\/+$/, '') ?? null,
    digestAfter: env.DIGEST_AFTER_SECONDS,
    roles: Object.freeze([...new Set(env.ROLES)]),
    publicUrl,
    allowedOrigins: Object.freeze(env.ALLOWED_ORIGINS ?? [new URL(publicUrl).origin]),
    tokenKey: env.TOKEN_KEY ?? null,
    tokenKeysBefore: Object.freeze(env.TOKEN_KEYS_BEFORE),
    checkpointKey: env.CHECKPOINT_KEY ?? null,
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
    sessionDays: env.SESSION_DAYS,
    logLevel: env.LOG_LEVEL,
    maxConnections: env.MAX_CONNECTIONS,
    rate: Object.freeze({ perSecond: env.RATE_PER_SECOND, burst: env.RATE_BURST }),
    socketRate: Object.freeze({
      perSecond: env.SOCKET_RATE_PER_SECOND ?? env.RATE_PER_SECOND * SOCKET_SHARE,
      burst: env.SOCKET_RATE_BURST ?? Math.ceil(env.RATE_BURST * SOCKET_SHARE),
    }),
    roomRate: Object.freeze({ perSecond: env.ROOM_RATE_PER_SECOND, burst: env.ROOM_RATE_BURST }),
    addressRate: Object.freeze({ perSecond: env.ADDRESS_RATE_PER_SECOND, burst: env.ADDRESS_RATE_BURST }),
    mostSockets: env.MAX_SOCKETS_PER_PERSON,
    signInsPerAddress: env.SIGN_INS_PER_ADDRESS,
    signInsPerEmail: env.SIGN_INS_PER_EMAIL,
    trustedProxies: env.TRUSTED_PROXIES,
    metricsToken: env.METRICS_TOKEN ?? null,
  }
}

function temporalFrom(env: z.output<typeof Env>): Config['temporal'] {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_TLS_CERTIFICATE: certificate, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_CA } = env
  const ca = TEMPORAL_TLS_CA ?? null
  const isSecured = env.TEMPORAL_TLS === 'on' || env.TEMPORAL_API_KEY !== undefined
  return {
    address: address === undefined || address === 'none' ? null : address,
    isBrought: address === undefined && env.DATABASE_URL === undefined,
    namespace: env.TEMPORAL_NAMESPACE,
    apiKey: env.TEMPORAL_API_KEY ?? null,
    tls: ca !== null || (certificate && key) ? { ca, pair: certificate && key ? { certificate, key } : null } : isSecured,
  }
}

/** May a page of this origin call us? In the embedded mode any page of this machine may. */
export function isAllowedOrigin(config: Pick<Config, 'allowedOrigins' | 'databaseUrl'>, origin: string): boolean {
  return config.allowedOrigins.includes(origin) || (config.databaseUrl === null && isOrigin(origin) && isLoopback(new URL(origin).hostname))
}

function url(protocol: RegExp, otherwise: string) {
  return z.string().refine((text) => URL.canParse(text) && protocol.test(new URL(text).protocol), otherwise)
}

/** `Name <address>`, or an address alone. */
function sender(text: string, check: z.RefinementCtx): Sender {
  const [, name = '', inside, alone] = /^(?:([^<>"\p{Cc}]*?)\s*<([^<>]+)>|([^<>]+))$/u.exec(text) ?? []
  const address = z
    .email()
    .max(254)
    .safeParse(inside ?? alone)
  if (address.success) return { name, address: address.data }
  check.addIssue({ code: 'custom', message: 'must be an address, or a name with one: Parley <parley@example.com>' })
  return z.NEVER
}

function signer(text: string, check: z.RefinementCtx): Signer {
  try {
    return signerFrom(pemOf(text))
  } catch {
    check.addIssue({ code: 'custom', message: KEY }) // the cause could quote the key
    return z.NEVER
  }
}

/** Of PEM (an environment file may hold its line ends as \n), of base64 of PEM, or of base64 of what PEM is base64 of. */
function pemOf(text: string): string {
  if (text.startsWith('-----')) return text.replaceAll('\\n', '\n')
  const decoded = Buffer.from(text, 'base64')
  const inner = decoded.toString('latin1')
  return inner.startsWith('-----') ? inner : `-----BEGIN PRIVATE KEY-----\n${decoded.toString('base64')}\n-----END PRIVATE KEY-----\n`
}

/** An environment file may hold its line ends as \n. */
function pemText(text: string, check: z.RefinementCtx): string {
  const pem = text.replaceAll('\\n', '\n')
  if (/^-----BEGIN [A-Z ]+-----\n[^-]+-----END [A-Z ]+-----/.test(pem)) return pem
  check.addIssue({ code: 'custom', message: 'must be PEM' }) // never quoted
  return z.NEVER
}

function publicKeys(text: string, check: z.RefinementCtx): PublicJwk[] {
  try {
    const { keys } = Jwks.parse(JSON.parse(text))
    for (const jwk of keys) createPublicKey({ key: { ...jwk }, format: 'jwk' })
    return keys
  } catch {
    check.addIssue({ code: 'custom', message: 'must be what /.well-known/jwks.json showed' })
    return z.NEVER
  }
}
