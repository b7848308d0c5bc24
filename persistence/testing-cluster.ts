import { readdirSync, rmSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from './embedded-postgres.ts'
import { isAlive } from './processes.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's address of the run's PostgreSQL. Every test file makes a database of its own in it. */
    postgresUrl: string
  }
}

const PREFIX = 'parley-test-'

/** One PostgreSQL for the whole run. Forked test processes find it in the environment too. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned()
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  await chmod(home, 0o755) // as root, PostgreSQL's own account has to get in
  const server = await startPostgres({ dataDir: join(home, 'postgres'), settings: { max_connections: '300' } })
  project.provide('postgresUrl', server.url)
  process.env.PARLEY_TEST_POSTGRES_URL = server.url
  const end = async () => {
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => void end().finally(() => process.exit(1))) // vitest ends at once, without its teardowns
  }
  return end
}

/** Of runs that were killed. A PostgreSQL that still runs there ends within a minute of losing its lock file. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((n) => n.startsWith(PREFIX))) {
    const owner = Number.parseInt(name.slice(PREFIX.length), 10)
    if (!isAlive(owner)) await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 5 })
  }
}
