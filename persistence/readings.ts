import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import {
  type ActorKey,
  type InboxChange,
  type ReadMark,
  type Role,
  type RoomId,
  type RoomKind,
  type RoomSummary,
  SMALL_ROOM,
  type UserId,
} from '../client-sdk/contract/index.ts'
import { batched } from './batched.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** What of a room its member has not read, of stream s, reading g and the member's user_id. */
const UNREAD = `g.seq as read, greatest(s.msg_count - g.n, 0) as unread, g.muted,
  (select count(*) from mention t where t.user_id = g.user_id and t.room_id = g.room_id and t.seq > g.seq) as mentions`
type UnreadRow = { read: string; unread: string; mentions: string; muted: boolean }
const toUnread = ({ read, unread, mentions, muted }: UnreadRow) => ({
  read: Number(read),
  unread: Number(unread),
  mentions: Number(mentions),
  muted,
})

type Mark = { roomId: RoomId; userId: UserId; seq: number | null; muted: boolean | null }
const markId = ({ roomId, userId, seq, muted }: Mark) => `${roomId} ${userId} ${seq} ${muted}`
/** `isTold`: the room may know how far this member has read. */
export type Marked = InboxChange & { member: ActorKey; isTold: boolean }
/**
 * Moves a member's read mark on, never back and never beyond the room's end, or mutes the room; answers with what is unread then. What
 * was said while a room was muted, no digest tells.
 * Undefined for whoever is no member. Marks come in crowds, so those that come together are written together; rows are
 * locked in one order.
 */
export const mark = batched<Mark, Marked | undefined>({ id: markId }, async (pool, marks) => {
  type Row = UnreadRow & { user_id: UserId; room_id: RoomId; head: string; last_at: string | null; member: ActorKey; is_told: boolean }
  const rows = await read<Row>(
    pool,
    'mark',
    `with wanted as (
       select user_id, room_id, max(seq) as seq, (array_agg(muted order by i desc) filter (where muted is not null))[1] as muted
         from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::boolean[]) with ordinality as k (user_id, room_id, seq, muted, i)
        group by 1, 2),
     held as (
       select g.user_id, g.room_id, w.muted, case when w.seq is null then null else least(w.seq, s.last_seq) end as seq, s.msg_count, s.last_seq, s.last_at
         from wanted w join active_member m on m.room_id = w.room_id and m.user_id = w.user_id
         join reading g on g.user_id = w.user_id and g.room_id = w.room_id join stream s on s.id = w.room_id
        order by g.user_id, g.room_id for update of g),
     g as (
       update reading g set muted = coalesce(h.muted, g.muted), seq = greatest(g.seq, h.seq),
              mailed = case when g.muted and not h.muted then h.msg_count else g.mailed end,
              mailed_seq = case when g.muted and not h.muted then h.last_seq else g.mailed_seq end,
              n = case when h.seq > g.seq then coalesce(
                (select x.n from message x where x.room_id = g.room_id and x.seq <= h.seq order by x.seq desc limit 1), 0) else g.n end
         from held h where g.user_id = h.user_id and g.room_id = h.room_id returning g.*)
     select g.user_id, g.room_id, s.last_seq as head, ${instant('s.last_at')} as last_at, m.actor_key as member,
            m.since > 0 and r.told_members <= ${SMALL_ROOM} as is_told, ${UNREAD}
       from g join held s on s.user_id = g.user_id and s.room_id = g.room_id
       join member m on m.room_id = g.room_id and m.user_id = g.user_id join room r on r.id = g.room_id`,
    [marks.map((m) => m.userId), marks.map((m) => m.roomId), marks.map((m) => m.seq), marks.map((m) => m.muted)],
  )
  const found = new Map(rows.map((row) => [row.user_id + row.room_id, row]))
  return marks.map(({ userId, roomId }) => {
    const row = found.get(userId + roomId)
    if (!row) return undefined
    return { roomId, head: Number(row.head), lastAt: row.last_at, ...toUnread(row), member: row.member, isTold: row.is_told }
  })
})

/** Whoever has left more than so many unread has not read what others said, whoever it was. */
const FEW = 200
export type OwnWords = { roomId: RoomId; userId: UserId; seq: number }
/** Moves each author's mark on to what they said last, where all that others said before it was read. */
export async function readOwnWords(pool: Pool, said: readonly OwnWords[]): Promise<void> {
  await read(
    pool,
    'read_own_words',
    `with held as (
       select g.user_id, g.room_id, k.seq, x.n from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as k (user_id, room_id, seq)
         join reading g on g.user_id = k.user_id and g.room_id = k.room_id
         join message x on x.room_id = k.room_id and x.seq = k.seq
         join member m on m.room_id = k.room_id and m.user_id = k.user_id
        where g.seq < k.seq and x.n - g.n <= ${FEW} and not exists (
          select from message o join event e on e.stream_id = o.room_id and e.seq = o.seq
           where o.room_id = k.room_id and o.seq > g.seq and o.seq < k.seq and e.actor_key <> m.actor_key)
        order by g.user_id, g.room_id for update of g)
     update reading g set seq = h.seq, n = h.n from held h
      where g.user_id = h.user_id and g.room_id = h.room_id and g.seq < h.seq`,
    [said.map((s) => s.userId), said.map((s) => s.roomId), said.map((s) => s.seq)],
  )
}

/** A new member has read all that was there before them. Under the room's lock, before the stream's. */
export const startReading = (em: EntityManager, roomId: RoomId, userId: UserId): Promise<void> => startReadingAll(em, roomId, [userId])
/** The same for several, who all come at once. */
export async function startReadingAll(em: EntityManager, roomId: RoomId, users: readonly UserId[]): Promise<void> {
  await query(
    em,
    `insert into reading (user_id, room_id, seq, n) select u, id, last_seq, msg_count from stream, unnest($2::uuid[]) as u where id = $1
     on conflict (user_id, room_id) do update set seq = excluded.seq, n = excluded.n`,
    [roomId, users],
  )
}

/** How far the members whom the room knows have read, where it is small. */
export const readsOf = batched<RoomId, ReadMark[]>({ id: (roomId) => roomId }, async (pool, rooms) => {
  const rows = await read<{ room_id: RoomId; member: ActorKey; seq: string }>(
    pool,
    'reads_of',
    `select m.room_id, m.actor_key as member, g.seq from unnest($1::uuid[]) as k (id) join room r on r.id = k.id
       join active_member m on m.room_id = k.id join reading g on g.user_id = m.user_id and g.room_id = m.room_id
      where m.since > 0 and r.told_members <= $2`,
    [rooms, SMALL_ROOM],
  )
  const byRoom = Map.groupBy(rows, (row) => row.room_id)
  return rooms.map((roomId) => (byRoom.get(roomId) ?? []).map(({ member, seq }) => ({ member, seq: Number(seq) })))
})

/** Where a list of rooms goes on: behind the room of this id, which was last active then. */
export type After = { lastAt: string | null; roomId: RoomId }
type Wanted = { limit: number | null; after: After | null; previews: boolean }

/** The newest message of stream s that still says something, as JSON. */
const LAST = `(select json_build_object('seq', x.seq, 'author', e.actor_key, 'at', ${instant('e.at')},
    'words', coalesce((select w.personal from event w where w.stream_id = x.room_id and w.seq = x.words), e.personal))
   from message x join event e on e.stream_id = x.room_id and e.seq = x.seq
  where x.room_id = s.id and x.seq > s.last_seq - 100 and not x.deleted and e.personal is not null order by x.seq desc limit 1)`

type LastRow = { seq: number; author: ActorKey; at: string; words: string | null }
const PREVIEW = 140
function toPreview(last: LastRow | null): RoomSummary['last'] {
  if (!last?.words) return null
  const { text } = JSON.parse(last.words) as { text: string }
  return { seq: last.seq, author: last.author, at: last.at, text: [...text.slice(0, 2 * PREVIEW)].slice(0, PREVIEW).join('') }
}

/** $1, unseen by the planner: it would plan anew for each person, which takes longer than the query, and come to the same plan. */
const WHO = '(select $1::uuid)'
/** A person's rooms, the last active first, with what is unread in each: one query, however many there are. */
export async function roomsOf(pool: Pool, userId: UserId, { limit, after, previews }: Wanted): Promise<RoomSummary[]> {
  type Row = UnreadRow & {
    id: RoomId
    kind: RoomKind
    role: Role
    head: string
    title: string | null
    last_at: string | null
    last: LastRow | null
  }
  const rows = await read<Row>(
    pool,
    previews ? 'rooms_of_with_previews' : 'rooms_of',
    `select s.id, r.kind, s.role, s.last_seq as head, ${instant('s.last_at')} as last_at,
            (select personal::json ->> 'title' from event where stream_id = s.id and seq = 1) as title,
            coalesce(g.seq, 0) as read, greatest(s.msg_count - coalesce(g.n, 0), 0) as unread, coalesce(g.muted, false) as muted,
            coalesce(t.mentions, 0) as mentions, ${previews ? LAST : 'null'} as last
       from (
         select s.id, s.last_seq, s.last_at, s.msg_count, m.user_id, m.role from active_member m join stream s on s.id = m.room_id
          where m.user_id = ${WHO}
            and ($3::uuid is null or (coalesce(s.last_at, '-infinity'), s.id) < (coalesce($4::timestamptz, '-infinity'), $3::uuid))
          order by coalesce(s.last_at, '-infinity') desc, s.id desc limit $2) s
       join room r on r.id = s.id left join reading g on g.user_id = s.user_id and g.room_id = s.id
       left join (select t.room_id, count(*) as mentions from mention t join reading g on g.user_id = t.user_id and g.room_id = t.room_id
                   where t.user_id = ${WHO} and t.seq > g.seq group by 1) t on t.room_id = s.id
      order by coalesce(s.last_at, '-infinity') desc, s.id desc`,
    [userId, limit, after?.roomId ?? null, after?.lastAt ?? null],
  )
  return rows.map(({ id: roomId, kind, role, head, title, last_at: lastAt, last, ...row }) => {
    return { roomId, kind, title, role, head: Number(head), lastAt, ...toUnread(row), last: toPreview(last) }
  })
}

/**
 * What has become of these rooms for those of these people who are in them and whom the room knows, or, not `told`, whom it does
 * not know. Rooms that know of many members are left out.
 */
export async function inboxOf(
  pool: Pool,
  rooms: readonly RoomId[],
  users: readonly UserId[],
  told: boolean,
): Promise<Map<UserId, InboxChange[]>> {
  type Row = UnreadRow & { user_id: UserId; room_id: RoomId; head: string; last_at: string | null }
  const rows = await read<Row>(
    pool,
    'inbox_of',
    `select m.user_id, m.room_id, s.last_seq as head, ${instant('s.last_at')} as last_at, ${UNREAD}
       from unnest($1::uuid[]) as k (id) join room r on r.id = k.id join stream s on s.id = k.id
       join active_member m on m.room_id = k.id join reading g on g.user_id = m.user_id and g.room_id = m.room_id
      where r.told_members <= $3 and (m.since > 0) = $4 and m.user_id = any($2::uuid[])`,
    [rooms, users, SMALL_ROOM, told],
  )
  const changes = rows.map((row) => ({
    roomId: row.room_id,
    head: Number(row.head),
    lastAt: row.last_at,
    ...toUnread(row),
    userId: row.user_id,
  }))
  return new Map(
    Array.from(
      Map.groupBy(changes, (change) => change.userId),
      ([userId, its]) => [userId, its.map(({ userId: _, ...change }) => change)],
    ),
  )
}
