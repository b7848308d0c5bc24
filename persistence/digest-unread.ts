import type { EntityManager } from '@mikro-orm/postgresql'
import type { RoomId, UserId } from '../client-sdk/contract/index.ts'
import { query } from './sql.ts'

/** What a room has for somebody that they have not read, and no digest has told of. What they said themselves, and what was taken back, is no news. */
export type UnreadRoom = {
  roomId: RoomId
  /** Null once erased. */
  title: string | null
  /** At most `MOST_COUNTED` + 1, and as many of these name the reader. */
  messages: number
  mentions: number
  /** Of the oldest, in ms; null where there is none. */
  age: number | null
  /** The room's, at the moment of the look. */
  count: number
  head: number
}
/** More than these are not counted: a room can have any number. */
export const MOST_COUNTED = 100

/** The rooms in which something is untold to this person, locked in one order: whoever comes second finds what the first has left. */
export async function lockUntold(em: EntityManager, userId: UserId): Promise<RoomId[]> {
  const rows = await query<{ room_id: RoomId }>(
    em,
    `select g.room_id from reading g join stream s on s.id = g.room_id
      where g.user_id = $1 and not g.muted and s.msg_count > greatest(g.n, g.mailed) order by g.room_id for no key update of g`,
    [userId],
  )
  return rows.map(({ room_id }) => room_id)
}

/** Of these rooms those that the person is in now. A statement of its own, as what is locked may be younger than the one that locked it. */
export async function untoldIn(em: EntityManager, userId: UserId, rooms: readonly RoomId[]): Promise<UnreadRoom[]> {
  type Row = Omit<UnreadRoom, 'roomId' | 'count' | 'head'> & { room_id: RoomId; count: string; head: string }
  const found = await query<Row>(
    em,
    `select g.room_id, (select personal::json ->> 'title' from event where stream_id = g.room_id and seq = 1) as title,
            x.messages, x.mentions, x.age, s.msg_count as count, s.last_seq as head
       from reading g join active_member m on m.room_id = g.room_id and m.user_id = g.user_id join stream s on s.id = g.room_id
      cross join lateral (
        select count(*)::int as messages, count(t.seq)::int as mentions, extract(epoch from clock_timestamp() - min(u.at))::float8 * 1000 as age
          from (select x.seq, e.at from message x join event e on e.stream_id = x.room_id and e.seq = x.seq
                 where x.room_id = g.room_id and x.seq > greatest(g.seq, g.mailed_seq)
                   and not x.deleted and e.personal is not null and e.actor_key <> m.actor_key
                 order by x.seq limit ${MOST_COUNTED + 1}) u
          left join mention t on t.user_id = g.user_id and t.room_id = g.room_id and t.seq = u.seq) x
      where g.user_id = $1 and g.room_id = any($2::uuid[])`,
    [userId, rooms],
  )
  return found.map(({ room_id: roomId, count, head, ...row }) => ({ ...row, roomId, count: Number(count), head: Number(head) }))
}

/** Writes down that all that was found is told. Under the rows' locks. */
export async function saveTold(em: EntityManager, userId: UserId, rooms: readonly UnreadRoom[]): Promise<void> {
  await query(
    em,
    `update reading g set mailed = k.n, mailed_seq = k.head from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as k (room_id, n, head)
      where g.user_id = $1 and g.room_id = k.room_id`,
    [userId, rooms.map(({ roomId }) => roomId), rooms.map(({ count }) => count), rooms.map(({ head }) => head)],
  )
}

/** What there is now, this person is never told of. The person's row is locked before. */
export async function passOver(em: EntityManager, userId: UserId): Promise<void> {
  await query(
    em,
    `with held as (
       select g.room_id, s.msg_count, s.last_seq from reading g join stream s on s.id = g.room_id
        where g.user_id = $1 and s.msg_count > g.mailed order by g.room_id for no key update of g)
     update reading g set mailed = h.msg_count, mailed_seq = h.last_seq from held h where g.user_id = $1 and g.room_id = h.room_id`,
    [userId],
  )
}
