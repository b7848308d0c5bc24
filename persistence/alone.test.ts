import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alone } from './alone.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await openTestDatabase()
})
afterAll(() => t.close())

test('of one name there is one at a time, whatever becomes of it', async () => {
  let inside = 0
  const seen: number[] = []
  const enter = async (n: number) => {
    seen.push(++inside)
    await new Promise((done) => setTimeout(done, 20))
    inside--
    if (n === 1) throw new Error('it broke')
  }
  const all = await Promise.allSettled([0, 1, 2, 3].map((n) => alone(t.db.pool, 'a', () => enter(n))))
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect(seen).toEqual([1, 1, 1, 1])
})

test('another name waits for nobody', async () => {
  expect(await alone(t.db.pool, 'a', () => alone(t.db.pool, 'b', async () => 'both'))).toBe('both')
})

test('a connection that is lost meanwhile ends no process, and gives the lock back', async () => {
  const superuser = new pg.Client({ connectionString: t.url })
  await superuser.connect()
  const lose = () =>
    superuser.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`)
  expect(await alone(t.db.pool, 'c', async () => (await lose()).rowCount)).toBe(1)
  expect(await alone(t.db.pool, 'c', async () => 'again')).toBe('again')
  const { rows } = await t.db.pool.query<{ lock_timeout: string }>('show lock_timeout')
  expect(rows).toEqual([{ lock_timeout: '3s' }])
  await superuser.end()
})
