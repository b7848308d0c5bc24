import type { Pool } from 'pg'
import type {
  ActorKey,
  Checkpoint,
  Member,
  Message,
  MessagePage,
  Role,
  RoomId,
  RoomKind,
  RoomSummary,
  UserId,
} from '../client-sdk/contract/index.ts'
import { batched } from './batched.ts'
import { instant } from './log/read.ts'
import { read } from './sql.ts'

type StandingRow = { actor_key: ActorKey; role: Role; kind: RoomKind; access_version: string }

/** What a person is in a room now; undefined for whoever is no member. */
export async function standingOf(pool: Pool, roomId: RoomId, userId: UserId) {
  const [row] = await read<StandingRow>(
    pool,
    'standing',
    `select m.actor_key, m.role, r.kind, s.access_version from member m join room r on r.id = m.room_id join stream s on s.id = m.room_id
      where m.room_id = $1 and m.user_id = $2 and m.removed_at is null`,
    [roomId, userId],
  )
  if (!row) return undefined
  return { roomId, userId, actorKey: row.actor_key, role: row.role, kind: row.kind, accessVersion: Number(row.access_version) }
}

/** The room's access version now, and who of these people are its members by it. */
export async function membersAmong(
  pool: Pool,
  roomId: RoomId,
  users: readonly UserId[],
): Promise<{ accessVersion: number; members: Set<UserId> }> {
  const rows = await read<{ access_version: string; user_id: UserId | null }>(
    pool,
    'members_among',
    `select s.access_version, m.user_id from stream s
       left join member m on m.room_id = s.id and m.user_id = any($2::uuid[]) and m.removed_at is null where s.id = $1`,
    [roomId, users],
  )
  const members = rows.flatMap(({ user_id }) => (user_id ? [user_id] : []))
  return { accessVersion: Number(rows[0]?.access_version ?? 0), members: new Set(members) }
}

/** All that a join needs to know of a room and the one who joins, of one moment. */
export type Door = {
  me: Member
  kind: RoomKind
  accessVersion: number
  head: number
  checkpoint: Checkpoint | null
  /** The log's hash at `known`; null where it does not reach that far. */
  pastHash: string | null
}

type DoorKey = { roomId: RoomId; userId: UserId; known: number | null }

const doorId = ({ roomId, userId, known }: DoorKey) => `${roomId} ${userId} ${known}`
/** Undefined for whoever is no member. */
export const doorOf = batched<DoorKey, Door | undefined>({ id: doorId }, async (pool, keys) => {
  type Row = StandingRow & {
    i: number
    head: string
    since: string
    name: string | null
    past_hash: string | null
    checkpoint: Checkpoint | null
  }
  const rows = await read<Row>(
    pool,
    'door',
    `select k.i::int, m.actor_key, m.role, m.since, r.kind, s.access_version, s.last_seq as head,
            case when m.since = 0 then (select name from person where id = m.user_id)
                 else (select personal::json ->> 'name' from event where stream_id = m.room_id and seq = m.since) end as name,
            (select encode(hash, 'hex') from event where stream_id = m.room_id and seq = k.known) as past_hash,
            (select json_build_object('stream', stream_id, 'seq', seq, 'hash', encode(hash, 'hex'), 'at', ${instant('at')},
                                      'keyId', key_id, 'signature', signature)
               from checkpoint where stream_id = m.room_id order by seq desc limit 1) as checkpoint
       from unnest($1::uuid[], $2::uuid[], $3::bigint[]) with ordinality as k (room_id, user_id, known, i)
       join member m on m.room_id = k.room_id and m.user_id = k.user_id and m.removed_at is null
       join room r on r.id = m.room_id join stream s on s.id = m.room_id`,
    [keys.map((key) => key.roomId), keys.map((key) => key.userId), keys.map((key) => key.known)],
  )
  const doors = new Map(rows.map((row) => [row.i, toDoor(row)]))
  return keys.map((_key, i) => doors.get(i + 1))

  function toDoor(row: Row): Door {
    const me = { key: row.actor_key, role: row.role, since: Number(row.since), name: row.name }
    const { kind, checkpoint, past_hash: pastHash } = row
    return { me, kind, accessVersion: Number(row.access_version), head: Number(row.head), checkpoint, pastHash }
  }
})

type MessageRow = { seq: string; rev: string; id: string; author: ActorKey; at: string; personal: string | null }

/** Messages of a room, newest first; `asOf` is of the same moment. */
export async function messagesBefore(pool: Pool, roomId: RoomId, before: number | null, limit: number): Promise<MessagePage> {
  const rows = await read<{ as_of: string } & { [K in keyof MessageRow]: MessageRow[K] | null }>(
    pool,
    'messages_before',
    `select s.last_seq as as_of, p.* from stream s
       left join lateral (
         select m.seq, m.rev, e.id, e.actor_key as author, ${instant('e.at')} as at, e.personal
           from (select room_id, seq, rev from message where room_id = $1 and seq < $2 order by message.seq desc limit $3) m
           join event e on e.stream_id = m.room_id and e.seq = m.seq) p on true
      where s.id = $1 order by p.seq desc`,
    [roomId, before ?? Number.MAX_SAFE_INTEGER, limit + 1],
  )
  const messages = rows.flatMap((row) => (row.seq === null ? [] : [toMessage(row as MessageRow)]))
  return { asOf: Number(rows[0]?.as_of ?? 0), messages: messages.slice(0, limit), more: messages.length > limit }
}

const toMessage = ({ seq, rev, id, author, at, personal }: MessageRow): Message => ({
  id: id as Message['id'],
  seq: Number(seq),
  rev: Number(rev),
  author,
  at,
  text: personal === null ? null : (JSON.parse(personal) as { text: string }).text,
})

/** Who is in a room, as the room may know it, and its title; `asOf` is of the same moment. */
export async function peopleOf(pool: Pool, roomId: RoomId): Promise<{ asOf: number; title: string | null; members: Member[] }> {
  const rows = await read<{ as_of: string; title: string | null; key: ActorKey | null; role: Role; since: string; name: string | null }>(
    pool,
    'people_of',
    `select s.last_seq as as_of, (select personal::json ->> 'title' from event where stream_id = s.id and seq = 1) as title,
            m.actor_key as key, m.role, m.since, (select personal::json ->> 'name' from event where stream_id = s.id and seq = m.since) as name
       from stream s left join member m on m.room_id = s.id and m.removed_at is null and m.since > 0 where s.id = $1`,
    [roomId],
  )
  const members = rows.flatMap(({ key, role, since, name }) => (key ? [{ key, role, since: Number(since), name }] : []))
  return { asOf: Number(rows[0]?.as_of ?? 0), title: rows[0]?.title ?? null, members }
}

/** A person's rooms, the last active first. */
export async function roomsOf(pool: Pool, userId: UserId): Promise<RoomSummary[]> {
  const rows = await read<{ id: RoomId; kind: RoomKind; role: Role; head: string; title: string | null; last_at: string | null }>(
    pool,
    'rooms_of',
    `select r.id, r.kind, m.role, s.last_seq as head, ${instant('s.last_at')} as last_at,
            (select personal::json ->> 'title' from event where stream_id = r.id and seq = 1) as title
       from member m join room r on r.id = m.room_id join stream s on s.id = r.id
      where m.user_id = $1 and m.removed_at is null order by s.last_at desc nulls last, r.id`,
    [userId],
  )
  return rows.map(({ id: roomId, head, last_at: lastAt, kind, role, title }) => ({ roomId, kind, title, role, head: Number(head), lastAt }))
}

/** Who sent these messages, by seq; what is no message of this room is left out. */
export async function authorsOf(pool: Pool, roomId: RoomId, seqs: readonly number[]): Promise<Map<number, ActorKey>> {
  const rows = await read<{ seq: string; actor_key: ActorKey }>(
    pool,
    'authors_of',
    `select seq, actor_key from event where stream_id = $1 and seq = any($2::bigint[]) and type = 'chat.messageSent'`,
    [roomId, seqs],
  )
  return new Map(rows.map(({ seq, actor_key }) => [Number(seq), actor_key]))
}
