import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { signerFrom } from '../../persistence/checkpoints.ts'
import { instant } from '../../persistence/log/read.ts'
import { type Child, child, killChildren } from '../../persistence/testing/child.ts'
import { newKey, type TestPerson } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { watcher } from './testing.ts'

const key = newKey()
let h: TestHub
beforeAll(async () => {
  h = await hub({ signer: signerFrom(key) })
})
afterEach(killChildren)
afterAll(() => h.close())

const LONG = { timeout: 120_000 }
/** What is promised: a ghost is gone 10 s after its node was killed. */
const GHOST = { timeout: 10_000, interval: 50 }
const PATIENCE = { timeout: 20_000, interval: 50 }
const HOUR = 3_600_000

async function startNode(skew = 0): Promise<Child<string> & { url: string }> {
  const it = child<string>(new URL('./testing-node.ts', import.meta.url), { url: h.databaseUrl, key, skew })
  await expect.poll(() => it.lines.length, PATIENCE).toBe(1)
  return { ...it, url: it.lines[0]! }
}
const databaseTime = async () => (await h.db.pool.query<{ now: string }>(`select ${instant('clock_timestamp()')} as now`)).rows[0]!.now
const keys = async (roomId: RoomId, ...people: TestPerson[]) => (await Promise.all(people.map((one) => h.keyOf(roomId, one)))).sort()

test('nodes that are killed leave no ghosts beyond ten seconds, however wrong their clocks were', LONG, async () => {
  const { roomId, owner, ...others } = await h.negotiation()
  const people = [others.manager, others.viewer, others.creator]
  const doomed = await Promise.all([0, HOUR, -HOUR].map(startNode))
  const near = await watcher(h, owner)
  const far = await Promise.all(people.map((person, i) => watcher(h, person, doomed[i]!.url)))
  for (const one of [near, ...far]) await one.open(roomId)
  const all = await keys(roomId, owner, ...people)
  for (const one of [near, ...far]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual(all)
  const members = await keys(roomId, ...people)
  const query = async () => (await near.do('presence.query', { roomId, members })).people
  const are = (what: object) => members.map(() => expect.objectContaining(what))
  await expect.poll(query, PATIENCE).toEqual(are({ online: true, lastSeen: null }))

  const alive = await databaseTime()
  for (const node of doomed) node.process.kill('SIGKILL')
  await Promise.all(doomed.map((node) => node.ended))
  const killed = await databaseTime()
  await expect.poll(() => near.sees(roomId), GHOST).toEqual(await keys(roomId, owner))
  await expect.poll(query, GHOST).toEqual(are({ online: false, lastSeen: expect.any(String) }))
  for (const { lastSeen } of await query()) {
    expect(Date.parse(lastSeen!)).toBeGreaterThan(Date.parse(alive) - 7_000) // the last that was heard of the node
    expect(lastSeen! <= killed).toBe(true)
  }
  const { rows } = await h.db.pool.query('select node_id from presence union select node_id from online')
  expect(rows).toHaveLength(1)
})

test('a node that was frozen is taken for dead, and when it goes on its people are there again', LONG, async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const frozen = await startNode()
  const near = await watcher(h, owner)
  await near.open(roomId)
  const far = await watcher(h, creator, frozen.url)
  await far.open(roomId)
  const both = await keys(roomId, owner, creator)
  for (const one of [near, far]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual(both)
  frozen.process.kill('SIGSTOP')
  await expect.poll(() => near.sees(roomId), GHOST).toEqual(await keys(roomId, owner))
  await near.do('presence.update', { away: true })
  frozen.process.kill('SIGCONT')
  const own = await h.keyOf(roomId, owner)
  const now = both.map((member) => (member === own ? `${member}~` : member))
  for (const one of [near, far]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual(now)
})

test('a node that stops by itself takes its people along at once', LONG, async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const stopping = await h.node()
  const near = await watcher(h, owner)
  await near.open(roomId)
  const far = await watcher(h, creator, stopping.url)
  await far.open(roomId)
  await expect.poll(() => near.sees(roomId), PATIENCE).toEqual(await keys(roomId, owner, creator))
  const members = [await h.keyOf(roomId, creator)]
  const query = async () => (await near.do('presence.query', { roomId, members })).people[0]
  await expect.poll(query, PATIENCE).toMatchObject({ online: true })
  await stopping.close()
  expect(await query()).toMatchObject({ online: false, lastSeen: expect.any(String) })
  await expect.poll(() => near.sees(roomId), { timeout: 4_000 }).toEqual(await keys(roomId, owner)) // sooner than it would be missed
})
