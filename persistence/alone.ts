import type { Pool, PoolClient } from 'pg'
import { unavailable } from './unavailable.ts'

/** In ms: how long one waits for the others. */
const PATIENCE = 15_000

/**
 * Does something outside of PostgreSQL that no two may do at the same time, in whatever processes, by its name. No transaction is open
 * meanwhile; the lock goes with the connection, so that nobody holds it who is dead. Throws `server.unavailable` after 15 s of waiting.
 */
export async function alone<T>(pool: Pool, name: string, work: () => Promise<T>): Promise<T> {
  const client = await unavailable(pool.connect())
  const lost = () => {} // a connection that ends meanwhile says so by an event; the next query says it, too
  client.on('error', lost)
  const giveBack = (fault?: Error) => {
    client.off('error', lost)
    client.release(fault)
  }
  try {
    await unavailable(lock(client, name))
  } catch (error) {
    giveBack(error as Error)
    throw error
  }
  try {
    return await work()
  } finally {
    await unlock(client, name).then(() => giveBack(), giveBack)
  }
}

async function lock(client: PoolClient, name: string): Promise<void> {
  await client.query(`set lock_timeout = ${PATIENCE}`)
  await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
}

async function unlock(client: PoolClient, name: string): Promise<void> {
  await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
  await client.query('reset lock_timeout')
}
