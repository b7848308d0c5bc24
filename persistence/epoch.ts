import pg from 'pg'
import { startupOptions } from './database.ts'

/**
 * Transaction ids order the log for its followers, and they start low again in a cluster made by a logical restore: new
 * events would sort before old ones, and followers would never see them. So each cluster has an offset, and a start on one
 * that has none is refused.
 */
const NOW = `select (select system_identifier from pg_control_system())::text as here,
  (select system_identifier from log_epoch order by tx_offset desc limit 1)::text as known`

/**
 * Throws where this database was restored into another cluster and not rebased yet; an empty one is in order. Comes before
 * `migrate`, which must not touch such a database either. Needs the URL of the schema's owner.
 */
export const checkEpoch = (url: string): Promise<void> =>
  asOwner(url, async (client) => {
    const { rows } = await client.query<{ empty: boolean }>(`select to_regclass('parley.log_epoch') is null as empty`)
    if (rows[0]!.empty) return
    const { here, known } = (await client.query<{ here: string; known: string }>(NOW)).rows[0]!
    if (here === known) return
    throw new Error(
      `This database was restored into another PostgreSQL cluster (${here}; its log was written in ${known}). ` +
        'Stop every Parley process on it, then run `npm run log:rebase` once.',
    )
  })

/**
 * Puts this cluster's transaction ids above everything in the log. Returns the new offset, or null where nothing was to be
 * done. No other process may be writing: the lock waits for those that are.
 */
export const rebase = (url: string): Promise<bigint | null> =>
  asOwner(url, async (client) => {
    await client.query('begin; lock table log_epoch, stream in exclusive mode')
    const { here, known } = (await client.query<{ here: string; known: string }>(NOW)).rows[0]!
    if (here === known) return null
    const { rows } = await client.query<{ tx_offset: string }>(
      `insert into log_epoch (system_identifier, tx_offset)
       select $1, 1 + greatest((select max(tx) from event), (select max(last_tx) from stream), (select max(tx) from follower), (select max(tx_offset) from log_epoch))
       on conflict (system_identifier) do update set tx_offset = excluded.tx_offset, since = now() returning tx_offset`,
      [here],
    )
    await client.query('commit')
    return BigInt(rows[0]!.tx_offset)
  })

async function asOwner<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, options: startupOptions({ search_path: 'parley' }) })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
