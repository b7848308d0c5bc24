import { appendFileSync } from 'node:fs'
import { getRequestListener } from '@hono/node-server'
import { checkpointer, signerFrom } from '../../persistence/checkpoints.ts'
import { openDatabase } from '../../persistence/database.ts'
import { follow } from '../../persistence/followers.ts'
import { openRedis } from '../../persistence/redis.ts'
import { searchIndexer } from '../../persistence/search/indexer.ts'
import { openHub } from '../../realtime/hub.ts'
import { createApp } from '../../server/http.ts'
import { createLog } from '../../server/log.ts'
import { tally } from '../../server/tally.ts'
import { openHouse } from '../fixtures.ts'
import { serve } from './child.ts'

/** How long a start waits for Redis, and how often is looked for what is to be searched, as in production, in ms. */
const REDIS_PATIENCE = 2_000
const SEARCH_POLL = 500

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
  return async () => {
    for (const follower of followers) await follower.stop()
    await hub.close()
    redis?.close()
    await db.close()
    log.flush()
  }
})
