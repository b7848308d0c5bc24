import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, type RoomId, type UserId } from '../client-sdk/contract/index.ts'
import type { Database } from './database.ts'
import { peopleToTell } from './slow-work.ts'
import { openTestDatabase } from './testing.ts'

/** Rooms, with so many members each; the last room has a crowd. */
const [ROOMS, MEMBERS, CROWD] = [2_000, 10, 3_000]

let db: Database
let superuser: pg.Client
let rooms: RoomId[]
let close: () => Promise<void>
beforeAll(async () => {
  const opened = await openTestDatabase()
  db = opened.db
  superuser = new pg.Client({ connectionString: opened.url, options: '-c search_path=parley' })
  await superuser.connect()
  close = opened.close
  rooms = Array.from({ length: ROOMS }, () => newId<RoomId>())
  const people = Array.from({ length: CROWD }, () => newId<UserId>())
  await superuser.query(
    `insert into person (id, email, name, role, password_hash) select p, p || '@example.com', 'p', 'creator', '' from unnest($1::uuid[]) as p`,
    [people],
  )
  await superuser.query(
    `insert into stream (id, kind, last_hash, last_seq, msg_count) select r, 'room', '', 20, 9 from unnest($1::uuid[]) as r`,
    [rooms],
  )
  await superuser.query(`insert into room (id, kind) select r, 'application' from unnest($1::uuid[]) as r`, [rooms])
  await superuser.query(
    `insert into member (room_id, actor_key, user_id, role, since)
       select r.id, gen_random_uuid(), p.id, 'creator', 2 from unnest($1::uuid[]) with ordinality as r (id, i)
         join unnest($2::uuid[]) with ordinality as p (id, i) on r.i = $3 or (p.i - r.i + $4) % $4 < $5`,
    [rooms, people, ROOMS, CROWD, MEMBERS],
  )
  await superuser.query('insert into reading (user_id, room_id, seq, n) select user_id, room_id, 1, 0 from member')
  await superuser.query('analyze')
}, 120_000)
afterAll(async () => {
  await superuser.end()
  await close()
})

/** How many rows of these tables were read by a scan of all, and how many by index, since the database began. */
async function scanned(): Promise<number> {
  await superuser.query('select pg_stat_clear_snapshot()')
  const { rows } = await superuser.query<{ n: number }>(
    `select sum(seq_tup_read)::int as n from pg_stat_user_tables where relname in ('reading', 'member', 'person', 'stream')`,
  )
  return rows[0]!.n
}

test('who is to be told is found by index, for one room, for 500, and for a crowd', async () => {
  const said = (from: number, n: number) => rooms.slice(from, from + n).map((roomId) => ({ roomId, only: null }))
  expect(await peopleToTell(db.pool, said(0, 1))).toHaveLength(MEMBERS)
  expect((await peopleToTell(db.pool, said(0, 500))).length).toBe(500 + MEMBERS - 1)
  expect(await peopleToTell(db.pool, said(ROOMS - 1, 1))).toHaveLength(CROWD)
  const before = await scanned()
  const began = performance.now()
  for (let i = 0; i < 12; i++) await peopleToTell(db.pool, said(i * 50, 50))
  const ms = (performance.now() - began) / 12
  await db.pool.query('select pg_stat_force_next_flush()')
  expect(ms).toBeLessThan(1_000)
  expect((await scanned()) - before).toBe(0)
})
