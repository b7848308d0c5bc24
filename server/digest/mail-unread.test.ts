import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { deleteMessage } from '../chat/delete-message.ts'
import { changeMailKind } from '../mail/unsubscribe.ts'
import { changeSettings } from '../people/settings.ts'
import { markRead, muteRoom } from '../rooms/read-room.ts'
import { removeMember } from '../rooms/remove-member.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { mailUnread } from './mail-unread.ts'
import { connect, mailsTo, say } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const look = ({ userId }: TestPerson, wait = 0) => mailUnread(w.asSystem(), userId, wait)
const notify = (who: TestPerson, digest: boolean) => changeSettings(w.as(who), { notifications: { digest } })
/** Two people, and rooms of both. */
async function two(...titles: string[]): Promise<{ reader: TestPerson; writer: TestPerson; rooms: RoomId[] }> {
  const [reader, writer] = [await w.person(), await w.person('brand')]
  const rooms: RoomId[] = []
  const members = [
    [reader, 'creator'],
    [writer, 'owner'],
  ] as const
  for (const title of titles) rooms.push(await w.room('application', members, title))
  return { reader, writer, rooms }
}

test('what is unread is told once, in one mail over all rooms, where the reader is named first', async () => {
  const { reader, writer, rooms } = await two('Autumn', 'Winter')
  for (const text of ['One', 'Two', 'Three']) await say(w, writer, rooms[0]!, text)
  await say(w, writer, rooms[1]!, `Here, <@${await w.keyOf(rooms[1]!, reader)}>`)
  expect(await look(reader)).toBeNull()
  expect(await look(reader)).toBeNull()
  const mails = await mailsTo(w, reader)
  expect(mails.map(({ subject, kind }) => [subject, kind])).toEqual([['You have 4 unread messages in 2 rooms', 'digest']])
  expect(mails[0]!.body).toContain('“Winter”: 1 message, 1 of which mentions you\n\n“Autumn”: 3 messages\n')
  expect(mails[0]!.body).toContain('https://app.parley.test/inbox')
  expect(mails[0]!.body).not.toMatch(/One|Two|Three|Here/)
})

test('a second mail tells only of what the first did not', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await say(w, writer, rooms[0]!)
  await say(w, writer, rooms[0]!)
  await look(reader)
  await say(w, writer, rooms[0]!)
  await look(reader)
  const subjects = (await mailsTo(w, reader)).map(({ subject }) => subject)
  expect(subjects).toEqual(['You have 2 unread messages in 1 room', 'You have 1 unread message in 1 room'])
  expect((await mailsTo(w, reader))[1]!.body).toContain(`https://app.parley.test/rooms/${rooms[0]}`)
})

test('who reads in Ukrainian is told in it, with numbers in its forms', async () => {
  const { reader, writer, rooms } = await two('Осінь')
  await changeSettings(w.as(reader), { language: 'uk' })
  const counts = {
    1: '1 непрочитане повідомлення',
    3: '3 непрочитані повідомлення',
    5: '5 непрочитаних повідомлень',
    21: '21 непрочитане повідомлення',
  }
  for (const n of Object.keys(counts).map(Number)) {
    for (let i = 0; i < n; i++) await say(w, writer, rooms[0]!)
    await look(reader)
  }
  const mails = await mailsTo(w, reader)
  expect(mails.map(({ subject }) => subject)).toEqual(Object.values(counts).map((count) => `У вас ${count} у 1 кімнаті`))
  expect(mails[2]!.body).toContain('«Осінь»: 5 повідомлень\n')
})

test('while all is young nothing is written, and the answer is when to look again', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await say(w, writer, rooms[0]!)
  const again = await look(reader, 60_000)
  expect(again).toBeGreaterThan(30_000)
  expect(again).toBeLessThanOrEqual(60_000)
  expect(await mailsTo(w, reader)).toEqual([])
})

test('what was said long ago and read does not make a young message old', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  const { seq } = await say(w, writer, rooms[0]!)
  await superuser.query(`alter table event disable trigger only_erase`)
  await superuser.query(`update event set at = at - interval '1 hour' where stream_id = $1`, [rooms[0]])
  await superuser.query(`alter table event enable trigger only_erase`)
  await markRead(w.as(reader), { roomId: rooms[0]!, seq })
  await say(w, writer, rooms[0]!)
  expect(await look(reader, 60_000)).toBeGreaterThan(30_000)
  await superuser.query('update reading set seq = 0, n = 0 where user_id = $1', [reader.userId])
  expect(await look(reader, 60_000)).toBeNull()
  expect((await mailsTo(w, reader))[0]!.subject).toBe('You have 2 unread messages in 1 room')
})

test('nobody is told who is there, be it hidden; who is away on all devices, or gone, is', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await changeSettings(w.as(reader), { presence: 'hidden' })
  await say(w, writer, rooms[0]!)
  const [laptop, phone] = [await connect(w, reader), await connect(w, reader, true)]
  expect(await look(reader, 1)).toBe(1)
  await laptop.away(true)
  await phone.away(false)
  expect(await look(reader, 1)).toBe(1)
  expect(await mailsTo(w, reader)).toEqual([])
  await phone.hangUp()
  expect(await look(reader, 1)).toBeNull()
  expect(await mailsTo(w, reader)).toHaveLength(1)
})

test('who is there on a node that has died is not there', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await say(w, writer, rooms[0]!)
  await connect(w, reader)
  await superuser.query(`update node set beat_at = beat_at - interval '8 s'`)
  expect(await look(reader, 1)).toBeNull()
  expect(await mailsTo(w, reader)).toHaveLength(1)
})

test('nobody is told of what they said, of what was taken back, or of what they have read', async () => {
  const { reader, writer, rooms } = await two('Autumn', 'Winter', 'Spring')
  await say(w, reader, rooms[0]!)
  const { seq } = await say(w, writer, rooms[1]!)
  await deleteMessage(w.as(writer), { commandId: commandId(), roomId: rooms[1]!, message: seq })
  await markRead(w.as(reader), { roomId: rooms[2]!, seq: (await say(w, writer, rooms[2]!)).seq })
  expect(await look(reader)).toBeNull()
  expect(await mailsTo(w, reader)).toEqual([])
  await say(w, writer, rooms[0]!)
  await look(reader)
  expect((await mailsTo(w, reader))[0]!.body).toContain('“Autumn”: 1 message\n')
})

test('what was said in a muted room is never told, not when it is heard again either', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await muteRoom(w.as(reader), { roomId: rooms[0]!, muted: true })
  await say(w, writer, rooms[0]!)
  expect(await look(reader)).toBeNull()
  await muteRoom(w.as(reader), { roomId: rooms[0]!, muted: false })
  expect(await look(reader)).toBeNull()
  await say(w, writer, rooms[0]!)
  await look(reader)
  expect((await mailsTo(w, reader)).map(({ subject }) => subject)).toEqual(['You have 1 unread message in 1 room'])
})

test('what was said while somebody wanted no digest is never told, not when they want it again either', async () => {
  const { reader, writer, rooms } = await two('Autumn')
  await notify(reader, false)
  await say(w, writer, rooms[0]!)
  expect(await look(reader)).toBeNull()
  await say(w, writer, rooms[0]!)
  await notify(reader, true)
  expect(await look(reader)).toBeNull()
  await notify(reader, true) // the same again passes over nothing
  await say(w, writer, rooms[0]!)
  await notify(reader, true)
  await look(reader)
  expect((await mailsTo(w, reader)).map(({ subject }) => subject)).toEqual(['You have 1 unread message in 1 room'])
  const sql = 'select mail_key from person where id = $1'
  const mailKey = (await w.db.pool.query<{ mail_key: string }>(sql, [reader.userId])).rows[0]!.mail_key
  await changeMailKind(w.asSystem(), { mailKey, kind: 'digest' }, false)
  await say(w, writer, rooms[0]!)
  await changeMailKind(w.asSystem(), { mailKey, kind: 'digest' }, true)
  expect(await look(reader)).toBeNull()
  expect(await mailsTo(w, reader)).toHaveLength(1)
})

test('who was let go, or shut out, learns nothing of the room, and not its title', async () => {
  const { reader, writer, rooms } = await two('Autumn', 'Winter')
  for (const roomId of rooms) await say(w, writer, roomId)
  await removeMember(w.as(writer), { commandId: commandId(), roomId: rooms[0]!, userId: reader.userId })
  await look(reader)
  expect((await mailsTo(w, reader))[0]!.body).toContain('Winter')
  expect((await mailsTo(w, reader))[0]!.body).not.toContain('Autumn')
  await say(w, writer, rooms[1]!)
  await superuser.query('update person set blocked_at = now() where id = $1', [reader.userId])
  expect(await look(reader)).toBeNull()
  expect(await mailsTo(w, reader)).toHaveLength(1)
})

test('ten rooms are named, and how many others there are; more than a hundred messages are not counted', async () => {
  const { reader, writer, rooms } = await two(...Array.from({ length: 13 }, (_, i) => `Room ${i}`))
  for (const roomId of rooms) await say(w, writer, roomId)
  await Promise.all(Array.from({ length: 110 }, () => say(w, writer, rooms[7]!)))
  await look(reader)
  const [mail] = await mailsTo(w, reader)
  expect(mail!.subject).toBe('You have more than 112 unread messages in 13 rooms')
  expect(mail!.body).toContain('“Room 7”: more than 100 messages\n')
  expect(mail!.body.match(/“Room/g)).toHaveLength(10)
  expect(mail!.body).toContain('… and in 3 rooms more')
  expect(await look(reader)).toBeNull()
  expect(await mailsTo(w, reader)).toHaveLength(1)
})

test('workers that look at once write one mail', async () => {
  for (let round = 0; round < 10; round++) {
    const { reader, writer, rooms } = await two('Autumn', 'Winter')
    for (const roomId of rooms) await say(w, writer, roomId)
    await Promise.all(Array.from({ length: 5 }, () => look(reader)))
    expect(await mailsTo(w, reader)).toHaveLength(1)
  }
})
