import fc from 'fast-check'
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

let w: World
let following: Following | undefined
beforeAll(async () => {
  w = await world()
})
afterAll(async () => {
  await following?.stop()
  await w?.close()
})

const start = (batch: number) => {
  following = follow(w.db, { ...searchIndexer, batch }, 20)
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

type Step = { do: 'send' | 'edit' | 'delete' | 'erase' | 'stop' | 'again'; which: number }
const step = fc.record({
  do: fc.constantFrom<Step['do']>('send', 'send', 'send', 'edit', 'edit', 'delete', 'erase', 'stop', 'again'),
  which: fc.nat(5),
})

/** Does one of them; one that is refused (of a message that is gone) changes nothing. */
async function take(person: TestPerson, roomId: RoomId, sent: number[], { do: what, which }: Step, i: number): Promise<void> {
  const seq = sent[which % Math.max(1, sent.length)] ?? 1
  const by = { commandId: commandId(), roomId }
  if (what === 'send') sent.push((await sendMessage(w.as(person), { ...by, text: `sent ${i}` })).seq)
  if (what === 'edit') await editMessage(w.as(person), { ...by, message: seq, text: `edited ${i}` }).catch(() => {})
  if (what === 'delete') await deleteMessage(w.as(person), { ...by, message: seq }).catch(() => {})
  if (what === 'erase') await eraseMessages(w.as(person), { ...by, seqs: [seq], reason: 'personRequest' }).catch(() => {})
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
