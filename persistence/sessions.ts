import type { Pool } from 'pg'
import type { SessionId } from '../client-sdk/contract/index.ts'
import { read } from './sql.ts'

/** Whether a session is neither over nor ended, at this moment: an access token alone does not know of a sign-out. */
export async function sessionIsLive(pool: Pool, sessionId: SessionId): Promise<boolean> {
  const rows = await read(pool, 'session_is_live', 'select 1 from session where id = $1 and ended_at is null and ends_at > now()', [
    sessionId,
  ])
  return rows.length > 0
}
