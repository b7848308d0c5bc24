import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { emptyRoom, reduce } from '../../client-sdk/contract/reduce.ts'
import { standingOf } from '../../persistence/rooms.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { listMessages } from '../chat/list-messages.ts'
import { sendMessage } from '../chat/send-message.ts'
import { listRooms } from '../rooms/list-rooms.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { acceptInvitation } from './accept-invitation.ts'
import { passOn, removeFromTeam, setTeamRole } from './change-team.ts'
import { bringIn, factsOf, invite, makeBrand, makeTeam, openRoom } from './testing.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const notFound = { code: 'resource.notFound' }

/** One of each kind; the application's has a creator. */
async function makeRooms(brandId: Parameters<typeof openRoom>[1], creator: TestPerson): Promise<RoomId[]> {
  const application = await openRoom(w, brandId, { kind: 'application', creator: creator.userId })
  return [await openRoom(w, brandId), application, await openRoom(w, brandId, { kind: 'notes' })]
}
async function factsIn(roomId: RoomId) {
  const { events } = await w.db.log.readAfter(roomId, 0, 500)
  return events
}
const accessOf = async (id: string) =>
  Number((await w.db.pool.query('select access_version from stream where id = $1', [id])).rows[0].access_version)
const countsOf = async (roomId: RoomId) => (await w.db.pool.query('select members, told_members from room where id = $1', [roomId])).rows[0]
const say = (who: TestPerson, roomId: RoomId, text = 'hello') => sendMessage(w.as(who), { commandId: commandId(), roomId, text })

/** The room as its log tells it is the room as the tables have it. */
async function agrees(roomId: RoomId): Promise<void> {
  const told = Object.values((await factsIn(roomId)).reduce(reduce, emptyRoom).members)
  const { rows } = await w.db.pool.query(
    'select actor_key as key, role, since::int from member where room_id = $1 and removed_at is null order by actor_key',
    [roomId],
  )
  expect(told.map(({ key, role, since }) => ({ key, role, since })).sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(rows)
  expect(await countsOf(roomId)).toEqual({ members: rows.length, told_members: rows.length })
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
}

describe('rooms of every kind follow the team', () => {
  test('who joins is in all of them, has nothing unread, and speaks where their role may', async () => {
    const { brandId, owner } = await makeTeam(w)
    const creator = await w.person('creator')
    const rooms = await makeRooms(brandId, creator)
    const others = await openRoom(w, await makeBrand(w, await w.person('brand')))
    for (const roomId of rooms) await say(owner, roomId)
    const access = await Promise.all(rooms.map(accessOf))
    const nina = await bringIn(w, { brandId, owner, role: 'manager' }, await w.person('brand', 'Nina'))
    const listed = (await listRooms(w.as(nina), { previews: false })).rooms
    expect(new Set(listed.map(({ roomId }) => roomId))).toEqual(new Set(rooms))
    expect(listed.map(({ role, unread }) => [role, unread])).toEqual(Array(3).fill(['manager', 0]))
    expect(await standingOf(w.db.pool, others, nina.userId)).toBeUndefined()
    const keys = new Set<string>()
    for (const roomId of rooms) {
      const last = (await factsIn(roomId)).at(-1)!
      const key = await w.keyOf(roomId, nina)
      keys.add(key)
      expect(last).toMatchObject({
        ...{ type: 'room.memberAdded', actor: key, data: { deal: { member: key, role: 'manager' }, personal: { name: 'Nina' } } },
      })
      await agrees(roomId)
      await say(owner, roomId)
    }
    expect(keys.size).toBe(3)
    expect((await listRooms(w.as(nina), { previews: false })).rooms.map(({ unread }) => unread)).toEqual([1, 1, 1])
    for (const roomId of rooms) await say(nina, roomId)
    expect(await Promise.all(rooms.map(accessOf))).toEqual(access)
  })

  test('who leaves is in none of them: says nothing, sees nothing, is told of', async () => {
    const { brandId, owner, manager } = await makeTeam(w)
    const creator = await w.person('creator')
    const rooms = await makeRooms(brandId, creator)
    const keys = await Promise.all(rooms.map((roomId) => w.keyOf(roomId, manager)))
    const byOwner = await Promise.all(rooms.map((roomId) => w.keyOf(roomId, owner)))
    const access = await Promise.all([...rooms, brandId].map(accessOf))
    await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId })
    expect(await Promise.all([...rooms, brandId].map(accessOf))).toEqual(access.map((version) => version + 1))
    for (const [i, roomId] of rooms.entries()) {
      expect((await factsIn(roomId)).at(-1)).toMatchObject({
        ...{ type: 'room.memberRemoved', actor: byOwner[i], data: { deal: { member: keys[i], role: 'manager' } } },
      })
      await agrees(roomId)
      await expect(say(manager, roomId)).rejects.toMatchObject(notFound)
      await expect(listMessages(w.as(manager), { roomId, limit: 50 })).rejects.toMatchObject(notFound)
    }
    expect((await listRooms(w.as(manager), { previews: false })).rooms).toEqual([])
    await bringIn(w, { brandId, owner, role: 'viewer' }, manager)
    for (const [i, roomId] of rooms.entries()) {
      expect(await standingOf(w.db.pool, roomId, manager.userId)).toMatchObject({ actorKey: keys[i], role: 'viewer' })
      await agrees(roomId)
    }
  })

  test('another role is another right in all of them, at once', async () => {
    const { brandId, owner, viewer } = await makeTeam(w)
    const creator = await w.person('creator')
    const rooms = await makeRooms(brandId, creator)
    for (const roomId of rooms) await expect(say(viewer, roomId)).rejects.toMatchObject({ code: 'access.denied' })
    await passOn(w.as(owner), { commandId: commandId(), brandId, userId: viewer.userId })
    for (const roomId of rooms) {
      await say(viewer, roomId)
      const [mine, theirs, actor] = [await w.keyOf(roomId, viewer), await w.keyOf(roomId, owner), await w.keyOf(roomId, owner)]
      const changes = (await factsIn(roomId)).filter(({ type }) => type === 'room.roleChanged')
      expect(changes).toMatchObject([
        { actor, data: { deal: { member: mine, role: 'owner' } } },
        { actor, data: { deal: { member: theirs, role: 'manager' } } },
      ])
      await agrees(roomId)
    }
    await setTeamRole(w.as(viewer), { commandId: commandId(), brandId, userId: owner.userId, role: 'viewer' })
    for (const roomId of rooms) await expect(say(owner, roomId)).rejects.toMatchObject({ code: 'access.denied' })
  })

  test('nothing that was checked before somebody left is written after', async () => {
    const { brandId, owner, manager } = await makeTeam(w)
    const roomId = await openRoom(w, brandId)
    const talk = Promise.allSettled(Array.from({ length: 40 }, (_, i) => say(manager, roomId, `${i}`)))
    await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId })
    for (const said of await talk) if (said.status === 'rejected') expect(said.reason).toMatchObject(notFound)
    const facts = await factsIn(roomId)
    const left = facts.findIndex(({ type }) => type === 'room.memberRemoved')
    expect(left).toBeGreaterThan(0)
    expect(facts.slice(left + 1).filter(({ type }) => type === 'chat.messageSent')).toEqual([])
    await agrees(roomId)
  })

  test('rooms that open while people come and go have the team that there is', async () => {
    const { brandId, owner, manager, viewer } = await makeTeam(w)
    const [opened] = await Promise.all([
      Promise.all(Array.from({ length: 6 }, () => openRoom(w, brandId))),
      removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: manager.userId }),
      removeFromTeam(w.as(viewer), { commandId: commandId(), brandId, userId: viewer.userId }),
      bringIn(w, { brandId, owner, role: 'manager' }, await w.person('brand')),
    ])
    for (const roomId of opened) {
      await agrees(roomId)
      expect(await countsOf(roomId)).toEqual({ members: 2, told_members: 2 })
    }
  })
})

test('where one room cannot be told, all is as it was: the team, the other rooms, the invitation', { timeout: 20_000 }, async () => {
  const { brandId, owner } = await makeTeam(w)
  const rooms = [await openRoom(w, brandId), await openRoom(w, brandId), await openRoom(w, brandId)]
  const guest = await w.person('brand')
  const code = await invite(w, { brandId, owner }, guest)
  const accept = () => acceptInvitation(w.as(guest), { commandId: commandId(), code })
  const facts = await factsOf(w, brandId)
  const holder = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select from stream where id = $1 for update', [rooms[1]])
  await expect(accept()).rejects.toMatchObject({ code: 'server.unavailable' }) // a lock is waited for three seconds
  await holder.end()
  expect(await factsOf(w, brandId)).toEqual(facts)
  expect((await listRooms(w.as(guest), { previews: false })).rooms).toEqual([])
  for (const roomId of rooms) await agrees(roomId)
  expect(await accept()).toEqual({ brandId })
  for (const roomId of rooms) await agrees(roomId)
})

test('three hundred rooms are changed in one commit, soon', { timeout: 30_000 }, async () => {
  const { brandId, owner, viewer } = await makeTeam(w)
  const rooms: RoomId[] = []
  for (let i = 0; i < 300; i += 10) rooms.push(...(await Promise.all(Array.from({ length: 10 }, () => openRoom(w, brandId)))))
  const guest = await w.person('brand')
  const began = performance.now()
  await bringIn(w, { brandId, owner, role: 'manager' }, guest)
  await setTeamRole(w.as(owner), { commandId: commandId(), brandId, userId: viewer.userId, role: 'manager' })
  await removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: guest.userId })
  expect(performance.now() - began).toBeLessThan(6_000)
  const { rows } = await w.db.pool.query<{ type: string; n: number; txs: number }>(
    `select type, count(*)::int as n, count(distinct tx)::int as txs from event where stream_id = any($1)
        and type in ('room.roleChanged', 'room.memberRemoved') group by 1 order by 1`,
    [rooms],
  )
  expect(rows).toEqual([
    { type: 'room.memberRemoved', n: 300, txs: 1 },
    { type: 'room.roleChanged', n: 300, txs: 1 },
  ])
  await agrees(rooms[137]!)
})
