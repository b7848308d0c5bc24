import type { Pool } from 'pg'

/** Throws where PostgreSQL says "committed" before it is on disk: then "acknowledged" would be a lie. */
export async function assertDurable(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ fsync: string; commit: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  )
  const faults = [rows[0]!.fsync === 'off' && 'fsync = off', rows[0]!.commit === 'off' && 'synchronous_commit = off'].filter(Boolean)
  if (faults.length > 0) throw new Error(`PostgreSQL runs with ${faults.join(' and ')}: it would lose what was acknowledged. Turn it on.`)
}
