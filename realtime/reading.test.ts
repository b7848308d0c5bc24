import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InboxChange, SMALL_ROOM, type Whisper } from '../client-sdk/contract/index.ts'
import { addMember } from '../server/rooms/add-member.ts'
import { listRooms } from '../server/rooms/list-rooms.ts'
import { commandId } from '../server/testing.ts'
import { hub, type TestClient, type TestHub, type TestNode } from './testing.ts'

/** Whispers come at most a second late; this is the ceiling on a busy machine, in ms. */
const soon = { timeout: 4_000, interval: 20 }

let h: TestHub
let far: TestNode
beforeAll(async () => {
  h = await hub()
  far = await h.node()
})
afterAll(() => h.close())

function listen({ socket }: TestClient) {
  const inbox: InboxChange[] = []
  const reads: Whisper<'room.reads'>[] = []
  socket.on('inbox.changed', ({ rooms }) => inbox.push(...rooms))
  socket.on('room.reads', (whisper) => reads.push(whisper))
  return { inbox, reads }
}
const say = (roomId: string, text: string) => ({ commandId: commandId(), roomId, text })

test('who does not have a room open hears of it, on every node, with what is unread and who is mentioned', async () => {
  const { roomId, owner, creator, manager } = await h.negotiation()
  const [near, away] = [await h.client(owner), await h.client(manager, {}, far.url)]
  const [here, there] = [listen(near), listen(away)]
  const speaker = await h.client(creator)
  await speaker.do('chat.send', say(roomId, 'one'))
  const { seq } = await speaker.do('chat.send', say(roomId, `<@${await h.keyOf(roomId, manager)}> two`))
  await expect
    .poll(() => here.inbox.at(-1), soon)
    .toMatchObject({ roomId, head: seq, read: expect.any(Number), unread: 2, mentions: 0, muted: false })
  await expect.poll(() => there.inbox.at(-1), soon).toMatchObject({ roomId, head: seq, unread: 2, mentions: 1 })
})

test('a busy room is told of once a second, not once a message', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const { inbox } = listen(await h.client(owner))
  const speaker = await h.client(creator)
  for (let i = 0; i < 60; i++) await speaker.do('chat.send', say(roomId, `${i}`))
  await expect.poll(() => inbox.at(-1)?.unread, soon).toBe(60)
  expect(inbox.length).toBeLessThan(10)
})

test('a mark tells the other members how far one has read, and the other devices of the reader what is left', async () => {
  const { roomId, owner, creator, viewer } = await h.negotiation()
  const [reader, device, other] = [await h.client(owner), await h.client(owner), await h.client(creator)]
  for (const client of [reader, other]) await client.do('room.join', { roomId })
  const [devices, others] = [listen(device), listen(other)]
  const { seq } = await other.do('chat.send', say(roomId, 'read this'))
  expect(await reader.do('room.read', { roomId, seq })).toEqual({ read: seq, unread: 0, mentions: 0, muted: false })
  const member = await h.keyOf(roomId, owner)
  await expect.poll(() => others.reads.at(-1), soon).toEqual({ roomId, reads: [{ member, seq }] })
  await expect.poll(() => devices.inbox.at(-1), soon).toMatchObject({ roomId, read: seq, unread: 0 })
  const late = await (await h.client(viewer)).do('room.join', { roomId })
  expect(late.reads).toContainEqual({ member, seq })
})

test('a mark beyond the end or behind the last one changes nothing, and one that is none is refused', async () => {
  const { roomId, owner, creator } = await h.negotiation()
  const [reader, speaker] = [await h.client(owner), await h.client(creator)]
  const { seq } = await speaker.do('chat.send', say(roomId, 'hello'))
  expect(await reader.do('room.read', { roomId, seq: 9_999 })).toMatchObject({ read: seq, unread: 0 })
  expect(await reader.do('room.read', { roomId, seq: 0 })).toMatchObject({ read: seq, unread: 0 })
  for (const bad of [-1, 1.5, '7', null]) {
    expect(await reader.ask('room.read', { roomId, seq: bad })).toMatchObject({ ok: false, error: { code: 'request.invalid' } })
  }
})

test('in a room of many nobody is told how far others have read, nor of each message', async () => {
  const members = await Promise.all(Array.from({ length: SMALL_ROOM + 1 }, () => h.person('brand')))
  const [owner, ...rest] = members
  const roomId = await h.room('application', [[owner!, 'owner'], ...rest.slice(0, 99).map((person) => [person, 'manager'] as const)])
  for (const person of rest.slice(99))
    await addMember(h.as(owner!), { commandId: commandId(), roomId, userId: person.userId, role: 'viewer' })
  const [reader, other] = [await h.client(owner!), await h.client(rest[0]!)]
  const joined = await other.do('room.join', { roomId })
  expect(joined.reads).toEqual([{ member: joined.me.key, seq: expect.any(Number) }])
  const { inbox, reads } = listen(other)
  const { seq } = await reader.do('chat.send', say(roomId, 'to all'))
  await reader.do('room.read', { roomId, seq })
  await expect.poll(() => other.heard.length, soon).toBeGreaterThan(0)
  await new Promise((done) => setTimeout(done, 1_500))
  expect([inbox, reads]).toEqual([[], []])
})

test('the list of rooms goes on where a limit cut it, whatever is said meanwhile, and previews say what is last there', async () => {
  const me = await h.person('creator')
  const brand = await h.person('brand')
  const rooms: string[] = []
  for (let i = 0; i < 7; i++) {
    rooms.push(
      await h.room('application', [
        [brand, 'owner'],
        [me, 'creator'],
      ]),
    )
  }
  const speaker = await h.client(brand)
  for (const roomId of rooms) await speaker.do('chat.send', say(roomId, `in ${roomId}`))
  const seen: string[] = []
  for (let cursor: string | undefined, first = true; first || cursor; first = false) {
    const page = await listRooms(h.as(me), { limit: 3, previews: true, cursor })
    for (const room of page.rooms) expect(room).toMatchObject({ unread: 1, last: { text: `in ${room.roomId}` } })
    seen.push(...page.rooms.map((room) => room.roomId))
    cursor = page.cursor ?? undefined
  }
  expect(seen).toEqual(rooms.toReversed())
  expect((await listRooms(h.as(me), { previews: false })).rooms.map((room) => room.roomId)).toEqual(rooms.toReversed())
  await expect(listRooms(h.as(me), { limit: 3, previews: false, cursor: 'x' })).rejects.toMatchObject({ code: 'request.invalid' })
})
