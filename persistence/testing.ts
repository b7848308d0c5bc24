import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { migrate } from './migrate.ts'

const TEMPLATE = 'parley_template'
/** Any number: whoever makes the template, or a copy of it, holds it. */
const LOCK = 7_271_960

/** `url` is the superuser's, for tests that look behind the program's back. `close` drops the database and may be called again. */
export type TestDatabase = { db: Database; url: string; close(): Promise<void> }

/** A fresh, migrated, empty database in the run's cluster. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const cluster = inject('postgresUrl')
  const name = `t_${randomBytes(8).toString('hex')}`
  const url = inCluster(cluster, name)
  await asSuperuser(cluster, async (client) => {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await makeTemplate(client, cluster)
    await client.query(`create database ${name} template ${TEMPLATE}`)
  })
  const db = await openDatabase({ url })
  let closed: Promise<void> | undefined
  const close = async () => {
    await db.close()
    await asSuperuser(cluster, (client) => client.query(`drop database if exists ${name} with (force)`))
  }
  return {
    db,
    url,
    close() {
      closed ??= close()
      return closed
    },
  }
}

/** It is marked as a template only when it is whole: one that a killed run left half made is made again. */
async function makeTemplate(client: pg.Client, cluster: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1 and datistemplate', [TEMPLATE])
  if (rowCount) return
  await client.query(`drop database if exists ${TEMPLATE} with (force)`)
  await client.query(`create database ${TEMPLATE}`)
  await migrate(inCluster(cluster, TEMPLATE))
  await client.query(`alter database ${TEMPLATE} is_template true`)
}

function inCluster(cluster: string, name: string): string {
  const url = new URL(cluster)
  url.pathname = name
  return url.href
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end() // and with it the lock
  }
}
