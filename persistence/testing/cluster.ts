import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Database, openDatabase } from '../database.ts'
import { type PostgresServer, startPostgres } from '../embedded-postgres.ts'
import { migrate } from '../migrate.ts'

/** A PostgreSQL of the test's own: it may be killed, and transactions may stay open without holding up other tests. */
export type OwnCluster = {
  /** A new empty database in it; `migrated` unless said otherwise. */
  database(options?: { migrated: boolean }): Promise<string>
  /** As the superuser. The connection is closed with the cluster. */
  client(url: string): Promise<pg.Client>
  open(url: string): Promise<Database>
  /** What a power cut does; `restart` then recovers on the same port. */
  crash(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Under the test run's prefix, so that the next run clears away what a killed one left. */
const PREFIX = `parley-test-${process.pid}-`

export async function ownCluster(settings: Record<string, string> = {}): Promise<OwnCluster> {
  const home = await mkdtemp(join(tmpdir(), PREFIX))
  await chmod(home, 0o755)
  const start = () => startPostgres({ dataDir: join(home, 'postgres'), settings })
  let server: PostgresServer = await start()
  const clients: pg.Client[] = []
  const databases: Database[] = []
  const client = async (url: string) => {
    const connection = new pg.Client({ connectionString: url })
    connection.on('error', () => {}) // its server may be killed
    await connection.connect()
    clients.push(connection)
    return connection
  }
  return {
    client,
    crash: () => server.kill(),
    async restart() {
      server = await start()
    },
    async database({ migrated } = { migrated: true }) {
      const name = `t_${randomBytes(6).toString('hex')}`
      await (await client(server.url)).query(`create database ${name}`)
      const url = new URL(server.url)
      url.pathname = name
      if (migrated) await migrate(url.href)
      return url.href
    },
    async open(url) {
      const db = await openDatabase({ url })
      databases.push(db)
      return db
    },
    async stop() {
      await Promise.all(databases.map((db) => db.close()))
      await Promise.allSettled(clients.map((connection) => connection.end()))
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
