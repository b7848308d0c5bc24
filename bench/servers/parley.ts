import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { checkpointer, signerFrom } from '../../persistence/checkpoints.ts'
import { openDatabase } from '../../persistence/database.ts'
import { follow } from '../../persistence/followers.ts'
import { openRedis } from '../../persistence/redis.ts'
import { searchIndexer } from '../../persistence/search/indexer.ts'
import { openHub } from '../../realtime/hub.ts'
import type { House } from '../../server/ctx.ts'
import { createApp } from '../../server/http.ts'
import { createLog, type Log } from '../../server/log.ts'
import { tally } from '../../server/tally.ts'
import { startDevServer } from '../../workflows/dev-server/start.ts'
import { openTemporal } from '../../workflows/engine.ts'
import { openHouse } from '../fixtures.ts'
import { serve } from './child.ts'

/** How long a start waits for Redis, and how often is looked for what is to be searched, as in production, in ms. */
const REDIS_PATIENCE = 2_000
const SEARCH_POLL = 500
/** How long something is unread before a mail tells of it, as in production, in ms. */
const DIGEST_AFTER = 900_000

/** A node as production runs it: REST and the hub, tokens and rights checked, a log line per command, checkpoints signed. Limits are out of reach. */
await serve(async (http, { databaseUrl, tokenKey, logFile, redisUrl, worker }) => {
  const db = await openDatabase({ url: databaseUrl })
  const log = createLog({ write: (text) => appendFileSync(logFile, text) })
  const house = openHouse(db, tokenKey)
  const redis = redisUrl === null ? null : openRedis(redisUrl)
  if (redis && !(await redis.settled(REDIS_PATIENCE)).on) throw new Error(`no Redis at ${redisUrl}`)
  const isAllowedOrigin = () => false
  http.on('request', getRequestListener(createApp(house, { log, isAllowedOrigin }).fetch))
  const hub = openHub(http, {
    house,
    isAllowedOrigin,
    redis,
    log: (line) => log.info('command', line),
    dropped: tally((command, count) => log.warn('dropped', { command, count })),
    failed: (error) => log.error('failed', { error }),
  })
  const followers = worker ? [follow(db, checkpointer(signerFrom(tokenKey))), follow(db, searchIndexer, SEARCH_POLL)] : []
  const stopSlowWork = worker ? await slowWork(house, log) : async () => {}
  return async () => {
    await stopSlowWork()
    for (const follower of followers) await follower.stop()
    await hub.close()
    redis?.close()
    await db.close()
    log.flush()
  }
})

/** What follows the log for Temporal, and its workers, with a Temporal of this node's own. */
async function slowWork(house: House, log: Log): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-temporal-'))
  const server = await startDevServer(folder)
  const temporal = openTemporal({ address: async () => server.address, namespace: 'default', apiKey: null, tls: false }, log)
  temporal.work({ house, mailer: null, digestAfter: DIGEST_AFTER, ended: () => {} })
  return async () => {
    await temporal.stop()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
