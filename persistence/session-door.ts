import type { Pool } from 'pg'
import type { SessionId } from '../client-sdk/contract/index.ts'
import { batched } from './batched.ts'
import { read } from './sql.ts'

/** All of one moment. `head`: where the person's stream stands. `hidden`: they do not want to be seen. */
export type SessionDoor = { live: boolean; head: number; hidden: boolean }

/** Whether a session may come in. Undefined for an unknown one. */
export const sessionDoor = batched<SessionId, SessionDoor | undefined>({ id: String }, async (pool, ids) => {
  const rows = await read<{ id: SessionId; live: boolean; head: string; hidden: boolean }>(
    pool,
    'session_door',
    `select s.id, s.ended_at is null and s.ends_at > now() as live, st.last_seq as head, p.presence = 'hidden' as hidden
       from session s join stream st on st.id = s.person_id join person p on p.id = s.person_id where s.id = any($1::uuid[])`,
    [ids],
  )
  const doors = new Map(rows.map(({ id, live, head, hidden }) => [id, { live, head: Number(head), hidden }]))
  return ids.map((id) => doors.get(id))
})

/** Whether a session is neither over nor ended: an access token alone does not know of a sign-out. */
export const sessionIsLive = async (pool: Pool, sessionId: SessionId): Promise<boolean> =>
  (await sessionDoor(pool, sessionId))?.live === true
