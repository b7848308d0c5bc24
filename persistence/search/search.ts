import type { Pool } from 'pg'
import type { ActorKey, RoomId, UserId } from '../../client-sdk/contract/index.ts'
import { instant } from '../log/read.ts'
import { read } from '../sql.ts'

/** Where a message is among those of several rooms: by time, and then by what is left to tell them apart. */
export type SearchPlace = { at: string; roomId: RoomId; seq: number }
export type Search = {
  userId: UserId
  /** For `websearch_to_tsquery`, see `question`. */
  query: string
  /** Null for all of their rooms. */
  roomId: RoomId | null
  author: ActorKey | null
  after: string | null
  before: string | null
  /** Only what comes after this place. */
  beyond: SearchPlace | null
  limit: number
}

/** Where the newest messages are that match and that this person may read, by one snapshot; newest first. */
export async function searchMessages(pool: Pool, search: Search): Promise<SearchPlace[]> {
  const { userId, query, roomId, author, after, before, beyond, limit } = search
  const rows = await read<{ at: string; room_id: RoomId; seq: string }>(
    pool,
    'search_messages',
    `select ${instant('h.at')} as at, h.room_id, h.seq
       from search_messages($1, $2, websearch_to_tsquery('english', $3), $4, $5, $6, $7, $8, $9, $10)
            with ordinality as h (room_id, seq, at, i) order by h.i`,
    [userId, roomId, query, author, after, before, beyond?.at, beyond?.roomId, beyond?.seq, limit],
  )
  return rows.map((row) => ({ at: row.at, roomId: row.room_id, seq: Number(row.seq) }))
}

/** Which of these rooms the person is a member of now. */
export async function roomsAmong(pool: Pool, userId: UserId, rooms: readonly RoomId[]): Promise<Set<RoomId>> {
  const mine = await read<{ room_id: RoomId }>(
    pool,
    'rooms_among',
    'select room_id from active_member where user_id = $1 and room_id = any($2::uuid[])',
    [userId, rooms],
  )
  return new Set(mine.map((row) => row.room_id))
}
