import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { CreatePerson, newId } from '../client-sdk/contract/index.ts'
import { openDatabase } from '../persistence/database.ts'
import { readConfig } from '../server/config.ts'
import { house, systemContext } from '../server/ctx.ts'
import { unlimited } from '../server/limits.ts'
import { createPerson } from '../server/people/create-person.ts'
import { createTokens } from '../server/sessions/tokens.ts'

/**
 * Makes an account, the first of a new installation above all, with the server's own environment:
 * `npm run person:add -- --email you@example.com --name You --role admin < file-with-the-password`
 */
async function main(): Promise<string> {
  const { email, name, role } = parseArgs({
    options: { email: { type: 'string' }, name: { type: 'string' }, role: { type: 'string' } },
  }).values
  const config = readConfig(process.env)
  if (!config.databaseUrl || !config.tokenKey)
    throw new Error('Set DATABASE_URL and the keys, as for the server. The embedded mode has demo people.')
  const password = (process.env.PASSWORD ?? (await text(process.stdin))).trim()
  const input = CreatePerson.safeParse({ commandId: newId(), email, name, role, password })
  if (!input.success) throw new Error(input.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))

  const db = await openDatabase({ url: config.databaseUrl, maxConnections: 2 })
  try {
    const signer = config.tokenKey
    const tokens = createTokens({ signer, seconds: config.accessTokenSeconds })
    const parts = house(db, { tokens, limits: unlimited(), sessionDays: config.sessionDays, signer })
    const { userId } = await createPerson(systemContext(parts), input.data)
    return `${input.data.email} is ${userId}, ${input.data.role}`
  } finally {
    await db.close()
  }
}

try {
  console.log(await main())
} catch (error) {
  console.error(`Nobody was added. ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
