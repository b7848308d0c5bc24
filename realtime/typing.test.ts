import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import { configureRoom } from '../server/rooms/configure-room.ts'
import { commandId } from '../server/testing.ts'
import { type Watcher, watcher } from './presence/testing.ts'
import { hub, type TestHub } from './testing.ts'

let h: TestHub
beforeAll(async () => {
  h = await hub()
})
afterAll(() => h.close())

const told = (one: Watcher) => one.typings.map(({ typing }) => typing)

/** An owner, the creator on two devices and a viewer, all in the room. */
async function meeting() {
  const people = await h.negotiation()
  const { roomId, owner, creator, viewer } = people
  const all = await Promise.all([owner, creator, creator, viewer].map((one) => watcher(h, one)))
  for (const one of all) await one.open(roomId)
  const [boss, phone, laptop, guest] = all as [Watcher, Watcher, Watcher, Watcher]
  return { ...people, boss, phone, laptop, guest, member: await h.keyOf(roomId, creator) }
}
/** Whoever hears this has heard all that was told before. */
async function fence(writer: Watcher, roomId: RoomId, hearer: Watcher): Promise<void> {
  const { seq } = await writer.do('chat.send', { commandId: commandId(), roomId, text: 'done' })
  await expect.poll(() => hearer.heard.some((event) => event.seq === seq)).toBe(true)
}

test('typing is told to the others in the room, and not to the same person’s other devices', async () => {
  const { roomId, boss, phone, laptop, guest, member } = await meeting()
  await phone.do('room.typing', { roomId, typing: true })
  for (const one of [boss, guest]) await expect.poll(() => one.typings).toEqual([{ roomId, member, typing: true }])
  await phone.do('room.typing', { roomId, typing: false })
  for (const one of [boss, guest]) await expect.poll(() => told(one)).toEqual([true, false])
  await fence(boss, roomId, laptop)
  expect([phone.typings, laptop.typings]).toEqual([[], []])
})

test('the same again within two seconds is told once, from each device', async () => {
  const { roomId, boss, phone, laptop } = await meeting()
  for (let i = 0; i < 5; i++) await phone.do('room.typing', { roomId, typing: true })
  await phone.do('room.typing', { roomId, typing: false })
  for (let i = 0; i < 5; i++) await phone.do('room.typing', { roomId, typing: true })
  for (let i = 0; i < 5; i++) await phone.do('room.typing', { roomId, typing: false })
  await fence(phone, roomId, boss)
  expect(told(boss)).toEqual([true, false])
  await laptop.do('room.typing', { roomId, typing: true })
  await expect.poll(() => told(boss)).toEqual([true, false, true])
})

test('who leaves or is cut off while typing types no more', async () => {
  const { roomId, boss, phone, laptop } = await meeting()
  await phone.do('room.typing', { roomId, typing: true })
  await phone.do('room.leave', { roomId })
  await expect.poll(() => told(boss)).toEqual([true, false])
  await laptop.do('room.typing', { roomId, typing: true })
  laptop.socket.close()
  await expect.poll(() => told(boss)).toEqual([true, false, true, false])
})

test('it takes the room open on this very socket, and the right to speak', async () => {
  const { roomId, boss, phone, guest, owner } = await meeting()
  const type = (one: Watcher) => one.ask('room.typing', { roomId, typing: true })
  expect(await type(guest)).toMatchObject({ ok: false, error: { code: 'access.denied' } })
  const elsewhere = await watcher(h, owner)
  expect(await type(elsewhere)).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })

  await configureRoom(h.as(owner), { commandId: commandId(), roomId, announcementsOnly: true })
  await expect.poll(() => type(phone)).toMatchObject({ ok: false, error: { code: 'access.denied' } })
  expect(await type(boss)).toMatchObject({ ok: true })
  const late = await watcher(h, owner)
  await late.open(roomId)
  expect(await type(phone)).toMatchObject({ ok: false })
  await configureRoom(h.as(owner), { commandId: commandId(), roomId, announcementsOnly: false })
  await expect.poll(() => type(phone)).toMatchObject({ ok: true })
})

test('typing asks the database nothing', async () => {
  const { roomId, phone } = await meeting()
  const acquired = new Set<string>()
  const query = h.db.pool.query.bind(h.db.pool)
  h.db.pool.query = ((config: { name?: string }, ...rest: unknown[]) => {
    acquired.add(config.name ?? 'unnamed')
    return (query as (...args: unknown[]) => unknown)(config, ...rest)
  }) as typeof h.db.pool.query
  for (let i = 0; i < 50; i++) await phone.do('room.typing', { roomId, typing: i % 2 === 0 })
  h.db.pool.query = query
  const background = /^(grown_since|presence_\w+|inbox\w*|read_own_words)$/
  expect([...acquired].filter((name) => !background.test(name))).toEqual([])
})

test('in a room that is not small nobody is told', async () => {
  const { roomId, creator, owner } = await h.negotiation()
  await h.db.pool.query('update room set told_members = 201 where id = $1', [roomId])
  const [boss, writer] = [await watcher(h, owner), await watcher(h, creator)]
  for (const one of [boss, writer]) await one.open(roomId)
  expect(await writer.do('room.typing', { roomId, typing: true })).toEqual({})
  await fence(writer, roomId, boss)
  expect(boss.typings).toEqual([])
})
