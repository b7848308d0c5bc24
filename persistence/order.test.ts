import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import type { Database } from './database.ts'
import { type Child, child, killChildren } from './testing/child.ts'
import { type OwnCluster, ownCluster } from './testing/cluster.ts'
import { collected, createCollected, everything } from './testing/collected.ts'
import { aRoom, eventsOf, says } from './testing/log.ts'
import { verifyStream } from './verify.ts'

let cluster: OwnCluster
beforeAll(async () => {
  cluster = await ownCluster()
})
afterEach(killChildren)
afterAll(() => cluster.stop())

const SEEDS = [1, 2, 3, 4]
const ROUNDS = 40

test('P2: four processes write to the same rooms, and a follower through its own restarts sees all of it once, in order', {
  timeout: 60_000,
}, async () => {
  const url = await cluster.database()
  const superuser = await cluster.client(url)
  await createCollected(superuser)
  const db: Database = await cluster.open(url)
  const rooms = await Promise.all(Array.from({ length: 5 }, () => aRoom(db)))

  const writer = (seed: number) =>
    child<[RoomId, string]>(new URL('./testing/writer.ts', import.meta.url), { url, rooms, seed, rounds: ROUNDS })
  const collector = () => child(new URL('./testing/collector.ts', import.meta.url), { url, name: 'collector', shards: 1, batch: 40 })
  let following: Child<unknown> = collector()
  const writers = SEEDS.map(writer)
  let isWriting = true
  const written = Promise.all(writers.map((w) => w.ended)).finally(() => {
    isWriting = false
  })
  const stops: unknown[] = []
  for (let i = 0; isWriting || stops.length < 4; i++) {
    const atWork = () => following.lines.length > (isWriting ? 3 + i : 0) // it has begun, and handed over some batches
    await expect.poll(atWork, { timeout: 10_000 }).toBe(true)
    following.process.kill(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
    stops.push(await following.ended)
    following = collector()
  }
  expect(await written).toEqual(SEEDS.map(() => 0))
  expect(new Set(stops)).toEqual(new Set(['SIGKILL', 0]))

  // A last message: the follower is alive, and done with all that came before it.
  const last = await db.log.submit(says(rooms[0]!, 'the last'))
  await expect.poll(async () => (await collected(superuser)).get(rooms[0]!)?.at(-1), { timeout: 10_000 }).toBe(last.seq)
  following.process.kill('SIGTERM')
  expect(await following.ended).toBe(0)
  const all = await everything(superuser)
  expect(await collected(superuser)).toEqual(all)

  // What the writers were told is stored is there once, and nothing else: what was rolled back left no trace and no gap.
  const lines = writers.flatMap((w) => w.lines)
  const told = Map.groupBy(lines, ([room]) => room)
  for (const room of rooms) {
    const events = await eventsOf(db, room)
    expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1))
    const words = events.flatMap((e) => (e.type === 'chat.messageSent' ? [e.data.personal?.text] : []))
    expect(words.filter((text) => text !== 'the last').sort()).toEqual((told.get(room) ?? []).map(([, text]) => text).sort())
    expect(await verifyStream(db, room)).toMatchObject({ ok: true, seq: events.length })
    const counts = await superuser.query('select msg_count::int, last_seq::int from parley.stream where id = $1', [room])
    expect(counts.rows).toEqual([{ msg_count: events.length, last_seq: events.length }])
  }
  expect(told.size).toBe(rooms.length)
})

test('P2: a transaction that took its id before others, and wrote after them, is not out of order', async () => {
  const url = await cluster.database()
  const db = await cluster.open(url)
  const superuser = await cluster.client(url)
  const room = await aRoom(db)
  const early = db.orm.em.fork()
  await early.begin()
  await early.getConnection().execute('select pg_current_xact_id()', [], 'all', early.getTransactionContext())
  for (const text of ['a', 'b', 'c']) await db.log.submit(says(room, text))
  await db.log.append(early, [says(room, 'd')])
  await early.commit()
  const { rows } = await superuser.query('select seq::int from parley.event where stream_id = $1 order by event.tx, event.pos', [room])
  expect(rows.map((r) => (r as { seq: number }).seq)).toEqual([1, 2, 3, 4])
})
