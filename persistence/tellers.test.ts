import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'
import { type Database, openDatabase } from './database.ts'
import { type Follower, type Following, follow, forgetFollowers, type Teller } from './followers.ts'
import { child, killChildren } from './testing/child.ts'
import { type OwnCluster, ownCluster } from './testing/cluster.ts'
import { aRoom, says } from './testing/log.ts'

let cluster: OwnCluster
let url: string
let db: Database
let superuser: pg.Client
/** How long one may be frozen, in ms. */
const SILENCE = 3_000
const following: Following[] = []
/** What a test left hanging. */
const leave: (() => void)[] = []

beforeAll(async () => {
  cluster = await ownCluster()
})
beforeEach(async () => {
  url = await cluster.database()
  db = await cluster.open(url)
  superuser = await cluster.client(url)
})
afterEach(async () => {
  killChildren()
  for (const go of leave.splice(0)) go()
  await Promise.all(following.splice(0).map((f) => f.stop()))
})
afterAll(() => cluster.stop())

const start = (teller: Teller | Follower, on = db) => {
  const it = follow(on, teller, 20)
  following.push(it)
  return it
}
/** One that keeps what it was told. */
const listener = (more: Partial<Teller> = {}): Teller & { heard: Envelope[]; begun: number } => {
  const it = {
    name: 'listener',
    heard: [] as Envelope[],
    begun: 0,
    begin: async () => void it.begun++,
    tell: async (events: Envelope[]) => void it.heard.push(...events),
    ...more,
  }
  return it
}
const seqsIn = (events: readonly Envelope[], room: RoomId) => events.filter(({ roomId }) => roomId === room).map(({ seq }) => seq)
const talk = (id: RoomId, times: number) => Promise.all(Array.from({ length: times }, (_, i) => db.log.submit(says(id, `${i}`))))
const until = <T>(look: () => T | Promise<T>, timeout = 10_000) => expect.poll(look, { timeout })
const cursorOf = async (name: string) =>
  (await superuser.query<{ tx: string; pos: string }>('select tx, pos from parley.follower where name = $1', [name])).rows[0]
const begun = (name = 'listener') => until(() => cursorOf(name)).toBeDefined()
const hanging = (): Promise<void> => new Promise((go) => leave.push(go))
/** The connections that hold a teller's lock. */
const owners = async () =>
  (await superuser.query<{ pid: number }>(`select distinct pid from pg_locks where locktype = 'advisory' and granted`)).rows.map(
    (r) => r.pid,
  )

test('one that acts outside begins once, then hears all that is committed after, in order, and nothing from before', async () => {
  const room = await aRoom(db)
  await talk(room, 5)
  const it = listener({ batch: 7 })
  const first = start(it)
  await begun()
  await talk(room, 20)
  await until(() => seqsIn(it.heard, room)).toEqual(Array.from({ length: 20 }, (_, i) => i + 6))
  await first.stop()
  await talk(room, 3)
  start(it)
  await until(() => seqsIn(it.heard, room)).toEqual(Array.from({ length: 23 }, (_, i) => i + 6))
  expect(it.begun).toBe(1)
})

test('what is committed while it begins, and what was open before and is committed after, is missed by neither', async () => {
  const [early, during] = [await aRoom(db), await aRoom(db)]
  const late = db.orm.em.fork()
  await late.begin()
  await db.log.append(late, [says(early, 'written before it began')])
  let seen: unknown[] = []
  const it = listener({
    begin: async () => {
      seen = (await superuser.query('select from parley.event where stream_id = any($1)', [[early, during]])).rows
      await talk(during, 3)
    },
  })
  start(it)
  await begun()
  await late.commit()
  await until(() => [seqsIn(it.heard, early), seqsIn(it.heard, during)]).toEqual([[1], [1, 2, 3]])
  expect(seen).toEqual([])
})

test('a beginning that fails is tried again, and no batch comes before it', async () => {
  const room = await aRoom(db)
  let tries = 0
  const it = listener({
    begin: async () => {
      if (++tries < 3) throw new Error('not yet')
    },
  })
  start(it)
  await until(() => tries).toBe(1)
  await talk(room, 4)
  expect(it.heard).toEqual([])
  await begun()
  expect([tries, it.heard]).toEqual([3, []]) // the beginning saw to these four
  await talk(room, 1)
  await until(() => seqsIn(it.heard, room)).toEqual([5])
})

test('a batch that could not be told moves no cursor, says why, and is told again, whole', async () => {
  const room = await aRoom(db)
  let broken = false
  const told: number[][] = []
  const it = listener({
    tell: async (events) => {
      told.push(seqsIn(events, room))
      if (broken) throw new Error('Temporal is away')
    },
  })
  const its = start(it)
  await begun()
  broken = true
  const before = await cursorOf('listener')
  await talk(room, 1)
  await until(its.failure).toMatchObject({ message: 'Temporal is away' })
  await until(() => told.length).toBeGreaterThan(1)
  expect(await cursorOf('listener')).toEqual(before)
  broken = false
  await until(its.failure).toBeNull()
  expect(told.every((seqs) => seqs[0] === 1)).toBe(true)
  expect(await cursorOf('listener')).not.toEqual(before)
})

test('while it is told something slow, no transaction is open: other followers and the tail go on', async () => {
  const room = await aRoom(db)
  start(listener({ tell: hanging }))
  await begun()
  await talk(room, 1)
  await until(() => leave.length).toBe(1)
  const seen: number[] = []
  start({ name: 'other', handle: async (_em, events) => void seen.push(...seqsIn(events, room)) })
  const { horizon } = await db.log.grownSince(null)
  await talk(room, 3)
  await until(() => seen).toEqual([1, 2, 3, 4])
  expect((await db.log.grownSince(horizon)).heads.get(room)).toBe(4)
  // The other one's own are short.
  const OPEN = `select from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`
  await until(async () => (await superuser.query(OPEN)).rows).toEqual([])
})

test('of several processes only one is at it, and what one has told no other tells', async () => {
  const room = await aRoom(db)
  let [atIt, most] = [0, 0]
  const all = listener({
    batch: 3,
    tell: async (events) => {
      most = Math.max(most, ++atIt)
      await sleep(5)
      all.heard.push(...events)
      atIt--
    },
  })
  for (const on of [db, await cluster.open(url), await cluster.open(url)]) start(all, on)
  await begun()
  for (let i = 0; i < 10; i++) await talk(room, 5)
  await until(() => seqsIn(all.heard, room)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  expect([most, all.begun]).toEqual([1, 1])
})

test('whoever is killed while it tells has lost its lock, and another tells it again', async () => {
  const room = await aRoom(db)
  const first = child<number[] | 'begun'>(new URL('./testing/teller.ts', import.meta.url), { url, name: 'listener', silence: SILENCE })
  await begun()
  await talk(room, 2)
  await until(() => first.lines.length).toBe(2)
  const it = listener()
  start(it)
  await sleep(200) // ten looks
  expect(it.heard).toEqual([])
  first.process.kill('SIGKILL')
  await until(() => seqsIn(it.heard, room)).toEqual([1, 2])
  expect(it.begun).toBe(0)
})

test('whoever is frozen while it tells loses its lock after a while, and once it goes on it moves no cursor back', async () => {
  const room = await aRoom(db)
  const first = child<number[] | 'begun'>(new URL('./testing/teller.ts', import.meta.url), { url, name: 'listener', silence: SILENCE })
  await begun()
  await talk(room, 2)
  await until(() => first.lines.length).toBe(2)
  first.process.kill('SIGSTOP')
  const it = listener()
  start(it)
  await until(() => seqsIn(it.heard, room), 25_000).toEqual([1, 2])
  const cursor = await cursorOf('listener')
  first.process.kill('SIGCONT')
  await sleep(200)
  expect([await cursorOf('listener'), first.process.exitCode]).toEqual([cursor, null])
})

test('whoever takes longer than that, and is alive, keeps its lock; a connection that is lost meanwhile ends no process', async () => {
  const room = await aRoom(db)
  let told = 0
  const it = listener({
    silence: SILENCE,
    tell: async (events) => {
      it.heard.push(...events)
      if (++told === 1) await hanging()
    },
  })
  start(it)
  await begun()
  await talk(room, 1)
  await until(() => leave.length).toBe(1)
  const pids = await owners()
  expect(pids).toHaveLength(1)
  await sleep(SILENCE + 1_000)
  expect(await owners()).toEqual(pids)
  await superuser.query('select pg_terminate_backend($1)', [pids[0]])
  await until(owners).toEqual([])
  for (const go of leave.splice(0)) go()
  await until(() => seqsIn(it.heard, room)).toEqual([1, 1])
})

test('with two connections in all, what hangs outside leaves one to everybody else', async () => {
  const room = await aRoom(db)
  const small = await openDatabase({ url, maxConnections: 2 })
  try {
    let told = 0
    const its = start(
      listener({
        tell: async () => {
          if (++told === 1) await hanging()
        },
      }),
      small,
    )
    await begun()
    const seen: number[] = []
    start({ name: 'other', handle: async (_em, events) => void seen.push(...seqsIn(events, room)) }, small)
    for (let i = 0; i < 5; i++) await small.log.submit(says(room, `${i}`))
    await until(() => seen).toEqual([1, 2, 3, 4, 5])
    expect([leave.length, its.failure()]).toEqual([1, null])
  } finally {
    for (const go of leave.splice(0)) go()
    await Promise.all(following.splice(0).map((f) => f.stop()))
    await small.close()
  }
})

test('those of another namespace are forgotten, and nobody else is', async () => {
  for (const name of ['outside:1', 'outside:2', 'outsider']) {
    start(listener({ name }))
    await begun(name)
  }
  await Promise.all(following.splice(0).map((f) => f.stop()))
  await forgetFollowers(db.pool, 'outside:', 'outside:2')
  const { rows } = await superuser.query<{ name: string }>('select name from parley.follower order by name')
  expect(rows.map(({ name }) => name)).toEqual(['outside:2', 'outsider'])
})
