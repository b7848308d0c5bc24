import { appendFileSync } from 'node:fs'
import { checkpointer, signerFrom } from '../../persistence/checkpoints.ts'
import { openDatabase } from '../../persistence/database.ts'
import { follow } from '../../persistence/followers.ts'
import { openHub } from '../../realtime/hub.ts'
import { createLog } from '../../server/log.ts'
import { tally } from '../../server/tally.ts'
import { openHouse } from '../fixtures.ts'
import { serve } from './child.ts'

/** The hub as production runs it: tokens and rights checked, a log line per command, checkpoints signed. Limits are out of reach. */
await serve(async (http, { databaseUrl, tokenKey, logFile }) => {
  const db = await openDatabase({ url: databaseUrl })
  const log = createLog({ write: (text) => appendFileSync(logFile, text) })
  const house = openHouse(db, tokenKey)
  const hub = openHub(http, {
    house,
    isAllowedOrigin: () => false,
    log: (line) => log.info('command', line),
    dropped: tally((command, count) => log.warn('dropped', { command, count })),
    failed: (error) => log.error('failed', { error }),
  })
  const checkpoints = follow(db, checkpointer(signerFrom(tokenKey)))
  return async () => {
    await checkpoints.stop()
    await hub.close()
    await db.close()
    log.flush()
  }
})
