import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActorKey, newId, type RoomId, type UserId } from '../../client-sdk/contract/index.ts'
import { beat, type NodeId, registerNode } from '../../persistence/presence.ts'
import { openTestDatabase, type TestDatabase } from '../../persistence/testing.ts'
import { Here } from './here.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

const newNode = () => newId<string>() as NodeId
const socket = () => ({})

/** One node's side with a clock that the test moves, and one that reads it. */
async function pair({ pool } = database.db) {
  const clock = { ms: 0 }
  const [writes, reads] = [newNode(), newNode()]
  const here: Here<object> = new Here({ room: (roomId) => writer.room(roomId), person: (userId) => writer.person(userId) })
  const writer = new Writer(pool, writes, here, () => clock.ms)
  const reader = new Reader(pool, reads, () => clock.ms)
  await registerNode(pool, reads)
  const enter = (roomId: RoomId) => {
    const [device, key] = [socket(), newId<ActorKey>()]
    here.connect(device, newId<UserId>())
    here.hide(device, false)
    here.enter(roomId, device, key)
    return { device, key }
  }
  const rows = async () =>
    (await pool.query<{ room_id: RoomId }>('select room_id from presence where node_id = $1', [writes])).rows.map((row) => row.room_id)
  const there = (roomId: RoomId) => [...reader.elsewhere.in(roomId)]
  return { clock, here, writer, reader, enter, rows, there, writes }
}

test('what changed is read once, and a room that came back to what it was is not written', async () => {
  const { here, writer, reader, enter, there } = await pair()
  const [roomId, other] = [newId<RoomId>(), newId<RoomId>()]
  const { key } = enter(roomId)
  const { device } = enter(other)
  here.leave(other, device)
  expect(await writer.write()).toEqual([roomId])
  while ((await reader.read()).isIncomplete) {} // a node seen for the first time is read from its beginning
  expect(there(roomId)).toEqual([{ active: key, away: '' }])
  expect((await reader.read()).changed).toEqual([])
  expect(await writer.write()).toEqual([])
})

test('a room that everybody has left is kept for the others to read so, then forgotten; who looked too late reads all', async () => {
  const { clock, here, writer, reader, enter, rows, there } = await pair()
  const roomId = newId<RoomId>()
  const { device, key } = enter(roomId)
  await writer.write()
  while ((await reader.read()).isIncomplete) {}
  expect(there(roomId)).toEqual([{ active: key, away: '' }])
  here.leave(roomId, device)
  await writer.write()
  clock.ms = 59_999
  await writer.write()
  expect(await rows()).toEqual([roomId])
  clock.ms = 60_000
  await writer.write()
  expect(await rows()).toEqual([]) // and the reader has not looked since
  expect((await reader.read()).changed).toEqual([roomId])
  expect(there(roomId)).toEqual([])
})

test('a room that is opened again before it is forgotten stays', async () => {
  const { clock, here, writer, enter, rows } = await pair()
  const roomId = newId<RoomId>()
  const { device, key } = enter(roomId)
  await writer.write()
  here.leave(roomId, device)
  await writer.write()
  here.enter(roomId, device, key)
  await writer.write()
  clock.ms = 120_000
  await writer.write()
  expect(await rows()).toEqual([roomId])
})

test('a node that others took away writes everything again, as soon as it notices', async () => {
  const { writer, enter, rows, writes } = await pair()
  const rooms = [newId<RoomId>(), newId<RoomId>()].sort()
  for (const roomId of rooms) enter(roomId)
  await writer.write()
  await database.db.pool.query('delete from node where id = $1', [writes])
  expect(await rows()).toEqual([])
  expect((await writer.write()).sort()).toEqual(rooms)
  expect((await rows()).sort()).toEqual(rooms)
})

test('more rooms than fit in one call are all written', async () => {
  const { writer, here, rows } = await pair()
  const device = socket()
  here.connect(device, newId<UserId>())
  here.hide(device, false)
  for (let i = 0; i < 2_300; i++) here.enter(newId<RoomId>(), device, newId<ActorKey>())
  expect(await writer.write()).toHaveLength(2_300)
  expect(await rows()).toHaveLength(2_300)
})

test('what was written though its answer was lost is written again, even if it is as before by then', async () => {
  const { pool } = database.db
  const fate = { isLost: false }
  const query = async (...args: Parameters<typeof pool.query>) => {
    const answer = await pool.query(...args)
    if (fate.isLost) throw Object.assign(new Error('lost'), { code: 'ECONNRESET' })
    return answer
  }
  const { here, writer, reader, enter, there } = await pair({ ...database.db, pool: Object.assign(Object.create(pool), { query }) })
  const roomId = newId<RoomId>()
  await writer.write()
  const { device, key } = enter(roomId)
  fate.isLost = true
  await expect(writer.write()).rejects.toMatchObject({ code: 'server.unavailable' })
  fate.isLost = false
  while ((await reader.read()).isIncomplete) {}
  expect(there(roomId)).toEqual([{ active: key, away: '' }])
  here.leave(roomId, device)
  await writer.write()
  await reader.read()
  expect(there(roomId)).toEqual([])
})

test('a word that was given up and comes late changes nothing', async () => {
  const { pool } = database.db
  const [node, roomId] = [newNode(), newId<RoomId>()]
  await registerNode(pool, node)
  const word = (n: number, active: string) => ({ beat: n, rooms: [{ roomId, active, away: '' }], online: [], gone: [] })
  expect(await beat(pool, node, word(2, 'newer'))).toBe(true)
  expect(await beat(pool, node, word(1, 'older'))).toBe(false)
  const { rows } = await pool.query('select active from presence where room_id = $1', [roomId])
  expect(rows).toEqual([{ active: 'newer' }])
})

test('a database that forgets a node at once is an error, and no loop without an end', async () => {
  const { writer, enter } = await pair()
  enter(newId<RoomId>())
  const superuser = new pg.Client({ connectionString: database.url, options: '-c search_path=parley' })
  await superuser.connect()
  await superuser.query('create function forget() returns trigger language plpgsql as $$ begin return null; end $$')
  await superuser.query('create trigger forget before insert on node for each row execute function forget()')
  await expect(writer.write()).rejects.toThrow('forgets this node')
  await superuser.query('drop trigger forget on node')
  await superuser.query('drop function forget')
  expect(await writer.write()).toHaveLength(1)
  await superuser.end()
})
