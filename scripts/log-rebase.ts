import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '../persistence/embedded-postgres.ts'
import { rebase } from '../persistence/epoch.ts'

/** After a restore into another PostgreSQL cluster, once, with every Parley process stopped: see persistence/epoch.ts. */
async function main(): Promise<string> {
  const given = process.env.DATABASE_URL
  if (given) return tell(await rebase(given), 'the database of DATABASE_URL')
  const dataDir = join('.data', 'postgres')
  if (!existsSync(dataDir)) throw new Error(`There is no database: DATABASE_URL is not set, and ${dataDir} does not exist here`)
  const server = await startPostgres({ dataDir })
  try {
    return tell(await rebase(server.url), dataDir)
  } finally {
    if (!server.adopted) await server.stop()
  }
}

const tell = (offset: bigint | null, where: string): string =>
  offset === null
    ? `Nothing to do: the log in ${where} was written in this PostgreSQL cluster.`
    : `Done: the log in ${where} goes on in this PostgreSQL cluster, with transaction ids above ${offset}. Parley can start.`

try {
  console.log(await main())
} catch (error) {
  console.error(`The log was not rebased. ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
