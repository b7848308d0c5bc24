import type { Pool } from 'pg'
import type { SessionId } from '../client-sdk/contract/index.ts'
import { batched } from './batched.ts'
import { read } from './sql.ts'

/** Whether a session may come in, and where its person's stream stands at that moment. Undefined for an unknown one. */
export const sessionDoor = batched<SessionId, { live: boolean; head: number } | undefined>({ id: String }, async (pool, ids) => {
  const rows = await read<{ id: SessionId; live: boolean; head: string }>(
    pool,
    'session_door',
    `select s.id, s.ended_at is null and s.ends_at > now() as live, st.last_seq as head
       from session s join stream st on st.id = s.person_id where s.id = any($1::uuid[])`,
    [ids],
  )
  const doors = new Map(rows.map(({ id, live, head }) => [id, { live, head: Number(head) }]))
  return ids.map((id) => doors.get(id))
})

/** Whether a session is neither over nor ended: an access token alone does not know of a sign-out. */
export const sessionIsLive = async (pool: Pool, sessionId: SessionId): Promise<boolean> =>
  (await sessionDoor(pool, sessionId))?.live === true
