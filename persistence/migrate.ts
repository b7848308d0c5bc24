import { readFileSync } from 'node:fs'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import pg from 'pg'
import { startupOptions } from './database.ts'
import { Spine } from './migrations/0001-spine.ts'
import { RoomsInFull } from './migrations/0002-rooms-in-full.ts'
import { Market } from './migrations/0003-market.ts'
import { Deals } from './migrations/0004-deals.ts'
import { SlowWork } from './migrations/0005-slow-work.ts'

const migrationsList = [
  { name: '0001-spine', class: Spine },
  { name: '0002-rooms-in-full', class: RoomsInFull },
  { name: '0003-market', class: Market },
  { name: '0004-deals', class: Deals },
  { name: '0005-slow-work', class: SlowWork },
]
/** Any number: whoever migrates a database of Parley's holds it. */
const LOCK = 7_271_959
const ROLES = ['parley_app', 'parley_eraser']

/**
 * Brings the schema to this version, as the role of the URL, which must own it. Starts that come at the same time wait
 * for each other on an advisory lock. Safe to run at every start.
 */
export const migrate = (url: string): Promise<void> =>
  locked(url, async (migrator, client) => {
    await migrator.up()
    await client.query(readFileSync(new URL('./sql/roles.sql', import.meta.url), 'utf8')) // always: a dump does not bring rights along
  })

/** Takes the schema down again, all of it or what came after `to`. For tests and for people who know what they lose. */
export const dangerouslyMigrateDown = (url: string, to: string | 0 = 0): Promise<void> =>
  locked(url, async (migrator) => void (await migrator.down({ to })))

async function locked(url: string, work: (migrator: Migrator, client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: startupOptions({ search_path: 'parley' }) })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    for (const role of ROLES) await createRole(client, role)
    const { rowCount } = await client.query(`select from pg_namespace where nspname = 'parley'`)
    if (!rowCount) await client.query('create schema parley') // asked first: `if not exists` wants the right to create one anyway
    const orm = await MikroORM.init({
      entities: [],
      discovery: { warnWhenNoEntities: false },
      schema: 'parley',
      clientUrl: url,
      driverOptions: { options: startupOptions({ search_path: 'parley' }) },
      extensions: [Migrator],
      migrations: { migrationsList, snapshot: false, silent: true },
      logger: () => {},
    })
    try {
      await work(orm.migrator as Migrator, client)
    } finally {
      await orm.close(true)
    }
  } finally {
    await client.end() // and with it the lock
  }
}

/** Roles belong to the cluster: another database of it may have made them, even at this moment. */
async function createRole(client: pg.Client, role: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
  if (rowCount) return
  await client.query(
    `do $$ begin create role ${role} nologin; grant ${role} to current_user; exception when duplicate_object or unique_violation then null; end $$`,
  )
}
