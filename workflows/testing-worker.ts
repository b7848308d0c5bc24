import { signerFrom } from '../persistence/checkpoints.ts'
import { openDatabase } from '../persistence/database.ts'
import { given, say } from '../persistence/testing/child.ts'
import { house } from '../server/ctx.ts'
import { unlimited } from '../server/limits.ts'
import { createTokens } from '../server/sessions/tokens.ts'
import { openTemporal } from './engine.ts'
import { quiet } from './testing.ts'

export type OnlyTemporal = { url: string; address: string; key: string }

/** A worker without a sweep, in a process of its own: what happens at its time, Temporal alone has done. Says when it can reach it. */
async function main({ url, address, key }: OnlyTemporal): Promise<void> {
  const db = await openDatabase({ url })
  const signer = signerFrom(key)
  const h = house(db, { tokens: createTokens({ signer, seconds: 900 }), limits: unlimited(), sessionDays: 30, signer })
  const temporal = openTemporal({ address: async () => address, namespace: 'default', apiKey: null, tls: false }, quiet)
  temporal.work({ house: h, mailer: null, digestAfter: 900_000, ended: () => {} })
  const look = setInterval(() => {
    if (!temporal.engine().on) return
    clearInterval(look)
    say('on')
  }, 50)
}

if (import.meta.main) await main(given<OnlyTemporal>())
