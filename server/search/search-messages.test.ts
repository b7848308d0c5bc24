import type pg from 'pg'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RoomId, SearchMessages } from '../../client-sdk/contract/index.ts'
import { type Following, follow } from '../../persistence/followers.ts'
import { atOnce } from '../../persistence/search/testing.ts'
import { deleteMessage } from '../chat/delete-message.ts'
import { editMessage } from '../chat/edit-message.ts'
import { sendMessage } from '../chat/send-message.ts'
import { TokenBuckets } from '../limits.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { removeMember } from '../rooms/remove-member.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { searchMessages } from './search-messages.ts'

let w: World
let superuser: pg.Client
let indexing: Following

const start = () => {
  indexing = follow(w.house.db, atOnce, 20)
}
beforeAll(async () => {
  w = await world()
  superuser = new Client({ connectionString: w.url })
  await superuser.connect()
  start()
})
afterEach(() => expect.poll(() => indexing.failure(), { timeout: 10_000 }).toBeNull())
afterAll(async () => {
  await indexing?.stop()
  await superuser?.end()
  await w?.close()
})

const say = async (person: TestPerson, roomId: RoomId, ...texts: string[]) => {
  const seqs: number[] = []
  for (const text of texts) seqs.push((await sendMessage(w.as(person), { commandId: commandId(), roomId, text })).seq)
  return seqs
}
/** Until the index has all that the log has. */
const indexed = () =>
  expect
    .poll(
      async () => {
        const { rows } = await superuser.query<{ behind: boolean }>(
          `select coalesce((select max((tx, pos)) from parley.event) > (select (tx, pos) from parley.follower where name = 'search'), true) as behind`,
        )
        return rows[0]!.behind
      },
      { timeout: 10_000 },
    )
    .toBe(false)
type Asked = Partial<Record<keyof SearchMessages, unknown>>
const find = (person: TestPerson, q: string, more: Asked = {}) => searchMessages(w.as(person), SearchMessages.parse({ q, ...more }))
const texts = async (person: TestPerson, q: string, more: Asked = {}) => (await find(person, q, more)).hits.map((hit) => hit.message.text)
const rowsOf = async (roomId: RoomId) =>
  (
    await superuser.query<{ seq: string; words: string }>(
      'select seq, words::text from parley.message_search where room_id = $1 order by seq',
      [roomId],
    )
  ).rows

test('words are found in whatever form, in both languages, and marked where they stand', async () => {
  const { roomId, creator } = await w.negotiation()
  const said = [
    'Recap: the campaigns **launched** on Monday',
    'КАМПАНІЯ стартує у вівторок',
    'Підписали договором, обʼєкт на ґрунті; café',
    'nothing of the kind',
  ]
  await say(creator, roomId, ...said)
  await indexed()
  expect(await texts(creator, 'launching campaign', { roomId })).toEqual([said[0]])
  for (const form of ['кампанією', 'Кампанії', 'КАМПАНІЙ']) expect(await texts(creator, form, { roomId })).toEqual([said[1]])
  for (const form of ["договір об'єкта", 'грунт', 'підписав', 'CAFE', 'маркетинг або договори -вівторок'])
    expect([form, await texts(creator, form, { roomId })]).toEqual([form, [said[2]]])
  const [hit] = (await find(creator, 'понеділок або кампаній або вівторку', { roomId })).hits
  expect(hit!.ranges.map(([start, end]) => hit!.snippet.slice(start, end))).toEqual(['КАМПАНІЯ', 'вівторок'])
  expect(hit).toMatchObject({ roomId, message: { seq: 7, text: said[1], deleted: false }, snippet: said[1] })
})

test('phrases, -not and or mean what they do elsewhere', async () => {
  const { roomId, creator } = await w.negotiation()
  await say(creator, roomId, 'final brand report', 'report of the final brand', 'final draft', 'co-brand at https://shop.example.com/offer')
  await indexed()
  const found = async (q: string) => (await texts(creator, q, { roomId })).map((text) => text!.split(' ')[0])
  expect(await found('"final brand"')).toEqual(['report', 'final'])
  expect(await found('"brand report"')).toEqual(['final'])
  expect(await found('final -brand')).toEqual(['final'])
  expect(await found('draft or "brand report"')).toEqual(['final', 'final'])
  expect(await found('co-brand')).toEqual(['co-brand'])
  expect(await found('shop')).toEqual(['co-brand'])
  expect(await found('-brand')).toEqual(['final'])
})

test('what somebody is called and what formats a text are no words', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const key = await w.keyOf(roomId, owner)
  await say(creator, roomId, `**hello** <@${key}>`)
  await indexed()
  expect(await texts(creator, 'hello', { roomId })).toHaveLength(1)
  expect(await texts(creator, key.split('-')[0]!, { roomId })).toEqual([])
  expect((await rowsOf(roomId))[0]!.words).toMatch(/^'\S{8}@'( '\S{8}@\S{8}')? '\S{8}hello':1$/)
})

test('an edit is found by its new words and no more by its old ones', async () => {
  const { roomId, creator } = await w.negotiation()
  const [message] = await say(creator, roomId, 'a flamingo')
  await indexed()
  await editMessage(w.as(creator), { commandId: commandId(), roomId, message: message!, text: 'a pelican' })
  await indexed()
  expect(await texts(creator, 'flamingo')).toEqual([])
  expect(await texts(creator, 'pelican')).toEqual(['a pelican'])
  expect(JSON.stringify(await rowsOf(roomId))).not.toContain('flamingo')
})

test('what was deleted or erased leaves nothing in the index, though its messages were edited', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const [deleted, erased, edited, kept] = await say(creator, roomId, 'narwhal one', 'narwhal two', 'narwhal three', 'narwhal four')
  await indexed()
  expect(await texts(owner, 'narwhal')).toHaveLength(4)
  await editMessage(w.as(creator), { commandId: commandId(), roomId, message: edited!, text: 'narwhal five' })
  await deleteMessage(w.as(creator), { commandId: commandId(), roomId, message: deleted! })
  await eraseMessages(w.as(creator), { commandId: commandId(), roomId, seqs: [erased!, edited!], reason: 'personRequest' })
  await indexed()
  expect(await texts(owner, 'narwhal')).toEqual(['narwhal four'])
  expect((await rowsOf(roomId)).map((row) => Number(row.seq))).toEqual([kept])
})

test('an erasure empties the index in its own commit, and one that reads the log again brings nothing back', async () => {
  const { roomId, creator } = await w.negotiation()
  const [gone, changed] = await say(creator, roomId, 'axolotl secret', 'axolotl open')
  await indexed()
  await editMessage(w.as(creator), { commandId: commandId(), roomId, message: changed!, text: 'axolotl anew' })
  await indexed()
  await indexing.stop()
  await eraseMessages(w.as(creator), { commandId: commandId(), roomId, seqs: [gone!], reason: 'legalOrder' })
  expect((await rowsOf(roomId)).map((row) => Number(row.seq))).toEqual([changed])
  const before = await rowsOf(roomId)
  await superuser.query(`update parley.follower set tx = 0, pos = 0 where name = 'search'`)
  start()
  await indexed()
  expect(await rowsOf(roomId)).toEqual(before)
  await superuser.query('delete from parley.message_search')
  await superuser.query(`delete from parley.follower where name = 'search'`)
  await indexed()
  expect(await rowsOf(roomId)).toEqual(before)
  expect(before[0]!.words).toContain('anew')
})

test('before the index knows of a change, nobody is shown what a message says no more', async () => {
  const { roomId, creator } = await w.negotiation()
  const [first, second, third] = await say(creator, roomId, 'wombat one', 'wombat two', 'wombat three')
  await indexed()
  await indexing.stop()
  await editMessage(w.as(creator), { commandId: commandId(), roomId, message: first!, text: 'koala' })
  await deleteMessage(w.as(creator), { commandId: commandId(), roomId, message: second! })
  const page = await find(creator, 'wombat', { roomId })
  start()
  expect(page.hits.map((hit) => hit.message.seq)).toEqual([third])
  await indexed()
})

test('before the index knows that a message was taken back, nothing tells what it said', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const [kept, gone, last] = await say(creator, roomId, 'dugong one', 'dugong two', 'dugong manatee')
  await indexed()
  await indexing.stop()
  try {
    for (const message of [gone!, last!]) await deleteMessage(w.as(creator), { commandId: commandId(), roomId, message })
    expect(await rowsOf(roomId)).toHaveLength(3)
    for (const asked of [{}, { roomId }, { after: '2001-01-01T00:00:00Z' }]) {
      expect(await find(owner, 'manatee', { ...asked, limit: 1 })).toEqual({ hits: [], more: false, cursor: null })
      const { hits, more } = await find(owner, 'dugong', { ...asked, limit: 1 })
      expect([hits.map((hit) => hit.message.seq), more]).toEqual([[kept], false])
    }
  } finally {
    start()
  }
  await indexed()
})

test('nothing is found by strangers, nor by who was removed; a room that is not theirs is as if it were not there', async () => {
  const { roomId, owner, creator } = await w.negotiation()
  const stranger = await w.person('brand')
  await say(creator, roomId, 'capybara')
  await indexed()
  const key = await w.keyOf(roomId, creator)
  expect(await texts(creator, 'capybara')).toEqual(['capybara'])
  expect(await find(stranger, 'capybara')).toEqual({ hits: [], more: false, cursor: null })
  await expect(find(stranger, 'capybara', { roomId })).rejects.toMatchObject({ code: 'resource.notFound' })
  await removeMember(w.as(owner), { commandId: commandId(), roomId, userId: creator.userId })
  expect(await find(creator, 'capybara')).toEqual({ hits: [], more: false, cursor: null })
  await expect(find(creator, 'capybara', { roomId, from: key })).rejects.toMatchObject({ code: 'resource.notFound' })
  expect(await texts(owner, 'capybara')).toEqual(['capybara'])
})

test('all my rooms are searched and nobody else’s', async () => {
  const [me, other] = [await w.person('brand'), await w.person('brand')]
  const mine = [
    await w.room('campaign', [[me, 'owner']]),
    await w.room('campaign', [
      [me, 'owner'],
      [other, 'manager'],
    ]),
  ]
  const theirs = await w.room('campaign', [[other, 'owner']])
  await say(me, mine[0]!, 'quokka 1')
  await say(other, theirs, 'quokka 2')
  await say(other, mine[1]!, 'quokka 3')
  await say(me, mine[0]!, 'quokka 4')
  await indexed()
  expect(await texts(me, 'quokka')).toEqual(['quokka 4', 'quokka 3', 'quokka 1'])
  expect(await texts(other, 'quokka')).toEqual(['quokka 3', 'quokka 2'])
  expect(await texts(me, 'quokka -4')).toEqual(['quokka 3', 'quokka 1'])
})

test('pages follow each other without a gap or a repeat, while new messages come', async () => {
  const me = await w.person('brand')
  const rooms = [
    await w.room('campaign', [[me, 'owner']]),
    await w.room('campaign', [[me, 'owner']]),
    await w.room('campaign', [[me, 'owner']]),
  ]
  for (let i = 0; i < 30; i++) await say(me, rooms[i % 3]!, `ibex ${i}`)
  await indexed()
  const { hits } = await find(me, 'ibex', { limit: 50 })
  const all = hits.map((hit) => hit.message.text)
  expect(all.toSorted()).toEqual(Array.from({ length: 30 }, (_, i) => `ibex ${i}`).sort())
  const places = hits.map(({ roomId, message }) => `${message.at} ${roomId}`) // of one millisecond, by room
  expect(places).toEqual(places.toSorted().reverse())
  const seen: (string | null)[] = []
  let cursor: string | undefined
  do {
    const page = await find(me, 'ibex', { limit: 7, cursor })
    expect(page.hits.length).toBe(Math.min(7, 30 - seen.length))
    seen.push(...page.hits.map((hit) => hit.message.text))
    cursor = page.cursor ?? undefined
    expect(page.more).toBe(cursor !== undefined)
    await say(me, rooms[seen.length % 3]!, 'ibex new')
    await indexed()
  } while (cursor)
  expect(seen).toEqual(all)
})

test('a search in a room may be for one member, and for a time', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  await say(creator, roomId, 'lemur 1')
  await say(owner, roomId, 'lemur 2')
  await say(creator, roomId, 'lemur 3')
  await indexed()
  const from = await w.keyOf(roomId, creator)
  expect(await texts(creator, 'lemur', { roomId, from })).toEqual(['lemur 3', 'lemur 1'])
  const { hits } = await find(creator, 'lemur', { roomId })
  const [third, second] = hits.map((hit) => hit.message.at)
  expect(await texts(creator, 'lemur', { roomId, before: third, after: second })).toEqual(['lemur 2'])
  await expect(find(creator, 'lemur', { from })).rejects.toMatchObject({ code: 'request.invalid' })
})

test('a room of several parts is searched to its beginning, the newest first', async () => {
  const { roomId, owner } = await w.negotiation()
  const seqs = await say(owner, roomId, 'okapi first')
  await superuser.query(FILL, [roomId, seqs[0], 13_000])
  await superuser.query(`delete from parley.follower where name = 'search'`)
  await indexed()
  expect(await texts(owner, 'first', { roomId })).toEqual(['okapi first'])
  const { hits, cursor } = await find(owner, 'okapi', { roomId, limit: 2 })
  expect(hits.map((hit) => hit.message.seq)).toEqual([13_000, 12_999])
  expect((await find(owner, 'okapi', { limit: 2, cursor })).hits.map((hit) => hit.message.seq)).toEqual([12_998, 12_997])
  const { hits: old } = await find(owner, 'okapi', {
    roomId,
    before: (await find(owner, '"okapi 4096"', { roomId })).hits[0]!.message.at,
    limit: 2,
  })
  expect(old.map((hit) => hit.message.seq)).toEqual([4_095, 4_094])
  expect((await find(owner, 'okapi', { after: hits[1]!.message.at })).hits).toHaveLength(2)
})

test('of a long message the part around its words is shown, whole words and characters only', async () => {
  const { roomId, creator } = await w.negotiation()
  await say(
    creator,
    roomId,
    `${'before '.repeat(300)}the pangolin ${'after '.repeat(200)}`,
    `${'🦜'.repeat(900)} pangolins ${'🦜'.repeat(900)}`,
  )
  await indexed()
  const { hits } = await find(creator, 'pangolin', { roomId })
  expect(hits).toHaveLength(2)
  for (const { snippet, ranges, message } of hits) {
    expect(snippet.length).toBeLessThanOrEqual(200)
    expect(snippet.isWellFormed()).toBe(true)
    expect(message.text).toContain(snippet)
    expect(ranges.map(([start, end]) => snippet.slice(start, end).slice(0, 8))).toEqual(['pangolin'])
  }
  expect(hits[1]!.snippet).toMatch(/^before .*before the pangolin after .*after $/)
})

test('searching takes more of a person’s share than other commands', async () => {
  const limited = await world({ limits: { commands: new TokenBuckets({ perSecond: 0.001, burst: 10 }) } })
  try {
    const me = await limited.person('brand')
    const ask = () => searchMessages(limited.as(me), SearchMessages.parse({ q: 'x' }))
    await ask()
    await ask()
    await expect(ask()).rejects.toMatchObject({ code: 'rate.limited' })
  } finally {
    await limited.close()
  }
})

/** Messages up to a seq, each a millisecond after the one before, behind the program's back: too many to send. */
const FILL = `with said as (
    insert into parley.event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, personal, personal_salt, hash, at)
    select stream_id, g, tx, nextval('parley.event_pos'), gen_random_uuid(), type, version, actor_key, gen_random_uuid(), 0,
           '{"text":"okapi ' || g || '"}', personal_salt, hash, at + (g - seq) * interval '1 millisecond'
      from parley.event, generate_series($2::bigint + 1, $3::bigint) g where stream_id = $1 and seq = $2 returning stream_id, seq, at),
  grown as (update parley.stream s set last_seq = $3, last_at = (select max(at) from said) where id = $1)
  insert into parley.message (room_id, seq, rev, n) select stream_id, seq, seq, seq from said`

const ABSURD = [
  "'; drop table parley.message; --",
  "' or 1=1",
  '\\',
  "a'b",
  ':*',
  '!!!!',
  '&|!()<->',
  'a <-> b',
  'foo:*',
  '""',
  '"',
  '-',
  '--',
  '-"',
  'or',
  'or or or',
  '- or -',
  'або',
  'the',
  'і та але',
  '\u{1F99C}',
  '\u200b',
  '%',
  '_',
  '$1',
  '<@>',
  '@',
  '((((((',
  '"a "b" c',
  '\ufdfa'.repeat(200),
  '\u{1F1FA}'.repeat(100),
  'ʼʼʼ',
  '-the',
  '-the -and',
  'x'.repeat(200),
  'щ'.repeat(200),
  'e\u0301'.repeat(100),
  '\u202eabc',
  'a-'.repeat(100),
  '"a" or '.repeat(28),
  '１２３',
  '½',
  'İstanbul',
  '\u0306\u0306',
  'ﬁ',
]
test.each(ABSURD)('whatever is typed, %j has an answer', async (q) => {
  const { roomId, creator } = await absurd()
  for (const more of [{}, { roomId }]) {
    const { hits } = await find(creator, q, more)
    expect(hits.length).toBeLessThanOrEqual(1)
  }
})
let place: ReturnType<World['negotiation']> | undefined
function absurd() {
  place ??= w.negotiation().then(async (it) => {
    await say(it.creator, it.roomId, 'plain words only')
    await indexed()
    return it
  })
  return place
}

test('what finds everything finds it, and what has no word finds nothing', async () => {
  const { roomId, creator } = await absurd()
  expect(await texts(creator, '-absent', { roomId })).toEqual(['plain words only'])
  for (const q of ['the', 'і та', '***', '"the and"'])
    expect(await find(creator, q, { roomId })).toEqual({ hits: [], more: false, cursor: null })
})

test.each(['', 'x', 'W10', Buffer.from('["2026-01-01T00:00:00.000Z","x",1]').toString('base64url')])(
  'a cursor %j is refused',
  async (cursor) => {
    const me = await w.person('brand')
    await expect(find(me, 'x', { cursor })).rejects.toMatchObject({ code: 'request.invalid' })
  },
)
