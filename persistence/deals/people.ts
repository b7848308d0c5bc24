import type { Pool } from 'pg'
import type { ActorKey, Role, RoomId } from '../../client-sdk/contract/index.ts'
import { read } from '../sql.ts'

/** Somebody as a room's log knows them: the role that they have there, or had last, and the name, which is null once erased. */
export type Known = { role: Role; name: string | null }

/** Those of these who are, or were, members of a room. */
export async function knownIn(pool: Pool, roomId: RoomId, keys: readonly ActorKey[]): Promise<Map<ActorKey, Known>> {
  const rows = await read<Known & { actor_key: ActorKey }>(
    pool,
    'known_in',
    `select m.actor_key, m.role, e.personal::json ->> 'name' as name
       from member m left join event e on e.stream_id = m.room_id and e.seq = m.since
      where m.room_id = $1 and m.actor_key = any($2::uuid[])`,
    [roomId, keys],
  )
  return new Map(rows.map(({ actor_key, role, name }) => [actor_key, { role, name }]))
}
