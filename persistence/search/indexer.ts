import type { EntityManager } from '@mikro-orm/postgresql'
import type { Envelope, RoomId } from '../../client-sdk/contract/index.ts'
import type { Follower } from '../followers.ts'
import { query } from '../sql.ts'
import { searchables } from './words.ts'

/**
 * Keeps what can be searched as messages now stand. An event only says which messages to look at: their words are read from
 * the log at that moment, so that a batch handled again, or late, brings nothing back that was changed, deleted or erased since.
 */
export const searchIndexer: Follower = {
  name: 'search',
  batch: 100,
  share: { quiet: 0.1, busy: 0.02 },
  async handle(em, events) {
    const touched = new Map(events.flatMap(touches).map((place) => [`${place.roomId} ${place.seq}`, place]))
    if (touched.size > 0) await write(em, await standing(em, [...touched.values()]))
  },
}

type Place = { roomId: RoomId; seq: number }

/** An erasure may name a message or an edit of one. */
function touches({ roomId, seq, type, data }: Envelope): Place[] {
  if (type === 'chat.messageSent') return [{ roomId, seq }]
  if (type === 'chat.messageEdited' || type === 'chat.messageDeleted') return [{ roomId, seq: data.deal.message }]
  return type === 'log.erased' ? data.deal.seqs.map((erased) => ({ roomId, seq: erased })) : []
}

/** `said`: the seq of the event that has the words. */
type Standing = { room_id: RoomId; seq: string; author: string; at: Date; said: string; words: string | null }

/** These messages now; `words` null where they say nothing any more. By index at every size: a join on event becomes a scan. */
const standing = (em: EntityManager, places: readonly Place[]): Promise<Standing[]> =>
  query(
    em,
    `select m.room_id, m.seq, e.actor_key as author, e.at, coalesce(m.words, m.seq) as said,
            case when m.deleted then null when m.words is null then e.personal
                 else (select w.personal from event w where w.stream_id = m.room_id and w.seq = m.words) end as words
       from unnest($1::uuid[], $2::bigint[]) as p (room_id, seq)
       join lateral (select e.type, e.deal from event e where e.stream_id = p.room_id and e.seq = p.seq limit 1) named on true
       join lateral (select * from message m where m.room_id = p.room_id
                        and m.seq = case when named.type = 'chat.messageEdited' then (named.deal::json ->> 'message')::bigint else p.seq end
                      limit 1) m on true
       join lateral (select * from event e where e.stream_id = m.room_id and e.seq = m.seq limit 1) e on true`,
    [places.map((p) => p.roomId), places.map((p) => p.seq)],
  )

/**
 * An erasure since these were read is seen by the last statement, whose snapshot is younger than the lock, and one that comes
 * after it waits for this commit and then takes the words out. Before the lock nothing is written, and after it no stream is
 * waited for, so nobody waits in a circle.
 */
async function write(em: EntityManager, messages: readonly Standing[]): Promise<void> {
  const one = new Map(messages.map((message) => [`${message.room_id} ${message.seq}`, message])) // two edits of it may be erased at once
  const [gone, kept] = [[...one.values()].filter((m) => m.words === null), [...one.values()].filter((m) => m.words !== null)]
  const texts = await searchables(kept.map((m) => (JSON.parse(m.words!) as { text: string }).text))
  await query(em, 'select hold_erasures()', [])
  if (gone.length > 0)
    await query(
      em,
      `delete from message_search t using unnest($1::uuid[], $2::bigint[]) as g (room_id, seq)
        where t.room_id = g.room_id and t.seq = g.seq`,
      [gone.map((m) => m.room_id), gone.map((m) => m.seq)],
    )
  if (kept.length === 0) return
  await query(
    em,
    `insert into message_search as t (room_id, seq, at, words)
     select k.room_id, k.seq, k.at, search_words(k.room_id, k.seq, k.author, k.text)
       from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[], $6::bigint[])
            as k (room_id, seq, at, author, text, said)
      where (select e.personal from event e where e.stream_id = k.room_id and e.seq = k.said) is not null
     on conflict (room_id, seq) do update set words = excluded.words where t.words <> excluded.words`,
    [kept.map((m) => m.room_id), kept.map((m) => m.seq), kept.map((m) => m.at), kept.map((m) => m.author), texts, kept.map((m) => m.said)],
  )
}
