import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type {
  ActorKey,
  Checkpoint,
  Member,
  Role,
  RoomId,
  RoomKind,
  RoomSettings,
  Snapshot,
  Subject,
  UserId,
} from '../client-sdk/contract/index.ts'
import { defaultSettings } from '../client-sdk/contract/rooms/reduce.ts'
import { batched } from './batched.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

type StandingRow = {
  actor_key: ActorKey
  role: Role
  kind: RoomKind
  access_version: string
  slow_mode: number
  announcements_only: boolean
}
const settingsOf = (row: Pick<StandingRow, 'slow_mode' | 'announcements_only'>): RoomSettings => ({
  slowMode: row.slow_mode,
  announcementsOnly: row.announcements_only,
})

/** What a person is in a room now; undefined for whoever is no member. */
export async function standingOf(pool: Pool, roomId: RoomId, userId: UserId) {
  const [row] = await read<StandingRow>(
    pool,
    'standing',
    `select m.actor_key, m.role, r.kind, r.slow_mode, r.announcements_only, s.access_version
       from active_member m join room r on r.id = m.room_id join stream s on s.id = m.room_id
      where m.room_id = $1 and m.user_id = $2`,
    [roomId, userId],
  )
  if (!row) return undefined
  const { actor_key: actorKey, role, kind, access_version } = row
  return { roomId, userId, actorKey, role, kind, ...settingsOf(row), accessVersion: Number(access_version) }
}

type Among = { accessVersion: number; members: Map<UserId, { key: ActorKey; role: Role; told: boolean }> }

/** The room's access version now, and what those of these people are who are its members by it. `told`: the room knows them. */
export async function membersAmong(pool: Pool, roomId: RoomId, users: readonly UserId[]): Promise<Among> {
  const rows = await read<{ access_version: string; user_id: UserId | null; key: ActorKey; role: Role; told: boolean }>(
    pool,
    'members_among',
    `select s.access_version, m.user_id, m.actor_key as key, m.role, m.since > 0 as told from stream s
       left join active_member m on m.room_id = s.id and m.user_id = any($2::uuid[]) where s.id = $1`,
    [roomId, users],
  )
  const members = rows.flatMap(({ user_id, key, role, told }) => (user_id ? [[user_id, { key, role, told }] as const] : []))
  return { accessVersion: Number(rows[0]?.access_version ?? 0), members: new Map(members) }
}

/** All that a join needs to know of a room and the one who joins, of one moment. */
export type Door = {
  me: Member
  kind: RoomKind
  settings: RoomSettings
  /** How many members the room knows. */
  toldMembers: number
  /** How far they have read. */
  read: number
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
    told_members: number
    head: string
    since: string
    name: string | null
    past_hash: string | null
    read: string | null
    checkpoint: Checkpoint | null
  }
  const rows = await read<Row>(
    pool,
    'door',
    `select k.i::int, m.actor_key, m.role, m.since, r.kind, r.slow_mode, r.announcements_only, r.told_members, s.access_version, s.last_seq as head,
            case when m.since = 0 then (select name from person where id = m.user_id)
                 else (select personal::json ->> 'name' from event where stream_id = m.room_id and seq = m.since) end as name,
            (select encode(hash, 'hex') from event where stream_id = m.room_id and seq = k.known) as past_hash,
            (select g.seq from reading g where g.user_id = m.user_id and g.room_id = m.room_id) as read,
            (select json_build_object('stream', stream_id, 'seq', seq, 'hash', encode(hash, 'hex'), 'at', ${instant('at')},
                                      'keyId', key_id, 'signature', signature)
               from checkpoint where stream_id = m.room_id order by seq desc limit 1) as checkpoint
       from unnest($1::uuid[], $2::uuid[], $3::bigint[]) with ordinality as k (room_id, user_id, known, i)
       join active_member m on m.room_id = k.room_id and m.user_id = k.user_id
       join room r on r.id = m.room_id join stream s on s.id = m.room_id`,
    [keys.map((key) => key.roomId), keys.map((key) => key.userId), keys.map((key) => key.known)],
  )
  const doors = new Map(rows.map((row) => [row.i, toDoor(row)]))
  return keys.map((_key, i) => doors.get(i + 1))

  function toDoor(row: Row): Door {
    const me = { key: row.actor_key, role: row.role, since: Number(row.since), name: row.name }
    const { kind, checkpoint, past_hash: pastHash } = row
    const toldMembers = row.told_members
    const [head, read] = [Number(row.head), Number(row.read ?? 0)]
    return { me, kind, settings: settingsOf(row), toldMembers, read, accessVersion: Number(row.access_version), head, checkpoint, pastHash }
  }
})

const REASON = `e.personal::json ->> 'reason'`
/** Of the room `s.id`: the campaign or the application that it is of. */
const SUBJECT = `coalesce(
  (select json_build_object('kind', 'campaign', 'id', c.id, 'state', c.state, 'version', c.version, 'moved', c.moved, 'reason', ${REASON})
     from campaign c left join event e on e.stream_id = s.id and e.seq = c.moved where c.room_id = s.id),
  (select json_build_object('kind', 'application', 'id', a.id, 'state', a.state, 'version', a.version, 'moved', a.moved, 'reason', ${REASON})
     from application a left join event e on e.stream_id = s.id and e.seq = a.moved where a.room_id = s.id))`

type People = Omit<Snapshot, 'messages' | 'more'>
/** A room but for its messages, as it may be known; `asOf` is of the same moment. */
export async function peopleOf(pool: Pool, roomId: RoomId): Promise<People> {
  type Row = {
    as_of: string
    title: string | null
    slow_mode: number
    announcements_only: boolean
    subject: Subject | null
    pins: string[]
    members: Member[]
  }
  const [row] = await read<Row>(
    pool,
    'people_of',
    `select s.last_seq as as_of, r.slow_mode, r.announcements_only,
            (select personal::json ->> 'title' from event where stream_id = s.id and seq = 1) as title,
            ${SUBJECT} as subject,
            array(select p.seq from pin p where p.room_id = s.id order by p.since) as pins,
            (select coalesce(json_agg(json_build_object('key', m.actor_key, 'role', m.role, 'since', m.since, 'name', e.personal::json ->> 'name')), '[]')
               from member m left join event e on e.stream_id = m.room_id and e.seq = m.since
              where m.room_id = s.id and m.removed_at is null and m.since > 0) as members
       from stream s join room r on r.id = s.id where s.id = $1`,
    [roomId],
  )
  if (!row) return { asOf: 0, title: null, members: [], settings: defaultSettings, subject: null, pins: [] }
  const { title, members, subject, pins } = row
  return { asOf: Number(row.as_of), title, members, settings: settingsOf(row), subject, pins: pins.map(Number) }
}

/** Who sent these messages, by seq; what is no message of this room is left out. */
export async function authorsOf(pool: Pool, roomId: RoomId, seqs: readonly number[]): Promise<{ author: ActorKey; isMessage: boolean }[]> {
  const rows = await read<{ actor_key: ActorKey; is_message: boolean }>(
    pool,
    'authors_of',
    `select seq, actor_key, type = 'chat.messageSent' as is_message from event where stream_id = $1 and seq = any($2::bigint[])
        and type in ('chat.messageSent', 'application.submitted', 'application.statusChanged', 'offer.declined', 'offer.withdrawn',
          'offer.commented', 'deliverable.statusChanged', 'milestone.statusChanged')`,
    [roomId, seqs],
  )
  return rows.map(({ actor_key: author, is_message: isMessage }) => ({ author, isMessage }))
}

/** Blocked people among them: whoever is blocked is nobody's business here. */
const BY_KEY = `select actor_key, user_id from member
  where room_id = $1 and actor_key = any($2::uuid[]) and since > 0 and removed_at is null and user_id is not null`
type ByKey = { actor_key: ActorKey; user_id: UserId }
const byKey = (rows: readonly ByKey[]) => new Map(rows.map(({ actor_key, user_id }) => [actor_key, user_id]))

/** Which of these keys are members whom the room knows, and whose keys they are. */
export const membersByKey = async (pool: Pool, roomId: RoomId, keys: readonly ActorKey[]): Promise<Map<ActorKey, UserId>> =>
  byKey(await read<ByKey>(pool, 'members_by_key', BY_KEY, [roomId, keys]))

/** The same within a transaction: one that waited for a second connection could starve all the others. */
export const membersByKeyIn = async (em: EntityManager, roomId: RoomId, keys: readonly ActorKey[]): Promise<Map<ActorKey, UserId>> =>
  byKey(await query<ByKey>(em, BY_KEY, [roomId, keys]))
