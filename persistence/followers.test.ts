import type { EntityManager } from '@mikro-orm/postgresql'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'
import type { Database } from './database.ts'
import { type Follower, type Following, follow } from './followers.ts'
import { query } from './sql.ts'
import { child, killChildren } from './testing/child.ts'
import { type OwnCluster, ownCluster } from './testing/cluster.ts'
import { collected, createCollected, everything } from './testing/collected.ts'
import { aRoom, says } from './testing/log.ts'

let cluster: OwnCluster
let url: string
let db: Database
let superuser: pg.Client
const following: Following[] = []

beforeAll(async () => {
  cluster = await ownCluster()
})
beforeEach(async () => {
  url = await cluster.database()
  db = await cluster.open(url)
  superuser = await cluster.client(url)
  await createCollected(superuser)
})
afterEach(async () => {
  killChildren()
  await Promise.all(following.splice(0).map((f) => f.stop()))
})
afterAll(() => cluster.stop())

const start = (follower: Follower) => {
  const it = follow(db, follower, 20)
  following.push(it)
  return it
}
const collect = (em: EntityManager, who: string, events: Envelope[]) =>
  query(em, 'insert into collected (who, stream_id, seq) select $1, s, q from unnest($2::uuid[], $3::bigint[]) as u (s, q)', [
    who,
    events.map((e) => e.roomId),
    events.map((e) => e.seq),
  ])
const collector = (name: string, more: Partial<Follower> = {}): Follower => ({
  name,
  handle: async (em, events) => void (await collect(em, name, events)),
  ...more,
})
const rooms = (count: number) => Promise.all(Array.from({ length: count }, () => aRoom(db)))
const talk = (ids: RoomId[], times: number) =>
  Promise.all(ids.flatMap((id) => Array.from({ length: times }, (_, i) => db.log.submit(says(id, `${i}`)))))
const until = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 10_000 })
const cursorOf = async (name: string) =>
  (await superuser.query('select tx from parley.follower where name = $1', [name])).rows[0]?.tx as string

test('a follower sees what was there before it and what comes after, whole and in order', async () => {
  const ids = await rooms(3)
  await talk(ids, 20)
  start(collector('all', { batch: 7 }))
  await talk(ids, 20)
  await until(() => collected(superuser)).toEqual(await everything(superuser))
})

test('what a handler writes happens once, though it fails in the middle again and again', async () => {
  const ids = await rooms(2)
  let calls = 0
  const flaky = collector('flaky', {
    batch: 10,
    async handle(em, events) {
      await collect(em, 'flaky', events)
      if (++calls % 2 === 1) throw new Error('not now')
    },
  })
  const it = start(flaky)
  await talk(ids, 15)
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  expect(calls).toBeGreaterThanOrEqual(6)
  await until(it.failure).toBeNull()
})

test('a handler that cannot do its work holds back itself alone, says why, and goes on where it was', async () => {
  const ids = await rooms(1)
  let broken = true
  const stuck = collector('stuck', {
    async handle(em, events) {
      if (broken) throw new Error('the mail server is away')
      await collect(em, 'stuck', events)
    },
  })
  const it = start(stuck)
  const seen: number[] = []
  start({ name: 'well', handle: async (_em, events) => void seen.push(...events.map((e) => e.seq)) })
  await talk(ids, 5)
  await until(() => seen).toEqual([1, 2, 3, 4, 5])
  await until(it.failure).toMatchObject({ message: 'the mail server is away' })
  expect((await cursorOf('stuck')) ?? '0').toBe('0')
  broken = false
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  await until(it.failure).toBeNull()
})

test('one that may work only a part of the time rests between its batches for the others, and misses nothing', async () => {
  const ids = await rooms(2)
  await talk(ids, 20)
  const turns: { from: number; to: number }[] = []
  start(
    collector('modest', {
      batch: 10,
      share: { quiet: 0.2, busy: 0.2 },
      handle: async (em, events) => {
        const from = performance.now()
        await collect(em, 'modest', events)
        await new Promise((done) => setTimeout(done, 20))
        turns.push({ from, to: performance.now() })
      },
    }),
  )
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  const full = turns.slice(0, 4)
  for (const [i, turn] of full.slice(1).entries()) expect(turn.from - full[i]!.to).toBeGreaterThan(3 * (full[i]!.to - full[i]!.from))
})

test('waking one looks at once, and stopping waits for the batch in hand', async () => {
  const [room] = await rooms(1)
  const seen: number[] = []
  let leave = () => {}
  const held = new Promise<void>((done) => {
    leave = done
  })
  const it = follow(db, { name: 'slow', handle: async (_em, events) => held.then(() => void seen.push(events.length)) }, 60_000)
  await until(() => cursorOf('slow')).toBe('0') // it has looked, found nothing, and waits for a minute
  await db.log.submit(says(room!, 'a'))
  it.wake()
  await until(
    async () =>
      (await superuser.query(`select from pg_locks where mode = 'RowShareLock' and relation = 'parley.follower'::regclass`)).rowCount,
  ).toBe(1)
  let stopped = false
  const stopping = it.stop().then(() => {
    stopped = true
  })
  await new Promise((turn) => setTimeout(turn, 50))
  expect([stopped, seen]).toEqual([false, []])
  leave()
  await stopping
  expect(seen).toEqual([1])
  expect(await cursorOf('slow')).not.toBe('0')
})

test('shards split the streams, each whole to one of them, and together see all', async () => {
  const ids = await rooms(40)
  await talk(ids, 5)
  const batches: Set<string>[] = []
  start(
    collector('sharded', {
      shards: 3,
      async handle(em, events) {
        await collect(em, 'sharded', events)
        batches.push(new Set(events.map((e) => e.roomId)))
      },
    }),
  )
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  expect(batches.map((b) => b.size).reduce((sum, size) => sum + size)).toBe(40)
  expect(batches).toHaveLength(3)
  const { rows } = await superuser.query(`select shard, shards, tx > 0 as moved from parley.follower where name = 'sharded' order by shard`)
  expect(rows).toEqual([0, 1, 2].map((shard) => ({ shard, shards: 3, moved: true })))
})

test('a follower whose number of shards was changed stops with a reason, and skips nothing', async () => {
  const ids = await rooms(2)
  await talk(ids, 3)
  const two = start(collector('resharded', { shards: 2 }))
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  await two.stop()
  const three = start(collector('resharded', { shards: 3 }))
  await until(() => String(three.failure())).toContain('has 2 shards, not 3')
})

test('two processes share the work: each shard has one owner at a time, and every event is handled once', async () => {
  const ids = await rooms(12)
  const one = () =>
    child<number | 'begun'>(new URL('./testing/collector.ts', import.meta.url), { url, name: 'shared', shards: 4, batch: 5 })
  const processes = [one(), one()]
  await until(() => processes.every((p) => p.lines.length > 0)).toBe(true)
  const who = async () => (await superuser.query<{ who: string }>('select distinct who from parley.collected')).rows.map((r) => r.who)
  for (let i = 0; i < 10 || (i < 200 && (await who()).length < 2); i++) await talk(ids, 2)
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  expect((await who()).sort()).toEqual(processes.map((p) => `shared/${p.process.pid}`).sort())
})

test('P2: an open transaction that is earlier holds followers back, and what it commits late is not skipped', async () => {
  const [early, other] = await rooms(2)
  start(collector('patient'))
  await talk([other!], 1)
  await until(async () => (await collected(superuser)).get(other!)).toEqual([1])

  const late = db.orm.em.fork()
  await late.begin()
  await db.log.append(late, [says(early!, 'written first, committed last')])
  await talk([other!], 5)
  await new Promise((turn) => setTimeout(turn, 300)) // a dozen looks
  expect(await collected(superuser)).toEqual(new Map([[other!, [1]]]))
  await late.commit()
  await until(() => collected(superuser)).toEqual(await everything(superuser))
  const { rows } = await superuser.query<{ stream_id: string }>('select stream_id from parley.collected order by n')
  expect(rows.map((r) => r.stream_id)).toEqual([other, early, other, other, other, other, other])
})

test('P2: streams that grew since a horizon are named, the late ones too, and nothing twice without need', async () => {
  const [early, other] = await rooms(2)
  const begin = await db.log.grownSince(null)
  expect(begin.heads.size).toBe(0)
  const late = db.orm.em.fork()
  await late.begin()
  await db.log.append(late, [says(early!, 'late')])
  await talk([other!], 3)
  const first = await db.log.grownSince(begin.horizon)
  expect(first.heads).toEqual(new Map([[other, 3]]))
  await late.commit()
  const second = await db.log.grownSince(first.horizon)
  expect(second.heads.get(early!)).toBe(1)
  expect((await db.log.grownSince(second.horizon)).heads).toEqual(new Map())
})

test('of streams that grew it is known between which seqs lists changed; talk changes none', async () => {
  const [deal, talking] = await rooms(2)
  const changed = (version: number) => {
    return says(deal!, '', { type: 'campaign.changed', deal: { version, fields: ['title'] }, personal: null })
  }
  const begin = await db.log.grownSince(null)
  await talk([deal!, talking!], 2)
  expect((await db.log.grownSince(begin.horizon)).listed).toEqual(new Map())
  for (const version of [2, 3]) {
    await db.log.submit(changed(version))
    await talk([deal!, talking!], 1)
  }
  const { heads, listed } = await db.log.grownSince(begin.horizon)
  expect(heads).toEqual(new Map([deal, talking].map((id) => [id, id === deal ? 6 : 4])))
  expect(listed).toEqual(new Map([[deal, { first: 3, last: 5 }]]))
})
