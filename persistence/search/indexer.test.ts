import type { EntityManager } from '@mikro-orm/postgresql'
import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { deleteMessage } from '../../server/chat/delete-message.ts'
import { editMessage } from '../../server/chat/edit-message.ts'
import { sendMessage } from '../../server/chat/send-message.ts'
import { eraseMessages } from '../../server/log/erase-messages.ts'
import { commandId, type TestPerson, type World, world } from '../../server/testing.ts'
import { type Following, follow } from '../followers.ts'
import { messagesAt } from '../messages.ts'
import { searchIndexer } from './indexer.ts'
import { atOnce } from './testing.ts'

let w: World
let following: Following | undefined
let superuser: Client
beforeAll(async () => {
  w = await world()
  superuser = new Client({ connectionString: w.url })
  await superuser.connect()
})
afterAll(async () => {
  await following?.stop()
  await superuser?.end()
  await w?.close()
})

const start = (batch: number) => {
  following = follow(w.db, { ...atOnce, batch }, 20)
}
const stop = async () => {
  await following?.stop()
  following = undefined
}
const ask = async <T extends object>(sql: string, values: unknown[] = []) => (await w.db.pool.query<T>(sql, values)).rows
const isBehind = async () =>
  (
    await ask<{ behind: boolean }>(
      `select (select (tx, pos) from event order by tx desc, pos desc limit 1) > (select (tx, pos) from follower where name = 'search') as behind`,
    )
  )[0]!.behind !== false

type Step = { do: 'send' | 'edit' | 'delete' | 'erase' | 'race' | 'stop' | 'again'; which: number }
const step = fc.record({
  do: fc.constantFrom<Step['do']>('send', 'send', 'send', 'edit', 'edit', 'delete', 'erase', 'race', 'stop', 'again'),
  which: fc.nat(5),
})

const erasedWords = (roomId: RoomId) =>
  ask(
    `select t.seq from message_search t join message m on m.room_id = t.room_id and m.seq = t.seq
       join event e on e.stream_id = t.room_id and e.seq = coalesce(m.words, m.seq) where t.room_id = $1 and e.personal is null`,
    [roomId],
  )

/** Erases what the follower is taking in at this moment. */
async function race(person: TestPerson, roomId: RoomId, sent: number[], which: number): Promise<void> {
  const seqs: number[] = []
  const by = () => ({ commandId: commandId(), roomId })
  for (let i = 0; i < 5; i++) seqs.push((await sendMessage(w.as(person), { ...by(), text: `race ${'word '.repeat(100)}` })).seq)
  sent.push(...seqs)
  following?.wake()
  for (let turn = 0; turn < which * 5; turn++) await ask('select 1')
  await eraseMessages(w.as(person), { ...by(), seqs, reason: 'personRequest' })
  expect(await erasedWords(roomId)).toEqual([])
}

/** Does one of them; one that is refused (of a message that is gone) changes nothing. */
async function take(person: TestPerson, roomId: RoomId, sent: number[], { do: what, which }: Step, i: number): Promise<void> {
  const seq = sent[which % Math.max(1, sent.length)] ?? 1
  const by = { commandId: commandId(), roomId }
  if (what === 'send') sent.push((await sendMessage(w.as(person), { ...by, text: `sent ${i}` })).seq)
  if (what === 'edit') await editMessage(w.as(person), { ...by, message: seq, text: `edited ${i}` }).catch(() => {})
  if (what === 'delete') await deleteMessage(w.as(person), { ...by, message: seq }).catch(() => {})
  if (what === 'erase') await eraseMessages(w.as(person), { ...by, seqs: [seq], reason: 'personRequest' }).catch(() => {})
  if (what === 'race') await race(person, roomId, sent, which)
  if (what === 'stop') await (following ? stop() : start(1 + which))
  if (what === 'again') await ask(`update follower set tx = 0, pos = 0 where name = 'search' and tx > 0`)
}

test('whatever is done, and wherever the follower stops or begins anew, the index says what the messages say', async () => {
  const { creator, roomId } = await w.negotiation()
  const sent: number[] = []
  let i = 0
  const whole = async (steps: Step[]) => {
    for (const one of steps) await take(creator, roomId, sent, one, i++)
    if (!following) start(7)
    await expect.poll(isBehind, { timeout: 10_000 }).toBe(false)
    const messages = await messagesAt(w.db.pool, roomId, sent)
    const expected = messages.flatMap(({ seq, text }) => (text === null ? [] : [{ seq, words: text.split(' ').sort() }]))
    const rows = await ask<{ seq: string; words: string[] }>(
      `select seq, tsvector_to_array(words) as words from message_search where room_id = $1 order by seq`,
      [roomId],
    )
    const bare = (lexemes: string[]) => lexemes.map((it) => it.slice(8)).filter((it) => !it.startsWith('@'))
    expect(rows.map(({ seq, words }) => ({ seq: Number(seq), words: bare(words).sort() }))).toEqual(
      expected.map(({ seq, words }) => ({ seq, words: words.map((word) => word.replace('edited', 'edit')) })),
    )
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), whole), { numRuns: 20, endOnFailure: true })
  expect(sent.length).toBeGreaterThan(20)
}, 60_000)

/** One batch of all that a room has, in a transaction of its own, as the follower does it. */
const index = async (roomId: RoomId) => {
  const { events } = await w.db.log.readAfter(roomId, 0, 1_000)
  await w.db.orm.em.fork().transactional((em) => searchIndexer.handle(em as EntityManager, events))
}
const rowsOf = (roomId: RoomId) => ask<{ seq: string }>('select seq from message_search where room_id = $1 order by seq', [roomId])
/** Until this is over, or so many in this database wait for a lock. */
const overOrWaiting = async (work: Promise<unknown>, count = 1) => {
  let isOver = false
  const done = () => {
    isOver = true
  }
  work.then(done, done)
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => isOver || (await superuser.query(waiting)).rowCount! >= count, { timeout: 10_000 }).toBe(true)
}

test('an erasure that was not yet committed as words were read, and was as they were written, leaves none of them', async () => {
  await stop()
  const { creator, roomId } = await w.negotiation()
  const say = async (text: string) => (await sendMessage(w.as(creator), { commandId: commandId(), roomId, text })).seq
  const [gone, kept] = [await say('secret'), await say('open')]
  await superuser.query('begin')
  await superuser.query(
    `update parley.event set personal = null, personal_salt = null, erased = '\\x00' where stream_id = $1 and seq = $2`,
    [roomId, gone],
  )
  const indexing = index(roomId)
  await overOrWaiting(indexing)
  await superuser.query('commit')
  await indexing
  expect(await rowsOf(roomId)).toEqual([{ seq: String(kept) }])
})

test('an erasure while words are written waits for them and takes them out', async () => {
  await stop()
  const { creator, roomId } = await w.negotiation()
  const say = async (text: string) => (await sendMessage(w.as(creator), { commandId: commandId(), roomId, text })).seq
  const [kept, gone] = [await say('open'), await say('secret')]
  await superuser.query('begin') // holds the writing up at its first row
  await superuser.query(`insert into parley.message_search (room_id, seq, at, words) values ($1, $2, now(), '')`, [roomId, kept])
  const indexing = index(roomId)
  await overOrWaiting(indexing)
  const erasing = eraseMessages(w.as(creator), { commandId: commandId(), roomId, seqs: [gone], reason: 'personRequest' })
  await overOrWaiting(erasing, 2)
  await superuser.query('rollback')
  await Promise.all([indexing, erasing])
  expect(await rowsOf(roomId)).toEqual([{ seq: String(kept) }])
})
