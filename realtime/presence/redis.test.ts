import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRedis, type Redis } from '../../persistence/redis.ts'
import { startTestRedis, type TestRedis } from '../../persistence/testing-redis.ts'
import { hub, type TestHub, type TestNode } from '../testing.ts'
import { watcher } from './testing.ts'

let server: TestRedis
let links: Redis[]
let h: TestHub
let far: TestNode
beforeAll(async () => {
  server = await startTestRedis()
  links = [openRedis(server.url), openRedis(server.url)]
  h = await hub({ redis: links[0] })
  far = await h.node({ redis: links[1] })
})
afterAll(async () => {
  await h?.close()
  for (const link of links ?? []) link.close()
  await server?.close()
})

const PATIENCE = { timeout: 10_000, interval: 20 }

async function meeting() {
  const { roomId, owner, creator } = await h.negotiation()
  const [near, away, phone] = [await watcher(h, owner), await watcher(h, creator, far.url), await watcher(h, owner, far.url)]
  for (const one of [near, away, phone]) await one.open(roomId)
  const [boss, other] = [await h.keyOf(roomId, owner), await h.keyOf(roomId, creator)]
  for (const one of [near, away, phone]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual([boss, other].sort())
  return { roomId, near, away, phone, boss, other }
}

test('with Redis typing reaches the other node, but not the same person’s devices there', async () => {
  const { roomId, near, away, phone, boss, other } = await meeting()
  // Until both nodes have found each other.
  await expect
    .poll(async () => {
      await near.do('room.typing', { roomId, typing: true })
      return away.typings.length
    }, PATIENCE)
    .toBeGreaterThan(0)
  expect(away.typings[0]).toEqual({ roomId, member: boss, typing: true })
  await away.do('room.typing', { roomId, typing: true })
  for (const one of [near, phone]) await expect.poll(() => one.typings, PATIENCE).toEqual([{ roomId, member: other, typing: true }])
  away.socket.close()
  for (const one of [near, phone]) await expect.poll(() => one.typings.at(-1)?.typing, PATIENCE).toBe(false)
})

test('with Redis a node says that it has written, and without it nothing is missed', async () => {
  const { roomId, near, away, boss, other } = await meeting()
  const heard: string[] = []
  far.io.on('presence.changed', (rooms) => heard.push(...rooms))
  await near.do('presence.update', { away: true }) // their other device is not
  await away.do('presence.update', { away: true })
  await near.do('room.leave', { roomId })
  await expect.poll(() => heard, PATIENCE).toContain(roomId)

  await server.signal('SIGKILL')
  await near.open(roomId)
  await away.do('presence.update', { away: false })
  for (const one of [near, away]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual([boss, other].sort())
})
