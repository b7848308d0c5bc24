import type { Pool } from 'pg'
import type { ApplicationId, RoomId } from '../../client-sdk/contract/index.ts'
import { read } from '../sql.ts'

/** Where the two cannot agree on something, or one of them has asked to cancel. */
const WAITS = `(disputed_at is not null or state like '%+%')`

/** The room of a deal of which something waits for an administrator. */
export async function waitingRoom(pool: Pool, applicationId: ApplicationId): Promise<RoomId | undefined> {
  const [row] = await read<{ room_id: RoomId }>(pool, 'waiting_room', `select room_id from application where id = $1 and ${WAITS}`, [
    applicationId,
  ])
  return row?.room_id
}

/** Whether this is the room of such a deal. */
export async function isWaiting(pool: Pool, roomId: RoomId): Promise<boolean> {
  const rows = await read(pool, 'is_waiting', `select 1 as yes from application where room_id = $1 and ${WAITS}`, [roomId])
  return rows.length > 0
}
