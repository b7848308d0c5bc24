import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember } from '../../server/rooms/add-member.ts'
import { commandId } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { type Watcher, watcher } from './testing.ts'

let h: TestHub
beforeAll(async () => {
  h = await hub()
})
afterAll(() => h.close())

/** A ceiling for a slow machine. */
const PATIENCE = { timeout: 10_000, interval: 20 }
type Call = { name: string; values: unknown[][] }

/** What presence asks the database while `work` is done and has come to rest. */
async function asked(work: () => Promise<void>): Promise<Call[]> {
  const calls: Call[] = []
  const { pool } = h.db
  const query = pool.query
  pool.query = function (this: unknown, config: Call, ...rest: unknown[]) {
    if (config.name?.startsWith('presence_')) calls.push(config)
    return (query as (...args: unknown[]) => unknown).call(pool, config, ...rest)
  } as unknown as typeof pool.query
  try {
    await work()
  } finally {
    pool.query = query
  }
  return calls
}
const beats = (calls: readonly Call[]) => calls.filter(({ name }) => name === 'presence_beat')
/** Rows of rooms, and of people, that were written. */
const rowsOf = (calls: readonly Call[]) => beats(calls).reduce((sum, { values }) => sum + values[1]!.length + values[4]!.length, 0)
const countOf = async (table: 'presence' | 'online') =>
  Number((await h.db.pool.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]!.count)

test('a room that changes all the time is told once a second, and the last word is right', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const [boss, other] = [await watcher(h, owner), await watcher(h, creator)]
  for (const one of [boss, other]) await one.open(roomId)
  const [from, before] = [performance.now(), boss.presences.length]
  for (let i = 0; i < 301; i++) await other.do('presence.update', { away: i % 2 === 0 })
  const seconds = (performance.now() - from) / 1_000
  expect(boss.presences.length - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
  const expected = [await h.keyOf(roomId, owner), `${await h.keyOf(roomId, creator)}~`].sort()
  await expect.poll(() => boss.sees(roomId), PATIENCE).toEqual(expected)
})

test('a room whose members are more than two hundred tells how many are there, and says so when it becomes one', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  await h.db.pool.query('update room set told_members = 200 where id = $1', [roomId])
  const boss = await watcher(h, owner)
  await boss.open(roomId)
  expect(boss.sees(roomId)).toEqual([await h.keyOf(roomId, owner)])
  const late = await h.person('brand')
  await addMember(h.as(owner), { commandId: commandId(), roomId, userId: late.userId, role: 'viewer' })
  await expect.poll(() => boss.sees(roomId), PATIENCE).toBe(1)
  const far = await watcher(h, creator, (await h.node()).url)
  await far.open(roomId)
  const phone = await watcher(h, owner) // the same person again
  await phone.open(roomId)
  for (const one of [boss, far, phone]) await expect.poll(() => one.sees(roomId), PATIENCE).toBe(2)
  expect(far.presences.every(({ present }) => present === null)).toBe(true)
})

test('500 joins at once are a few statements, with a row for each person and each room', { timeout: 120_000 }, async () => {
  const rooms = await Promise.all(Array.from({ length: 25 }, () => h.negotiation()))
  const seats = rooms.flatMap(({ roomId, owner, manager, viewer, creator }) =>
    [owner, manager, viewer, creator].map((one) => ({ roomId, one })),
  )
  const sockets: Watcher[] = []
  const from = performance.now()
  const calls = await asked(async () => {
    for (const { one } of seats) sockets.push(await watcher(h, one))
    const all = (name: 'room.join' | 'room.leave') => Promise.all(seats.map(({ roomId }, i) => sockets[i]!.do(name, { roomId })))
    for (let round = 1; round <= 5; round++) {
      await all('room.join')
      if (round < 5) await all('room.leave')
    }
    const whole = async () => (await countOf('online')) >= seats.length && (await countOf('presence')) >= rooms.length
    await expect.poll(whole, PATIENCE).toBe(true)
  })
  // Never more often than each 250 ms, whatever comes; and what came back to what it was is not written.
  expect(beats(calls).length).toBeLessThanOrEqual((performance.now() - from) / 250 + 1)
  expect(rowsOf(calls)).toBeLessThanOrEqual(seats.length * 2 + rooms.length * beats(calls).length)
  for (const one of sockets) one.socket.close()
})

test('where nobody comes or goes nothing is written but that the node lives, whatever is said', async () => {
  const { roomId, owner } = await h.negotiation()
  const boss = await watcher(h, owner)
  await boss.open(roomId)
  await expect.poll(async () => rowsOf(await asked(() => sleep(600))), { timeout: 10_000, interval: 0 }).toBe(0)
  const calls = await asked(async () => {
    for (let i = 0; i < 200; i++) await boss.do('chat.send', { commandId: commandId(), roomId, text: `${i}` })
    await sleep(2_500) // longer than from one beat to the next
  })
  expect(rowsOf(calls)).toBe(0)
  expect(beats(calls).length).toBeGreaterThan(0)
})
