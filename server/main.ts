import { ParleyError } from '../client-sdk/contract/index.ts'
import { checkpointer, publishKey } from '../persistence/checkpoints.ts'
import { openDatabase } from '../persistence/database.ts'
import { assertDurable } from '../persistence/durability.ts'
import { checkEpoch } from '../persistence/epoch.ts'
import { follow } from '../persistence/followers.ts'
import { migrate } from '../persistence/migrate.ts'
import { openRedis, type Redis } from '../persistence/redis.ts'
import { searchIndexer } from '../persistence/search/indexer.ts'
import type { Line } from '../realtime/door.ts'
import { openHub } from '../realtime/hub.ts'
import { workflowAdmin } from '../workflows/admin.ts'
import { keepDevServer } from '../workflows/dev-server/keep.ts'
import { endDevServer } from '../workflows/dev-server/start.ts'
import { openTemporal, type Temporal } from '../workflows/engine.ts'
import { readSlowWork } from '../workflows/gauges.ts'
import { type Config, isAllowedOrigin, readConfig } from './config.ts'
import { house } from './ctx.ts'
import { banner } from './embedded/banner.ts'
import { openHome } from './embedded/home.ts'
import { seed } from './embedded/seed.ts'
import { foreseen } from './foreseen.ts'
import { front } from './front.ts'
import { createApp } from './http.ts'
import { limitsFrom } from './limits-from.ts'
import { createLog, type Log } from './log.ts'
import { openPost, type Post } from './mail/post.ts'
import { createMetrics } from './metrics/metrics.ts'
import type { Engine } from './route.ts'
import { createTokens } from './sessions/tokens.ts'
import { sweep } from './sweep/sweep.ts'
import { tally } from './tally.ts'

/** Where the embedded mode keeps everything, in the folder that it is started in. */
const HOME = '.data'
/** How long a request may still take when the process stops, in ms. */
const FAREWELL = 1_000
/** Connections that wait to be accepted: a crowd that is back at once must not be sent away. */
const BACKLOG = 4_096
/** How long a start waits for Redis, in ms. */
const REDIS_PATIENCE = 2_000
/** How far what can be searched is behind at most, normally, in ms. */
const SEARCH_POLL = 500
type Stop = () => Promise<void> | void
/** What has been started, the first first; it is stopped in the opposite order. */
const running: Stop[] = []

async function start(config: Config, log: Log, reset: boolean): Promise<string> {
  const home = config.databaseUrl === null ? await openHome(HOME, { reset, endOthers: () => endDevServer(HOME) }) : null
  if (home) running.push(home.close)
  const url = home?.databaseUrl ?? config.databaseUrl!
  const tokenKey = config.tokenKey ?? home!.tokenKey
  const checkpointKey = config.checkpointKey ?? home!.checkpointKey

  await checkEpoch(url)
  await migrate(url)
  const db = await openDatabase({ url, maxConnections: config.maxConnections })
  running.push(db.close)
  await assertDurable(db.pool)
  await publishKey(db.pool, checkpointKey)

  const tokens = createTokens({ signer: tokenKey, before: config.tokenKeysBefore, seconds: config.accessTokenSeconds })
  const redis = config.redisUrl === null ? null : await meetRedis(config.redisUrl, log)
  const temporal = openWorkflows(config, log)
  const parts = house(db, {
    tokens,
    limits: limitsFrom(config, redis),
    sessionDays: config.sessionDays,
    signer: checkpointKey,
    links: { publicUrl: config.publicUrl, app: config.appUrl },
    workflows: temporal && workflowAdmin(temporal.client, config.temporal.namespace),
  })
  if (home) await seed(parts)

  const has = (role: Config['roles'][number]) => config.roles.includes(role)
  const metrics = createMetrics(db)
  if (temporal) metrics.slowWork((patience) => readSlowWork(temporal.client(), config.temporal.namespace, patience))
  const post = openPost({
    ...{ smtp: config.smtp, isEmbedded: home !== null, isWorker: has('worker'), pool: db.pool, links: parts.links, log },
    carry: async (mailId) => (await temporal?.carry(mailId)) ?? false,
  })
  running.push(post.stop)
  if (has('worker')) {
    const followers = { checkpoints: follow(db, checkpointer(checkpointKey)), search: follow(db, searchIndexer, SEARCH_POLL) }
    for (const [name, following] of Object.entries(followers)) {
      metrics.follower(name, following)
      running.push(following.stop)
    }
    running.push(sweep(parts, sweepFailed(log)).stop)
    if (temporal) {
      temporal.work({ house: parts, mailer: post.mailer, digestAfter: config.digestAfter * 1_000, ended: metrics.activity })
      metrics.follower('workflows', temporal)
    }
  }

  const origin = (o: string) => isAllowedOrigin(config, o)
  const app = createApp(parts, {
    log,
    isAllowedOrigin: origin,
    engines: () => otherEngines(redis, post, temporal),
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
    api: has('api'),
    embedded: home !== null && has('api'),
    metrics: { metrics, token: config.metricsToken ?? (home ? null : undefined) },
  })
  const http = front(app)
  const failed = (error: unknown) => log.warn('hub', { error })
  if (has('realtime')) {
    const line = ({ error, ...fields }: Line) => {
      metrics.command(fields.command, fields.code, fields.ms)
      if (error === undefined) log.info('command', fields)
      else log.error('command', { ...fields, error })
    }
    const tell = tally((command, count) => log.warn('dropped', { command, count }))
    const dropped = (command: string) => {
      metrics.dropped(command)
      tell(command)
    }
    const { trustedProxies, mostSockets } = config
    const ports = { house: parts, isAllowedOrigin: origin, log: line, dropped, failed }
    const hub = openHub(http, { ...ports, redis, trustedProxies, mostSockets })
    metrics.sockets(() => hub.io.sockets.sockets.size)
    running.push(hub.close)
  } else {
    running.push(() => {
      setTimeout(() => http.closeAllConnections(), FAREWELL).unref()
      return new Promise((done) => http.close(() => done()))
    })
  }
  await new Promise<void>((done, fail) => {
    http.once('error', fail)
    http.listen({ port: config.port, host: config.host, backlog: BACKLOG }, done)
  })
  return banner(config.publicUrl, [postgresEngine(home), ...otherEngines(redis, post, temporal)], home !== null)
}

/** Null where Parley does without. The embedded mode brings its own server, and starts it again if it ends. */
function openWorkflows({ temporal: { address, isBrought, ...how } }: Config, log: Log): Temporal | null {
  if (address === null && !isBrought) return null
  const kept = address === null ? keepDevServer(HOME) : null
  if (kept) running.push(kept.close)
  const where = kept ? { address: kept.address, doing: kept.doing, from: `brought, in ${HOME}/` } : { address: async () => address! }
  const temporal = openTemporal({ ...how, ...where }, log)
  running.push(temporal.stop)
  return temporal
}

/** PostgreSQL that is away comes back; anything else somebody has to look at. */
const sweepFailed = (log: Log) => (error: unknown) => {
  const known = foreseen(error)
  log[known instanceof ParleyError && known.retryable ? 'warn' : 'error']('sweep', { error })
}

const postgresEngine = (home: { adopted: boolean } | null): Engine => {
  const embedded = home?.adopted ? `in ${HOME}/, adopted from a start that was killed` : `in ${HOME}/`
  return { name: 'PostgreSQL', on: true, why: home ? embedded : 'by DATABASE_URL' }
}

/** It may be away at the start and come back, or go: nothing but the news between nodes depends on it. */
async function meetRedis(url: string, log: Log): Promise<Redis> {
  const redis = openRedis(url)
  running.push(redis.close)
  await redis.settled(REDIS_PATIENCE)
  if (!redis.state().on) log.warn('redis', { on: false })
  redis.onChange(({ on }) => log.warn('redis', { on }))
  return redis
}

function redisEngine(redis: Redis | null): Engine {
  const name = 'Redis'
  if (!redis) return { name, on: false, why: 'no REDIS_URL; one process needs none' }
  const { on, since } = redis.state()
  if (on) return { name, on, why: 'by REDIS_URL' }
  return { name, on, why: `lost since ${since.toISOString()}; nodes hear each other through the database within a second` }
}

/** What Parley can run with, beside PostgreSQL, and why it does or does not. */
const otherEngines = (redis: Redis | null, post: Post, temporal: Temporal | null): Engine[] => [
  redisEngine(redis),
  post.engine(),
  temporal?.engine() ?? { name: 'Temporal', on: false, why: 'TEMPORAL_ADDRESS is none, or not set; deadlines are kept, reminders are not' },
  { name: 'mediasoup', on: false, why: 'this version has no calls yet' },
]

/** Settles when the start is over, well or badly. */
let starting: Promise<unknown> = Promise.resolve()
let stopping = false
async function stop(code: number, log: Log): Promise<void> {
  if (stopping) process.exit(1) // asked twice: at once
  stopping = true
  log.info('stopping', {})
  await starting // an engine that is only half started could not be stopped
  for (const close of running.toReversed()) {
    try {
      await close()
    } catch (error) {
      log.error('stop', { error })
    }
  }
  log.flush()
  process.exit(code)
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  // In the embedded mode the terminal belongs to the person: only what went wrong is said there.
  const log = createLog({ level: config.databaseUrl === null && !process.env.LOG_LEVEL ? 'warn' : config.logLevel })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0, log))
  try {
    const started = start(config, log, isReset(process.argv.slice(2), config))
    starting = started.catch(() => {})
    const text = await started
    if (stopping) return
    if (config.databaseUrl === null) console.log(text)
    else log.info('ready', { url: config.publicUrl, roles: config.roles })
  } catch (error) {
    console.error(explain(error, config))
    if (!stopping) await stop(1, log)
  }
}

/** Throws for what it does not know: a mistyped option must not start anything. */
function isReset(options: readonly string[], { databaseUrl }: Config): boolean {
  const unknown = options.find((option) => option !== '--reset')
  if (unknown) throw new Error(`There is no option ${unknown}. There is --reset, which starts over with an empty ${HOME}/.`)
  if (options.length > 0 && databaseUrl !== null)
    throw new Error('--reset is for the embedded mode; empty the database of DATABASE_URL yourself')
  return options.length > 0
}

function explain(error: unknown, { port, databaseUrl }: Config): string {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return `Port ${port} is taken. Free it, or set PORT to another.`
  const message = error instanceof Error ? error.message : String(error)
  if (databaseUrl === null || !(error instanceof Error && 'code' in error)) return message
  const remedy = REMEDIES[String(error.code)] ?? 'See docs/running.md for what DATABASE_URL needs.'
  return `PostgreSQL by DATABASE_URL: ${message || error.code}. ${remedy}`
}

/** By SQLSTATE or the socket's error. */
const REMEDIES: Record<string, string> = {
  ECONNREFUSED: 'It is not running there, or not reachable from here. Start it, then start Parley.',
  ENOTFOUND: 'There is no such host.',
  '3D000': 'Create the database first, see docs/running.md.',
  '28P01': 'The password is wrong.',
  '42501': 'Its user may not do that: own the database and be a member of parley_app and parley_eraser, see docs/running.md.',
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error) // the configuration's faults, all of them
  process.exitCode = 1
}
