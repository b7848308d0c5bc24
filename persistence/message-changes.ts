import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { canonical, type Json } from '../client-sdk/contract/canonical.ts'
import type { ActorKey, Message, RoomId, UserId } from '../client-sdk/contract/index.ts'
import type { Entry } from './log/entry.ts'
import { COLUMNS, type MessageRow, toMessage } from './messages.ts'
import { query, read } from './sql.ts'

/** Holds the room's log, and all that belongs to it, until the transaction ends: what is looked at then stays so. Its last seq. */
export async function lockStream(em: EntityManager, roomId: RoomId): Promise<number> {
  const [row] = await query<{ head: string }>(em, 'select lock_stream($1) as head', [roomId])
  return Number(row!.head)
}

/** A message, under the stream's lock. */
export async function lockedMessage(em: EntityManager, roomId: RoomId, seq: number): Promise<Message | undefined> {
  const [row] = await query<MessageRow>(
    em,
    `select ${COLUMNS} from message m join event e on e.stream_id = m.room_id and e.seq = m.seq where m.room_id = $1 and m.seq = $2`,
    [roomId, seq],
  )
  return row && toMessage(row)
}

/** Writes what an event of seq `message.rev` has made of a message. Its words stay in the log. */
export async function saveMessage(em: EntityManager, roomId: RoomId, message: Message): Promise<void> {
  const { seq, rev, editedAt, deleted, reactions } = message
  const kept = reactions.length === 0 ? null : canonical(reactions as unknown as Json)
  await query(em, 'update message set rev = $3, edited_at = $4, deleted = $5, reactions = $6 where room_id = $1 and seq = $2', [
    roomId,
    seq,
    rev,
    editedAt,
    deleted,
    kept,
  ])
}

export async function countEdits(em: EntityManager, roomId: RoomId, seq: number): Promise<number> {
  const [row] = await query<{ edits: string }>(em, 'select count(*) as edits from edit where room_id = $1 and message = $2', [roomId, seq])
  return Number(row!.edits)
}

/** The message's words are in this event from now on. */
export async function saveEdit(em: EntityManager, roomId: RoomId, seq: number, words: number): Promise<void> {
  await query(em, 'insert into edit (room_id, message, seq) values ($1, $2, $3)', [roomId, seq, words])
  await query(em, 'update message set words = $3 where room_id = $1 and seq = $2', [roomId, seq, words])
}

/** Who is named in a message is told so by nothing else. */
export async function saveMentions(em: EntityManager, roomId: RoomId, seq: number, users: readonly UserId[]): Promise<void> {
  await query(em, 'delete from mention where room_id = $1 and seq = $2', [roomId, seq])
  await query(em, 'insert into mention (user_id, room_id, seq) select u, $1, $2 from unnest($3::uuid[]) as u', [roomId, seq, users])
}

export async function savePin(em: EntityManager, roomId: RoomId, seq: number, since: number | null): Promise<void> {
  if (since === null) await query(em, 'delete from pin where room_id = $1 and seq = $2', [roomId, seq])
  else await query(em, 'insert into pin (room_id, seq, since) values ($1, $2, $3)', [roomId, seq, since])
}

/** Seqs of the pinned messages, in the order in which they were pinned, under the stream's lock. */
export async function lockedPins(em: EntityManager, roomId: RoomId): Promise<number[]> {
  const rows = await query<{ seq: string }>(em, 'select seq from pin where room_id = $1 order by since', [roomId])
  return rows.map((row) => Number(row.seq))
}

const COMMITTED = 'select 1 as yes from event where stream_id = $1 and actor_key = $2 and command_id = $3 and n = 0'
type By = Pick<Entry, 'streamId' | 'actor' | 'commandId'>
/** Whether the log has this command's first event. */
export const isCommitted = async (pool: Pool, { streamId, actor, commandId }: By): Promise<boolean> =>
  (await read(pool, 'is_committed', COMMITTED, [streamId, actor, commandId])).length > 0
/** The same, under the stream's lock. */
export const isCommittedIn = async (em: EntityManager, { streamId, actor, commandId }: By): Promise<boolean> =>
  (await query(em, COMMITTED, [streamId, actor, commandId])).length > 0

/**
 * Lets a member speak once in so many seconds, by PostgreSQL's clock, under the stream's lock: 0 for now, which counts from
 * now on, else in how many seconds.
 */
export async function mayWaitToSpeak(em: EntityManager, roomId: RoomId, actor: ActorKey, seconds: number): Promise<number> {
  const [refused] = await query<{ wait: number }>(
    em,
    `with let as (
       insert into spoke (room_id, actor_key, at) values ($1, $2, clock_timestamp())
       on conflict (room_id, actor_key) do update set at = excluded.at where spoke.at <= excluded.at - make_interval(secs => $3) returning 1)
     select greatest(1, ceil(extract(epoch from at + make_interval(secs => $3) - clock_timestamp())))::int as wait
       from spoke where room_id = $1 and actor_key = $2 and not exists (select from let)`,
    [roomId, actor, seconds],
  )
  return refused?.wait ?? 0
}
