import type { Pool } from 'pg'
import type { ActorKey, Message, MessagePage, Reaction, RoomId, Version } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { read } from './sql.ts'

export type MessageRow = {
  seq: string
  rev: string
  id: string
  author: ActorKey
  at: string
  deal: string | null
  words: string | null
  edited_at: string | null
  deleted: boolean
  replies: number
  reactions: string | null
}

/** A message as it stands, of `message` as m and its event as e. Its words are where it was last edited, or in its own event. */
export const COLUMNS = `m.seq, m.rev, e.id, e.actor_key as author, ${instant('e.at')} as at, e.deal, m.deleted, m.replies, m.reactions,
  ${instant('m.edited_at')} as edited_at,
  case when m.deleted then null when m.words is null then e.personal
       else (select w.personal from event w where w.stream_id = m.room_id and w.seq = m.words) end as words`

export function toMessage(row: MessageRow): Message {
  const reply = row.deal === null ? null : (JSON.parse(row.deal) as { replyTo: number; thread: number })
  return {
    id: row.id as Message['id'],
    seq: Number(row.seq),
    rev: Number(row.rev),
    author: row.author,
    at: row.at,
    text: row.words === null ? null : (JSON.parse(row.words) as { text: string }).text,
    editedAt: row.edited_at,
    deleted: row.deleted,
    replyTo: reply?.replyTo ?? null,
    thread: reply?.thread ?? null,
    replies: row.replies,
    reactions: row.reactions === null ? [] : (JSON.parse(row.reactions) as Reaction[]),
  }
}

/** One side of a place in the history: messages below or above a seq, in a thread or in all of the room. */
type Side = { direction: 'below' | 'above'; seq: number; thread: number | null; limit: number }
const ENDS = { below: ['<', 'desc'], above: ['>', 'asc'] } as const

/** Messages on one side of a seq, the nearest first; `asOf` is of the same moment. */
async function side(pool: Pool, roomId: RoomId, { direction, seq, thread, limit }: Side): Promise<{ asOf: number; messages: Message[] }> {
  const [is, order] = ENDS[direction]
  const inThread = thread === null ? '' : 'and thread = $4'
  const rows = await read<{ as_of: string } & { [K in keyof MessageRow]: MessageRow[K] | null }>(
    pool,
    `messages_${direction}${thread === null ? '' : '_in_thread'}`,
    `select s.last_seq as as_of, p.* from stream s
       left join lateral (
         select ${COLUMNS}
           from (select * from message where room_id = $1 and seq ${is} $2 ${inThread} order by message.seq ${order} limit $3) m
           join event e on e.stream_id = m.room_id and e.seq = m.seq) p on true
      where s.id = $1 order by p.seq ${order}`,
    [roomId, seq, limit, ...(thread === null ? [] : [thread])],
  )
  return { asOf: Number(rows[0]?.as_of ?? 0), messages: rows.flatMap((row) => (row.seq === null ? [] : [toMessage(row as MessageRow)])) }
}

/** A place in the history: below `before`, above `after`, or on both sides of `around`, itself among those above. */
export type Place = { before?: number; after?: number; around?: number; thread?: number | null; limit: number }

/** Messages of a place, newest first. */
export async function messagesOf(pool: Pool, roomId: RoomId, { before, after, around, thread = null, limit }: Place): Promise<MessagePage> {
  if (around !== undefined) return messagesAround(pool, roomId, { around, thread, limit })
  const direction = after !== undefined && before === undefined ? 'above' : 'below'
  const seq = (direction === 'above' ? after : before) ?? Number.MAX_SAFE_INTEGER
  const { asOf, messages } = await side(pool, roomId, { direction, seq, thread, limit: limit + 1 })
  const isCut = messages.length > limit
  const page = messages.slice(0, limit)
  if (direction === 'below') return { asOf, messages: page, more: isCut, newer: before !== undefined }
  return { asOf, messages: page.reverse(), more: after! > 0, newer: isCut }
}

async function messagesAround(
  pool: Pool,
  roomId: RoomId,
  { around, thread, limit }: { around: number; thread: number | null; limit: number },
): Promise<MessagePage> {
  const half = Math.ceil(limit / 2)
  const above = await side(pool, roomId, { direction: 'above', seq: around - 1, thread, limit: half + 1 })
  const older = limit - Math.min(half, above.messages.length)
  const below = await side(pool, roomId, { direction: 'below', seq: around, thread, limit: older + 1 })
  return {
    asOf: Math.min(above.asOf, below.asOf), // applying again what a part shows already changes nothing
    messages: [...above.messages.slice(0, half).reverse(), ...below.messages.slice(0, older)],
    more: below.messages.length > older,
    newer: above.messages.length > half,
  }
}

/** The seq of a room's first event at or after a moment, or of the next to come. */
export async function seqAt(pool: Pool, roomId: RoomId, at: Date): Promise<number> {
  const [row] = await read<{ seq: string }>(pool, 'seq_at', 'select seq_at($1, $2) as seq', [roomId, at])
  return Number(row?.seq ?? 1)
}

/** These messages of a room; what is none is left out. */
export async function messagesAt(pool: Pool, roomId: RoomId, seqs: readonly number[]): Promise<Message[]> {
  const rows = await read<MessageRow>(
    pool,
    'messages_at',
    `select ${COLUMNS} from message m join event e on e.stream_id = m.room_id and e.seq = m.seq
      where m.room_id = $1 and m.seq = any($2::bigint[]) order by m.seq`,
    [roomId, seqs],
  )
  return rows.map(toMessage)
}

/** All that a message has said, the oldest first; nothing once it was taken back. */
export async function versionsOf(pool: Pool, roomId: RoomId, seq: number): Promise<Version[]> {
  const rows = await read<{ seq: string; at: string; personal: string | null }>(
    pool,
    'versions_of',
    `select e.seq, ${instant('e.at')} as at, e.personal from message m
       join edit v on v.room_id = m.room_id and v.message = m.seq
       join event e on e.stream_id = v.room_id and e.seq = v.seq
      where m.room_id = $1 and m.seq = $2 and not m.deleted
     union all
     select e.seq, ${instant('e.at')}, e.personal from message m join event e on e.stream_id = m.room_id and e.seq = m.seq
      where m.room_id = $1 and m.seq = $2 and not m.deleted
      order by 1`,
    [roomId, seq],
  )
  return rows.map((row) => ({
    seq: Number(row.seq),
    at: row.at,
    text: row.personal === null ? null : (JSON.parse(row.personal) as { text: string }).text,
  }))
}

/** The seq that a message's thread began with, its own where it answers nothing; undefined where there is no such message. */
export async function threadOf(pool: Pool, roomId: RoomId, seq: number): Promise<number | undefined> {
  const [row] = await read<{ thread: string }>(
    pool,
    'thread_of',
    'select coalesce(thread, seq) as thread from message where room_id = $1 and seq = $2',
    [roomId, seq],
  )
  return row && Number(row.thread)
}

/** What the event of this seq says, if it says anything. */
export async function wordsAt(pool: Pool, roomId: RoomId, seq: number): Promise<string | null> {
  const [row] = await read<{ text: string | null }>(
    pool,
    'words_at',
    `select personal::json ->> 'text' as text from event where stream_id = $1 and seq = $2`,
    [roomId, seq],
  )
  return row?.text ?? null
}
