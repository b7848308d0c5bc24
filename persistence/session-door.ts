import type { Pool } from 'pg'
import type { SessionId } from '../client-sdk/contract/index.ts'
import { read } from './sql.ts'

/** Whether a session may come in, and where its person's stream stands at that moment. Undefined for an unknown one. */
export async function sessionDoor(pool: Pool, sessionId: SessionId): Promise<{ live: boolean; head: number } | undefined> {
  const [row] = await read<{ live: boolean; head: string }>(
    pool,
    'session_door',
    `select s.ended_at is null and s.ends_at > now() as live, st.last_seq as head
       from session s join stream st on st.id = s.person_id where s.id = $1`,
    [sessionId],
  )
  return row && { live: row.live, head: Number(row.head) }
}
