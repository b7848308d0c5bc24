import { MikroORM, NativeQueryBuilder } from '@mikro-orm/postgresql'
import pg, { type Pool } from 'pg'
import { Application } from './entities/applications.ts'
import { Brand, Invitation, TeamMember } from './entities/brands.ts'
import { Campaign } from './entities/campaigns.ts'
import { Person, RefreshToken, Session } from './entities/people.ts'
import { Member, Room } from './entities/rooms.ts'
import { EventLog } from './event-log.ts'

export type Database = { orm: MikroORM; pool: Pool; log: EventLog; close(): Promise<void> }
type Options = { url: string; maxConnections?: number }

const entities = [Person, Session, RefreshToken, Room, Member, Brand, TeamMember, Invitation, Campaign, Application]

/**
 * What every connection of the program is set to. It acts as `parley_app`, whatever it signed in as. An open write holds
 * every follower of the cluster back, so none may last.
 */
const settings = {
  search_path: 'parley',
  role: 'parley_app',
  idle_in_transaction_session_timeout: '10s',
  lock_timeout: '3s',
  default_transaction_isolation: 'read\\ committed',
}

export const startupOptions = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')

/**
 * Whoever locks a row to change it leaves its key alone: what refers to it does not wait. A row that one transaction writes twice
 * has its references checked, whatever was written: that must not lock parents after children.
 */
class KeepingKeys extends NativeQueryBuilder {
  protected override addLockClause(): void {
    super.addLockClause()
    this.parts = this.parts.map((part) => (part === 'for update' ? 'for no key update' : part))
  }
}

/** PostgreSQL 17 brought it; before, only idle transactions are ended. */
const since17 = { transaction_timeout: '10s' }

/** Opens a migrated database; see `migrate`. */
export async function openDatabase({ url, maxConnections = 20 }: Options): Promise<Database> {
  const options = startupOptions({ ...settings, ...((await versionOf(url)) >= 17 && since17) })
  const orm = await MikroORM.init({
    entities,
    clientUrl: url,
    pool: { min: 0, max: maxConnections },
    driverOptions: {
      options,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
      application_name: 'parley',
    },
    ensureDatabase: false,
    debug: false,
    logger: () => {},
  })
  const platform = orm.em.getPlatform()
  platform.createNativeQueryBuilder = () => new KeepingKeys(platform)
  const pool: Pool = await orm.em.getConnection().getNativeClient()
  const log = new EventLog(pool)
  orm.em.getEventManager().registerSubscriber(log)
  const close = async () => {
    await orm.close(true)
    if (!pool.ending) await pool.end() // Kysely ends only a pool that it has used itself
  }
  return { orm, pool, log, close }
}

/** PostgreSQL's major version. */
async function versionOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`)
    return Math.floor(Number(rows[0]!.version) / 10_000)
  } finally {
    await client.end().catch(() => {})
  }
}
