import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { EntityManager } from '@mikro-orm/postgresql'
import pg, { type Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventId } from '../client-sdk/contract/chain.ts'
import { newId, type RoomId } from '../client-sdk/contract/index.ts'
import { type Database, openDatabase } from './database.ts'
import { digest } from './digest.ts'
import { erase } from './erasure.ts'
import { type Appended, type Committed, type Entry, EventLog } from './event-log.ts'
import { APPEND, appendArguments, type Row } from './log/call.ts'
import { prepare } from './log/entry.ts'
import { query } from './sql.ts'
import { child, killChildren } from './testing/child.ts'
import { type OwnCluster, ownCluster } from './testing/cluster.ts'
import { aCommand, anActor, aRoom, eventsOf, says, wordsOf } from './testing/log.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'
import { verifyStream } from './verify.ts'

let test_: TestDatabase
let db: Database
let room: RoomId

beforeAll(async () => {
  test_ = await openTestDatabase()
  db = test_.db
})
afterEach(killChildren)
afterAll(() => test_.close())

const newRoom = () => aRoom(db)
const append = (entries: readonly Entry[], raises: readonly RoomId[] = []): Promise<Appended[]> =>
  db.orm.em.fork().transactional((em) => db.log.append(em, entries, raises))
const outcomes = async (sent: Promise<unknown>[]) =>
  (await Promise.allSettled(sent)).map((s) => (s.status === 'fulfilled' ? 'stored' : (s.reason as { code?: string }).code))

describe('one order', () => {
  test('a stream counts 1, 2, 3 … whoever writes, and its times never go back', async () => {
    const [one, other] = [await newRoom(), await newRoom()]
    const begin = Date.now()
    const sent = [
      ...(await append([says(one, 'a'), says(other, 'x'), says(one, 'b')])),
      await db.log.submit(says(one, 'c')),
      ...(await Promise.all(['d', 'e', 'f'].map((text) => db.log.submit(says(one, text))))),
    ]
    expect(sent.filter((s) => s.streamId === one).map((s) => s.seq)).toEqual([1, 2, 3, 4, 5, 6])
    expect(await wordsOf(db, one)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(await wordsOf(db, other)).toEqual(['x'])

    const stored = await eventsOf(db, one)
    expect(stored.map(({ id, seq, at }) => ({ id, seq, at }))).toEqual(
      sent.filter((s) => s.streamId === one).map(({ id, seq, at }) => ({ id, seq, at })),
    )
    const times = stored.map((e) => e.at)
    expect(times).toEqual([...times].sort())
    expect(Date.parse(times[0]!)).toBeGreaterThanOrEqual(begin)
    expect(Date.parse(times.at(-1)!)).toBeLessThanOrEqual(Date.now())
    expect(await verifyStream(db, one)).toMatchObject({ ok: true, seq: 6 })
  })

  test('the nth entry of a command has the nth id', async () => {
    const by = { actor: anActor(), commandId: aCommand() }
    const [one, other] = [await newRoom(), await newRoom()]
    const appended = await append([says(one, 'a', by), says(other, 'b', by)])
    expect(appended.map((a) => a.id)).toEqual([0, 1].map((n) => eventId(digest, by.commandId, by.actor, n)))
  })

  test('a message counts, and has a row that says its last change', async () => {
    room = await newRoom()
    await db.log.submit(says(room, 'a'))
    await append([{ ...says(room, ''), type: 'room.memberRemoved', deal: { member: anActor(), role: 'creator' }, personal: null } as Entry])
    await db.log.submit(says(room, 'b'))
    const { rows } = await db.pool.query('select seq::int, rev::int from message where room_id = $1 order by seq', [room])
    expect(rows).toEqual([
      { seq: 1, rev: 1 },
      { seq: 3, rev: 3 },
    ])
    const stream = await db.pool.query('select msg_count::int, last_seq::int from stream where id = $1', [room])
    expect(stream.rows).toEqual([{ msg_count: 2, last_seq: 3 }])
  })

  test('what is committed is announced, with the words as sent; what is rolled back is not', async () => {
    room = await newRoom()
    const heard: Committed[] = []
    const stop = db.log.onCommit((committed) => heard.push(...committed.filter((c) => c.streamId === room)))
    const failed = db.orm.em.fork().transactional(async (em) => {
      await db.log.append(em, [says(room, 'never')])
      throw new Error('a change of mind')
    })
    await expect(failed).rejects.toThrow('a change of mind')
    expect(heard).toEqual([])
    await append([says(room, 'a'), says(room, 'b')])
    await db.log.submit(says(room, 'c'))
    stop()
    await db.log.submit(says(room, 'unheard'))
    expect(heard.flatMap((c) => c.events)).toEqual((await eventsOf(db, room)).slice(0, 3))
    expect(await wordsOf(db, room)).toEqual(['a', 'b', 'c', 'unheard'])
  })

  test('a transaction that fails after its append leaves nothing: no seq is used up', async () => {
    room = await newRoom()
    const failed = db.orm.em.fork().transactional(async (em) => {
      await db.log.append(em, [says(room, 'never')])
      await query(em, 'select 1 / 0', [])
    })
    await expect(failed).rejects.toThrow()
    expect(await db.log.submit(says(room, 'first'))).toMatchObject({ seq: 1 })
  })

  test('append belongs to the outermost transaction', async () => {
    room = await newRoom()
    const nested = db.orm.em
      .fork()
      .transactional((em: EntityManager) => em.transactional((inner) => db.log.append(inner as EntityManager, [says(room, 'x')])))
    await expect(nested).rejects.toThrow('outermost')
    await expect(db.log.append(db.orm.em.fork(), [says(room, 'x')])).rejects.toThrow('needs a transaction')
    expect(await wordsOf(db, room)).toEqual([])
  })
})

describe('P3: once', () => {
  test('P3: the same command in the same batch has one effect and one answer', async () => {
    room = await newRoom()
    const entry = says(room, 'hi')
    const heard: Committed[] = []
    const stop = db.log.onCommit((committed) => heard.push(...committed))
    const answers = await Promise.all([db.log.submit(entry), db.log.submit(says(room, 'between')), db.log.submit(entry)])
    stop()
    expect(heard.map((c) => c.events.length)).toEqual([2]) // it was one batch
    expect(answers[2]).toEqual(answers[0])
    expect(await wordsOf(db, room)).toEqual(['hi', 'between'])
  })

  test('P3: the same command later, and from another process, gets the first answer', async () => {
    room = await newRoom()
    const entry = says(room, 'hi')
    const first = await db.log.submit(entry)
    await db.log.submit(says(room, 'between'))
    expect(await db.log.submit(entry)).toEqual(first)
    const other = child<Appended>(new URL('./testing/sender.ts', import.meta.url), { url: test_.url, entry, dies: false })
    expect(await other.ended).toBe(0)
    expect(other.lines).toEqual([first])
    expect(await wordsOf(db, room)).toEqual(['hi', 'between'])
  })

  test('P3: a process that dies between the commit and the answer has sent it; sent again it is there once', async () => {
    room = await newRoom()
    const entry = says(room, 'my last words')
    const dying = child(new URL('./testing/sender.ts', import.meta.url), { url: test_.url, entry, dies: true })
    expect(await dying.ended).toBe('SIGKILL')
    expect(dying.lines).toEqual([])
    const [stored] = await eventsOf(db, room)
    expect(await db.log.submit(entry)).toMatchObject({ id: stored!.id, seq: 1, at: stored!.at })
    expect(await wordsOf(db, room)).toEqual(['my last words'])
  })

  test('P3: an answer that is lost with its connection is asked for again, and the entry is there once', async () => {
    room = await newRoom()
    await using wire = await cuttableWire(test_.url)
    const far = await openDatabase({ url: wire.url })
    await far.log.submit(says(room, 'a'))
    wire.cutBeforeTheNextAnswer()
    expect(await far.log.submit(says(room, 'b'))).toMatchObject({ seq: 2 })
    expect(wire.cuts).toBe(1)
    await far.close()
    expect(await wordsOf(db, room)).toEqual(['a', 'b'])
  })

  test('P8: where PostgreSQL moves house and old connections only go silent, a write goes through by a new one within 10 s', async () => {
    room = await newRoom()
    await using wire = await cuttableWire(test_.url)
    const far = await openDatabase({ url: wire.url })
    await Promise.all(Array.from({ length: 5 }, () => far.pool.query('select pg_sleep(0.05)'))) // several connections to lose
    await far.log.submit(says(room, 'a'))
    wire.loseSilently()
    const started = performance.now()
    expect(await far.log.submit(says(room, 'b'))).toMatchObject({ seq: 2 })
    expect(performance.now() - started).toBeLessThan(10_000)
    await wire[Symbol.asyncDispose]()
    await far.close()
    expect(await wordsOf(db, room)).toEqual(['a', 'b'])
  })

  test.each(['in the same batch', 'later'])('P3: the same command with another body, %s, is refused', async (when) => {
    room = await newRoom()
    const entry = says(room, 'hi')
    const reused = { ...entry, personal: { text: 'ho' } } as Entry
    const sent = [db.log.submit(entry)]
    if (when === 'later') await sent[0]
    sent.push(db.log.submit(reused), db.log.submit(says(room, 'after')))
    expect(await outcomes(sent)).toEqual(['stored', 'command.reused', 'stored'])
    expect(await wordsOf(db, room)).toEqual(['hi', 'after'])
  })

  test('P3: a command id that somebody else has used is no repeat: it has its own event, with its own id', async () => {
    room = await newRoom()
    const entry = says(room, 'mine')
    const theirs = { ...entry, actor: anActor(), personal: { text: 'theirs' } } as Entry
    const [one, two] = await Promise.all([db.log.submit(entry), db.log.submit(theirs)])
    expect(two!.id).not.toBe(one!.id)
    expect(await db.log.submit(theirs)).toEqual(two)
    expect(await wordsOf(db, room)).toEqual(['mine', 'theirs'])
  })

  test('P3: once erased, a command sent again is answered as before and its words do not come back', async () => {
    room = await newRoom()
    const entry = says(room, 'forget me')
    const first = await db.log.submit(entry)
    const by = { streamId: room, actor: entry.actor, commandId: aCommand(), accessVersion: 0 }
    await db.orm.em.fork().transactional((em) => erase(em, db.log, { ...by, seqs: [1], reason: 'personRequest' }))
    expect(await db.log.submit(entry)).toEqual(first)
    expect(await db.log.submit({ ...entry, personal: { text: 'anything' } } as Entry)).toEqual(first)
    expect(await wordsOf(db, room)).toEqual([null])
  })

  test('P3: a command that the stream has seen cannot be appended again, and takes its transaction along', async () => {
    room = await newRoom()
    const [seen, untouched] = [says(room, 'seen'), says(await newRoom(), 'never')]
    await append([seen])
    await expect(append([seen])).rejects.toMatchObject({ code: 'command.reused' })
    const both = { ...untouched, actor: seen.actor, commandId: seen.commandId } as Entry
    await expect(append([seen, both])).rejects.toMatchObject({ code: 'command.reused' })
    expect(await wordsOf(db, untouched.streamId)).toEqual([])
    const twice = db.orm.em.fork().transactional(async (em) => {
      const entry = says(room, 'twice')
      await db.log.append(em, [entry])
      await db.log.append(em, [entry])
    })
    await expect(twice).rejects.toMatchObject({ code: 'command.reused' })
    expect(await wordsOf(db, room)).toEqual(['seen'])
  })
})

describe('access', () => {
  test('P6: what was checked before rights changed does not commit after it, alone or in a batch', async () => {
    room = await newRoom()
    expect(await db.log.submit(says(room, 'before'))).toMatchObject({ seq: 1 })
    await append([says(room, 'raises', { accessVersion: 0 })], [room])
    const sent = [says(room, 'old'), says(room, 'new', { accessVersion: 1 }), says(room, 'system', { accessVersion: null })]
    expect(await outcomes(sent.map((s) => db.log.submit(s)))).toEqual(['access.changed', 'stored', 'stored'])
    await expect(append([says(room, 'old too')])).rejects.toMatchObject({ code: 'access.changed' })
    expect(await wordsOf(db, room)).toEqual(['before', 'raises', 'new', 'system'])
  })

  test('P6: a send and the removal that it races never end with the send behind the removal', async () => {
    room = await newRoom()
    for (let version = 0; version < 20; version++) {
      const raise = append([says(room, `raise ${version}`, { accessVersion: null })], [room])
      const sends = Promise.allSettled([0, 1, 2].map(() => db.log.submit(says(room, `saw ${version}`, { accessVersion: version }))))
      await Promise.all([raise, sends])
    }
    let now = 0
    for (const words of await wordsOf(db, room)) {
      if (words === `raise ${now}`) now++
      else expect(words).toBe(`saw ${now}`)
    }
    expect(now).toBe(20)
  })

  test('rights can rise in streams that get no event', async () => {
    const [one, other] = [await newRoom(), await newRoom()]
    await append([says(one, 'blocked')], [other])
    expect(await outcomes([db.log.submit(says(one, 'x')), db.log.submit(says(other, 'x'))])).toEqual(['stored', 'access.changed'])
  })

  test('a stream that is not there is `resource.notFound`', async () => {
    const nowhere = newId<RoomId>()
    await expect(db.log.submit(says(nowhere, 'x'))).rejects.toMatchObject({ code: 'resource.notFound' })
    await expect(append([says(nowhere, 'x')])).rejects.toMatchObject({ code: 'resource.notFound' })
  })
})

describe('a bad entry fails alone', () => {
  const bad: [string, (room: RoomId) => Entry][] = [
    ['a lone surrogate', (room) => says(room, 'a\ud800')],
    ['an actor that is no UUID', (room) => says(room, 'a', { actor: 'nobody' as Entry['actor'] })],
    ['a command id that is no UUID', (room) => says(room, 'a', { commandId: 'x' as Entry['commandId'] })],
    ['an access version that is no whole number', (room) => says(room, 'a', { accessVersion: 0.5 })],
    ['a type that nobody knows', (room) => says(room, 'a', { type: 'chat.no\0such' as 'chat.messageSent' })],
    ['a stream that is no UUID', () => says('nowhere' as RoomId, 'a')],
  ]
  test.each(bad)('%s is refused, and its neighbours in the same batch are stored', async (_name, make) => {
    const [one, other] = [await newRoom(), await newRoom()]
    const sent = await Promise.allSettled(
      [says(one, 'before'), make(one), says(one, 'after'), says(other, 'elsewhere')].map((e) => db.log.submit(e)),
    )
    expect(sent.map((s) => s.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await wordsOf(db, one)).toEqual(['before', 'after'])
    expect(await wordsOf(db, other)).toEqual(['elsewhere'])
  })

  test('U+0000, which the contract keeps out, would harm nothing here: it is stored as JSON writes it', async () => {
    room = await newRoom()
    await Promise.all([db.log.submit(says(room, 'a\0b')), db.log.submit(says(room, 'c'))])
    expect(await wordsOf(db, room)).toEqual(['a\0b', 'c'])
  })
})

describe('the one door', () => {
  const refused = [
    'insert into event select * from event',
    `update event set deal = '{}'`,
    `update event set personal = null, personal_salt = null, erased = '\\x00'`,
    'delete from event',
    'truncate event',
    'update stream set last_seq = 0',
    'insert into stream select * from stream',
    'delete from stream',
    'insert into message select * from message',
    'update message set n = 1',
    'update message set thread = 1',
    'delete from message',
    'update checkpoint set seq = 1',
    'delete from checkpoint',
    'update checkpoint_key set id = id',
    'delete from log_epoch',
    'update log_epoch set tx_offset = 0',
    `select setval('event_pos', 1)`,
    'alter table event disable trigger all',
    'drop function append_events',
  ]
  test.each(refused)('the program may not: %s', async (sql) => {
    await expect(db.pool.query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  const forEraser = [
    `update event set personal = '{"text":"new"}'`,
    `update event set personal = '{"text":"new"}', personal_salt = '\\x00', erased = null`,
    'update event set personal_salt = null',
    `update event set erased = '\\x00'`,
    'update event set personal = null, personal_salt = null',
    `update event set deal = '{}'`,
    `update event set hash = '\\x00'`,
    'update event set seq = 2',
    'delete from event',
    'insert into event select * from event',
    'update message set seq = 2',
    'delete from message',
    'update stream set last_seq = 0',
    'select append_events(false, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)',
    `select create_stream(gen_random_uuid(), 'room')`,
  ]
  test.each(forEraser)('the eraser may not: %s', async (sql) => {
    room = await newRoom()
    await db.log.submit(says(room, 'a'))
    const asEraser = db.orm.em.fork().transactional(async (em) => {
      await query(em, 'set local role parley_eraser', [])
      await query(em, sql, [])
    })
    // The check constraints refuse a part without its salt before anybody asks who.
    await expect(asEraser).rejects.toSatisfy((error: Error & { code?: string }) => ['42501', '23514'].includes(codeOf(error)))
    expect(await wordsOf(db, room)).toEqual(['a'])
  })

  test('what is erased cannot be erased again, or given words', async () => {
    room = await newRoom()
    await db.log.submit(says(room, 'a'))
    const asEraser = (sql: string) =>
      db.orm.em.fork().transactional(async (em) => {
        await query(em, 'set local role parley_eraser', [])
        await query(em, `${sql} where stream_id = '${room}'`, [])
      })
    await asEraser(`update event set personal = null, personal_salt = null, erased = sha256('')`)
    for (const sql of [`update event set erased = '\\x01'`, `update event set erased = null, personal = '{}', personal_salt = '\\x00'`])
      await expect(asEraser(sql)).rejects.toSatisfy((error: Error) => codeOf(error) === '42501')
  })

  const codeOf = (error: unknown): string => {
    for (let e = error; e instanceof Error; e = e.cause) if ('code' in e) return String(e.code)
    return ''
  }
})

test('nothing in append_events scans the event table, whatever the batch, and 200,000 rows in 50,000 rooms make it no slower', async () => {
  const large = await openTestDatabase()
  const rooms = await Promise.all(Array.from({ length: 50 }, () => aRoom(large.db)))
  const behind = new pg.Client({ connectionString: large.url, options: '-c search_path=parley' })
  await behind.connect()
  const known = prepare(says(rooms[0]!, 'known', { accessVersion: null }), 0)
  type Scans = { relname: string; seq_scan: number; idx_scan: number }
  /** `size` entries in one call, one of them a repeat after the first call. How long it took in ms, and what it scanned. */
  const call = (size: number, wait: boolean) =>
    large.db.orm.em.fork().transactional(async (em) => {
      const answer = { deal: { replyTo: 1, thread: 1 }, personal: { text: 'what is this about?' }, mentions: [anActor()] }
      const news = Array.from({ length: size - 1 }, (_, i) =>
        prepare(says(rooms[i % 50]!, 'x', { accessVersion: null, ...(i % 3 === 0 && answer) }), 0),
      )
      const begin = performance.now()
      const rows = await query<Row>(em, APPEND, appendArguments([known, ...news], wait, wait ? [rooms[1]!] : []))
      const ms = performance.now() - begin
      expect(rows.slice(1).every((row) => row.outcome === 'appended')).toBe(true)
      const scans = await query<Scans>(
        em,
        `select relname, seq_scan::int, coalesce(idx_scan, 0)::int as idx_scan from pg_stat_xact_user_tables
          where relname in ('event', 'stream', 'message') order by 1`,
        [],
      )
      return { ms, scans }
    })
  /** The best of many says what the work costs, however busy the machine is. */
  const best = async (size: number) => {
    const times: number[] = []
    for (let i = 0; i < 8; i++) times.push((await call(size, false)).ms)
    return Math.min(...times)
  }

  const empty = { one: await best(1), many: await best(200) }
  await behind.query(
    `insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n, personal, personal_salt, hash, at)
     select r, s, s, s, gen_random_uuid(), 'chat.messageSent', 1, gen_random_uuid(), gen_random_uuid(), 0, '{"text":"x"}', '\\x00', '\\x00', now()
       from unnest($1::uuid[]) r, generate_series(1001, 5000) s`,
    [rooms],
  )
  await behind.query(`insert into stream (id, kind, last_hash) select gen_random_uuid(), 'room', '\\x00' from generate_series(1, 50000)`)
  await behind.query('update stream set last_seq = 5000 where id = any($1::uuid[])', [rooms])
  await behind.query('insert into message (room_id, seq, rev, n) select stream_id, seq, seq, seq from event on conflict do nothing')
  for (const analyzed of [false, true]) {
    if (analyzed) await behind.query('analyze')
    for (const size of [1, 10, 200]) {
      for (const wait of [false, true]) {
        const { scans } = await call(size, wait)
        expect(scans.map(({ relname, seq_scan }) => [relname, seq_scan])).toEqual([
          ['event', 0],
          ['message', 0],
          ['stream', 0],
        ])
        expect(scans[0]!.idx_scan).toBeGreaterThanOrEqual(size)
      }
    }
  }
  expect(await best(1)).toBeLessThan(5 * empty.one + 2)
  expect(await best(200)).toBeLessThan(5 * empty.many)
  await behind.end()
  await large.close()
})

describe('a busy room', () => {
  let cluster: OwnCluster
  let own: Database
  let url: string
  beforeAll(async () => {
    cluster = await ownCluster()
    url = await cluster.database()
    own = await cluster.open(url)
  })
  afterAll(() => cluster.stop())

  /** Another transaction that holds a room's stream, as a use case does while it works. */
  async function hold(id: RoomId): Promise<() => Promise<unknown>> {
    const holder = await cluster.client(url)
    await holder.query('begin')
    await holder.query('select from parley.stream where id = $1 for update', [id])
    return () => holder.query('commit')
  }

  test('holds up no other, and keeps its own order', async () => {
    const [busy, free] = [await aRoom(own), await aRoom(own)]
    const release = await hold(busy)
    let answered = 0
    const send = (text: string) => own.log.submit(says(busy, text)).finally(() => answered++)
    const waiting = [send('1'), send('2')]
    await new Promise((turn) => setImmediate(() => setImmediate(turn)))
    waiting.push(send('3')) // the first batch is under way: it waits for the next
    for (let i = 0; i < 10; i++) {
      waiting.push(send(`${i + 4}`))
      expect(await own.log.submit(says(free, `${i}`))).toMatchObject({ seq: i + 1 })
    }
    expect(answered).toBe(0)
    await release()
    expect((await Promise.all(waiting)).map((a) => a.seq)).toEqual(waiting.map((_, i) => i + 1))
    expect(await wordsOf(own, busy)).toEqual(waiting.map((_, i) => `${i + 1}`))
    expect(await own.log.submit(says(busy, 'after'))).toMatchObject({ seq: 14 })
  })

  test('more busy rooms than side lanes are all written once they are free', async () => {
    const rooms = await Promise.all(Array.from({ length: 9 }, () => aRoom(own)))
    const release = await Promise.all(rooms.map(hold))
    const waiting = rooms.flatMap((id) => [own.log.submit(says(id, 'a')), own.log.submit(says(id, 'b'))])
    expect(await own.log.submit(says(await aRoom(own), 'free'))).toMatchObject({ seq: 1 })
    for (const free of release.reverse()) await free()
    expect((await Promise.all(waiting)).map((a) => a.seq)).toEqual(rooms.flatMap(() => [1, 2]))
  })

  test('keeps its order also when a bad neighbour makes every entry go alone, and it is freed meanwhile', async () => {
    const [busy, free] = [await aRoom(own), await aRoom(own)]
    const release = await hold(busy)
    let calls = 0
    const slow = {
      async query(what: unknown) {
        if (++calls === 3) await release() // the whole batch was the first, 'first' alone the second
        return own.pool.query(what as string)
      },
    } as unknown as Pool
    const log = new EventLog(slow)
    const sent = [says(busy, 'first'), says(free, 'bad', { actor: 'nobody' as Entry['actor'] }), says(busy, 'second'), says(free, 'other')]
    const results = await Promise.allSettled(sent.map((entry) => log.submit(entry)))
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await wordsOf(own, busy)).toEqual(['first', 'second'])
  })

  test('a room held for longer than anybody waits is refused as something to try again, and stores nothing', {
    timeout: 40_000,
  }, async () => {
    const busy = await aRoom(own)
    const release = await hold(busy)
    const entry = says(busy, 'late')
    await expect(own.log.submit(entry)).rejects.toMatchObject({ code: 'server.unavailable', retryable: true })
    await release()
    expect(await own.log.submit(entry)).toMatchObject({ seq: 1 })
  })

  test('P1: while PostgreSQL is away nothing is acknowledged, and what was acknowledged is there after its crash', async () => {
    const id = await aRoom(own)
    const acknowledged: string[] = []
    let sending = true
    const stored = (entry: Entry) =>
      own.log.submit(entry).then(
        () => true,
        () => false,
      )
    const lane = async (name: string) => {
      for (let i = 0; sending; i++) {
        const text = `${name}${i}`
        const entry = says(id, text)
        while (!(await stored(entry)));
        acknowledged.push(text)
      }
    }
    const lanes = ['a', 'b', 'c', 'd'].map(lane)
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(20)
    await cluster.crash()
    const before = acknowledged.length
    await cluster.restart()
    await expect.poll(() => acknowledged.length, { timeout: 15_000 }).toBeGreaterThan(before + 20)
    sending = false
    await Promise.all(lanes)
    expect([...(await wordsOf(own, id))].sort()).toEqual([...acknowledged].sort())
    expect(await verifyStream(own, id)).toMatchObject({ ok: true, seq: acknowledged.length })
  })
})

/** PostgreSQL behind a wire that can be cut when the next answer has come so far: committed, and nobody knows. */
async function cuttableWire(url: string) {
  const far = new URL(url)
  const state = { armed: false, cuts: 0 }
  const sockets = new Set<Socket>()
  const silent = new Set<Socket>()
  const server = createServer((near) => {
    const there = connect(Number(far.port), far.hostname)
    for (const socket of [near, there]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    near.on('data', (data) => silent.has(near) || there.write(data)).on('close', () => there.destroy())
    there
      .on('data', (data) => {
        if (!state.armed) return near.write(data)
        state.armed = false
        state.cuts++
        near.destroy()
      })
      .on('close', () => near.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const near = new URL(url)
  near.port = String((server.address() as { port: number }).port)
  return {
    url: near.href,
    get cuts() {
      return state.cuts
    },
    cutBeforeTheNextAnswer: () => {
      state.armed = true
    },
    /** What is open hears nothing any more, and is not told; new connections are good. */
    loseSilently: () => {
      for (const socket of sockets) silent.add(socket)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
