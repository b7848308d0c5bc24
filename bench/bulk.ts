import pg from 'pg'
import { newId, type RoomId } from '../client-sdk/contract/index.ts'
import { searchable } from '../persistence/search/words.ts'

/** `age`: how long ago the last message was, in seconds; each of the others a second before the next. */
export type Filling = { roomId: RoomId; count: number; age: number }

/** What most messages say, 128 characters; and the second of each room, which alone has the word `needle`. */
const TEXT = 'A message that says as much as most do. '.repeat(4).slice(0, 128)
const NEEDLE = 'There is one needle in this haystack.'
/** So many messages of each room, evenly spread, answer its first one. */
export const ANSWERS = 100
const AUTHOR = newId()

/** As a replica it fires no triggers: not even a superuser may change an event otherwise, and here its time is changed. */
const OPTIONS = '-c search_path=parley -c synchronous_commit=off -c session_replication_role=replica'

/** By the superuser, past the log's door, in bulk: their chain does not hold, and nobody reads it here. */
export async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, options: OPTIONS })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Filling goes several times as fast without indexes but those that constraints stand on. They are made again afterwards. */
export async function withoutIndexes(client: pg.Client, tables: readonly string[], fill: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.relname as name, pg_get_indexdef(i.oid) as definition from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = any($1::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.oid)`,
    [tables],
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
  await fill()
  for (const { definition } of rows) await client.query(definition)
}

/** Messages for these rooms, all at once. What is true of every room holds for these too: `n`, counts, threads, last activity. */
export async function fillRooms(client: pg.Client, rooms: readonly Filling[]): Promise<void> {
  const its = [rooms.map((room) => room.roomId), rooms.map((room) => room.count), rooms.map((room) => room.age)]
  const of = `stream s join unnest($1::uuid[], $2::int[], $3::int[]) as r (id, count, age) on r.id = s.id`
  const each = `${of}, generate_series(1, r.count) g`
  const answers = `g > 2 and r.count >= ${2 * ANSWERS} and g % (r.count / ${ANSWERS}) = 0`
  await withoutIndexes(client, ['event'], async () => {
    await client.query(
      `insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, deal, deal_salt, personal, personal_salt, hash, at)
       select s.id, s.last_seq + g, 3, nextval('event_pos'), gen_random_uuid(), 'chat.messageSent', 1, $4::uuid, gen_random_uuid(), 0,
              case when ${answers} then format('{"replyTo":%s,"thread":%s}', s.last_seq + 1, s.last_seq + 1) end,
              case when ${answers} then decode(repeat('5a', 16), 'hex') end,
              case when g = 2 then $6 else $5 end, decode(repeat('5a', 16), 'hex'), decode(repeat('5a', 32), 'hex'),
              now() - make_interval(secs => r.age + r.count - g)
         from ${each}`,
      [...its, AUTHOR, JSON.stringify({ text: TEXT }), JSON.stringify({ text: NEEDLE })],
    )
  })
  await client.query(
    `insert into message (room_id, seq, rev, n, thread, replies)
     select s.id, s.last_seq + g, s.last_seq + g, g, case when ${answers} then s.last_seq + 1 end,
            case when g = 1 and r.count >= ${2 * ANSWERS} then ${ANSWERS} else 0 end
       from ${each}`,
    its,
  )
  await client.query(
    `update event e set at = now() - make_interval(secs => r.age + r.count) from ${of} where e.stream_id = s.id and e.seq <= s.last_seq`,
    its,
  )
  await client.query(
    `update stream set last_seq = stream.last_seq + r.count, msg_count = stream.msg_count + r.count, last_at = now() - make_interval(secs => r.age)
       from ${of} where stream.id = s.id`,
    its,
  )
}

/** What the follower of the log makes of these rooms' messages, so that they can be searched. */
export async function fillSearch(client: pg.Client, rooms: readonly RoomId[]): Promise<void> {
  await withoutIndexes(client, ['message_search'], async () => {
    // One author says one thing in all of a part, so its words are made once: a million times would take minutes.
    await client.query(
      `with part as materialized (
         select m.room_id, search_part(m.seq) as part, search_words(m.room_id, min(m.seq), $2, $3) as text,
                search_words(m.room_id, min(m.seq), $2, $4) as needle
           from message m where m.room_id = any($1::uuid[]) group by 1, 2)
       insert into message_search (room_id, seq, at, words)
       select m.room_id, m.seq, e.at, case when m.n = 2 then p.needle else p.text end
         from message m join event e on e.stream_id = m.room_id and e.seq = m.seq
         join part p on p.room_id = m.room_id and p.part = search_part(m.seq)`,
      [rooms, AUTHOR, searchable(TEXT), searchable(NEEDLE)],
    )
  })
}

/** As if autovacuum had come by, and everything were on disk. */
export async function settle(client: pg.Client): Promise<void> {
  await client.query('vacuum analyze')
  await client.query('checkpoint')
}
