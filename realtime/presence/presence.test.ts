import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { instant } from '../../persistence/log/read.ts'
import { changeSettings } from '../../server/people/settings.ts'
import { addMember } from '../../server/rooms/add-member.ts'
import { removeMember } from '../../server/rooms/remove-member.ts'
import { commandId, type TestPerson } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { type Watcher, watcher } from './testing.ts'

let h: TestHub
let far: string
beforeAll(async () => {
  h = await hub()
  far = (await h.node()).url
})
afterAll(() => h.close())

/** A ceiling for a slow machine; between nodes without Redis a change takes about a second. */
const PATIENCE = { timeout: 5_000, interval: 20 }
const keys = async (roomId: RoomId, ...people: TestPerson[]) => (await Promise.all(people.map((one) => h.keyOf(roomId, one)))).sort()
async function settled(watchers: readonly Watcher[], roomId: RoomId, sees: unknown): Promise<void> {
  for (const one of watchers) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual(sees)
}

test('who opens a room is present for everybody in it, on both nodes, and gone when they leave it or are cut off', async () => {
  const { roomId, owner, manager, creator } = await h.negotiation()
  const [near, other, third] = [await watcher(h, owner), await watcher(h, manager, far), await watcher(h, creator)]
  for (const one of [near, other, third]) await one.open(roomId)
  await settled([near, other, third], roomId, await keys(roomId, owner, manager, creator))
  await third.do('room.leave', { roomId })
  await settled([near, other], roomId, await keys(roomId, owner, manager))
  expect(third.sees(roomId)).toEqual(await keys(roomId, owner, manager, creator)) // who left is told nothing
  other.socket.close()
  await settled([near], roomId, await keys(roomId, owner))
})

test('the answer to a join already says who is there, on other nodes too', async () => {
  const { roomId, owner, manager, creator } = await h.negotiation()
  const [near, other] = [await watcher(h, owner), await watcher(h, manager, far)]
  await near.open(roomId)
  await other.open(roomId)
  await settled([near, other], roomId, await keys(roomId, owner, manager))
  const joined = await (await h.client(creator, {}, far)).do('room.join', { roomId })
  expect(joined.presence.count).toBe(3)
  expect(joined.presence.present?.map(({ member }) => member).sort()).toEqual(await keys(roomId, owner, manager, creator))
})

test('several devices of one person are one, and they are away once all of them are, wherever they are', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const [near, phone, laptop] = [await watcher(h, owner), await watcher(h, creator), await watcher(h, creator, far)]
  for (const one of [near, phone, laptop]) await one.open(roomId)
  const [own, theirs] = [await h.keyOf(roomId, owner), await h.keyOf(roomId, creator)]
  await settled([near, phone, laptop], roomId, [own, theirs].sort())
  expect(near.presences.at(-1)?.count).toBe(2)

  await phone.do('presence.update', { away: true })
  await laptop.do('presence.update', { away: true })
  await settled([near, laptop], roomId, [own, `${theirs}~`].sort())
  await phone.do('presence.update', { away: false })
  await settled([near, laptop], roomId, [own, theirs].sort())
  phone.socket.close()
  await settled([near, laptop], roomId, [own, `${theirs}~`].sort())
  await laptop.do('presence.update', { away: false })
  await settled([near], roomId, [own, theirs].sort())
})

test('who hides is nowhere: not in the room, not in its count, not online, never seen; and comes back when they want', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const [near, here, there] = [await watcher(h, owner), await watcher(h, creator), await watcher(h, creator, far)]
  for (const one of [near, here, there]) await one.open(roomId)
  const member = await h.keyOf(roomId, creator)
  const query = async () => (await near.do('presence.query', { roomId, members: [member] })).people
  await settled([near], roomId, await keys(roomId, owner, creator))
  await expect.poll(query, PATIENCE).toEqual([{ member, online: true, away: false, lastSeen: null }])

  await changeSettings(h.as(creator), { presence: 'hidden' })
  await settled([near, here, there], roomId, await keys(roomId, owner))
  expect(near.presences.at(-1)?.count).toBe(1)
  expect(await query()).toEqual([{ member, online: false, away: false, lastSeen: null }])

  const before = near.presences.length
  there.socket.close()
  const again = await watcher(h, creator, far)
  await again.open(roomId)
  await again.do('presence.update', { away: true })
  expect(again.sees(roomId)).toEqual(await keys(roomId, owner))
  await again.do('room.leave', { roomId })

  await changeSettings(h.as(creator), { presence: 'shown' })
  await settled([near, here], roomId, await keys(roomId, owner, creator))
  expect(near.presences.slice(before).map(({ count }) => count)).toEqual([2]) // what they did meanwhile told nobody anything
})

test('who went is seen at the time when they went, unless they hide', async () => {
  const { roomId, owner, creator, manager } = await h.negotiation()
  const asker = await watcher(h, owner)
  const members = [await h.keyOf(roomId, creator), await h.keyOf(roomId, manager)]
  const query = async () => {
    const { people } = await asker.do('presence.query', { roomId, members })
    return members.map((member) => people.find((one) => one.member === member))
  }
  expect(await query()).toMatchObject([
    { online: false, lastSeen: null },
    { online: false, lastSeen: null },
  ])
  await changeSettings(h.as(manager), { presence: 'hidden' })
  const [first, second] = [await h.client(creator), await h.client(manager, {}, far)]
  const moment = async () => (await h.db.pool.query<{ now: string }>(`select ${instant('clock_timestamp()')} as now`)).rows[0]!.now
  await expect.poll(query, PATIENCE).toMatchObject([{ online: true, lastSeen: null }, { online: false }])
  const before = await moment()
  first.socket.close()
  second.socket.close()
  await expect.poll(query, PATIENCE).toMatchObject([{ online: false, lastSeen: expect.any(String) }, { online: false }])
  const [seen, hidden] = await query()
  expect(seen!.lastSeen! >= before && seen!.lastSeen! <= (await moment())).toBe(true)
  expect(hidden).toEqual({ member: members[1], online: false, away: false, lastSeen: null })
  await changeSettings(h.as(creator), { presence: 'hidden' })
  await changeSettings(h.as(creator), { presence: 'shown' })
  expect(await query()).toMatchObject([{ online: false, lastSeen: null }, {}])
})

test('in a campaign a creator sees the team, and nobody learns anything of the creators, not even that something happened', async () => {
  const [owner, manager] = [await h.person('brand'), await h.person('brand')]
  const creators = [await h.person(), await h.person(), await h.person()]
  const roomId = await h.room('campaign', [[owner, 'owner'], [manager, 'manager'], ...creators.map((one) => [one, 'creator'] as const)])
  const boss = await watcher(h, owner)
  const first = await watcher(h, creators[0]!)
  for (const one of [boss, first]) await one.open(roomId)
  expect(first.sees(roomId)).toEqual(await keys(roomId, owner))
  await settled([boss], roomId, await keys(roomId, owner))
  const told = () => [boss.presences.length, first.presences.length]
  const before = told()

  for (const [creator, url] of [[creators[1]!, undefined] as const, [creators[2]!, far] as const]) {
    const late = await watcher(h, creator, url)
    await late.open(roomId)
    await late.do('presence.update', { away: true })
    expect(await late.ask('room.typing', { roomId, typing: true })).toMatchObject({ ok: false, error: { code: 'access.denied' } })
    await settled([late], roomId, await keys(roomId, owner))
    late.socket.close()
  }
  // What comes next comes alone.
  const far2 = await watcher(h, manager, far)
  await far2.open(roomId)
  await settled([boss, first], roomId, await keys(roomId, owner, manager))
  expect(told()).toEqual(before.map((count) => count + 1))
  expect(boss.presences.at(-1)?.count).toBe(2)
  const members = await keys(roomId, owner, ...creators)
  const { people } = await first.do('presence.query', { roomId, members })
  expect(people.map(({ member }) => member)).toEqual(await keys(roomId, owner))
})

test('somebody who becomes a creator of the campaign while they have its room open is in its presence no more', async () => {
  const [owner, person] = [await h.person('brand'), await h.person('brand')]
  const roomId = await h.room('campaign', [
    [owner, 'owner'],
    [person, 'manager'],
  ])
  const [boss, other] = [await watcher(h, owner), await watcher(h, person, far)]
  for (const one of [boss, other]) await one.open(roomId)
  await settled([boss, other], roomId, await keys(roomId, owner, person))
  await removeMember(h.as(owner), { commandId: commandId(), roomId, userId: person.userId })
  await addMember(h.as(owner), { commandId: commandId(), roomId, userId: person.userId, role: 'creator' })
  await settled([boss], roomId, await keys(roomId, owner))
})

test('without the room nothing is learned: no whisper comes, and a query is answered as for a room that is not there', async () => {
  const { roomId, owner, manager } = await h.negotiation()
  const stranger = await watcher(h, await h.person('brand'))
  const member = await watcher(h, manager) // may read it, and has not opened it
  const boss = await watcher(h, owner, far)
  await boss.open(roomId)
  await boss.do('room.typing', { roomId, typing: true })
  const key = await h.keyOf(roomId, owner)
  for (const id of [roomId, 'a0000000-0000-4000-8000-000000000000']) {
    const answers = [
      await stranger.ask('presence.query', { roomId: id, members: [key] }),
      await stranger.ask('room.typing', { roomId: id, typing: true }),
    ]
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })
  }
  // A member asks only about the members of the room that they share.
  const elsewhere = await h.negotiation()
  const foreign = await h.keyOf(elsewhere.roomId, elsewhere.owner)
  expect((await member.do('presence.query', { roomId, members: [foreign, key] })).people.map((one) => one.member)).toEqual([key])
  expect([...stranger.presences, ...stranger.typings, ...member.presences, ...member.typings]).toEqual([])
})
