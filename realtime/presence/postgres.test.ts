import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnCluster, ownCluster } from '../../persistence/testing/cluster.ts'
import { hub, type TestHub } from '../testing.ts'
import { watcher } from './testing.ts'

let cluster: OwnCluster
let h: TestHub
let far: string
beforeAll(async () => {
  cluster = await ownCluster()
  const url = await cluster.database()
  const db = await cluster.open(url)
  h = await hub({ database: { db, url, close: () => db.close() } })
  far = (await h.node()).url
})
afterAll(async () => {
  await h?.close()
  await cluster?.stop()
})

const PATIENCE = { timeout: 30_000, interval: 50 }

test('a crash of PostgreSQL empties the tables: nobody is told that all have gone, and what changed meanwhile is told after', {
  timeout: 120_000,
}, async () => {
  const { roomId, owner, manager, viewer, creator } = await h.negotiation()
  const [near, stays, leaves] = [await watcher(h, owner), await watcher(h, manager, far), await watcher(h, creator, far)]
  for (const one of [near, stays, leaves]) await one.open(roomId)
  const [boss, managing, creating, viewing] = await Promise.all([owner, manager, creator, viewer].map((one) => h.keyOf(roomId, one)))
  for (const one of [near, stays]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual([boss, managing, creating].sort())
  const late = await watcher(h, viewer)

  const before = near.presences.length
  await cluster.crash()
  leaves.socket.close()
  await stays.do('presence.update', { away: true })
  await expect.poll(() => h.failures.length, PATIENCE).toBeGreaterThan(0)
  expect(near.sees(roomId)).toEqual([boss, managing, creating].sort())
  await cluster.restart()

  for (const one of [near, stays]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual([boss, `${managing}~`].sort())
  for (const { count } of near.presences.slice(before)) expect(count).toBeGreaterThanOrEqual(2)
  await expect.poll(() => late.open(roomId).then(() => 'open', String), PATIENCE).toBe('open')
  for (const one of [near, stays, late]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual([boss, `${managing}~`, viewing].sort())
})
