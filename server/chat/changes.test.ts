import { afterAll, beforeAll, expect, test } from 'vitest'
import { EDITS_MAX, EMOJI_MAX, type Message, newId, PINS_MAX, type Role, type RoomId } from '../../client-sdk/contract/index.ts'
import { messagesAt } from '../../persistence/messages.ts'
import { roomsOf } from '../../persistence/readings.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { addMember } from '../rooms/add-member.ts'
import { configureRoom } from '../rooms/configure-room.ts'
import { markRead, muteRoom } from '../rooms/read-room.ts'
import { removeMember } from '../rooms/remove-member.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { deleteMessage } from './delete-message.ts'
import { editMessage } from './edit-message.ts'
import { listMessages, listVersions } from './list-messages.ts'
import { listPins, pinMessage, unpinMessage } from './pin-message.ts'
import { react, unreact } from './react.ts'
import { sendMessage } from './send-message.ts'

type Negotiation = { roomId: RoomId } & Record<Role, TestPerson>
let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const say = async (roomId: RoomId, person: TestPerson, text: string, replyTo?: number) =>
  (await sendMessage(w.as(person), { commandId: commandId(), roomId, text, replyTo })).seq
const about = (roomId: RoomId, message: number) => ({ commandId: commandId(), roomId, message })
const see = async (roomId: RoomId, seq: number): Promise<Message> => (await messagesAt(w.db.pool, roomId, [seq]))[0]!
const headOf = async (roomId: RoomId) => (await w.db.log.readAfter(roomId, 0, 1)).head
const refusal = (code: string) => ({ code })

/** A room with one message of the creator's. */
async function talk(): Promise<Negotiation & { said: number }> {
  const room = await w.negotiation()
  return { ...room, said: await say(room.roomId, room.creator, 'four videos for 900') }
}

test('an edit changes what is shown and keeps what was said before', async () => {
  const { roomId, creator, viewer, said } = await talk()
  const { seq } = await editMessage(w.as(creator), { ...about(roomId, said), text: 'four videos for 950' })
  expect(await see(roomId, said)).toMatchObject({ text: 'four videos for 950', rev: seq, deleted: false, editedAt: expect.any(String) })
  const versions = await listVersions(w.as(viewer), { roomId, message: said })
  expect(versions.map((v) => [v.seq, v.text])).toEqual([
    [said, 'four videos for 900'],
    [seq, 'four videos for 950'],
  ])
  expect((await listMessages(w.as(viewer), { roomId, limit: 1 })).messages[0]).toMatchObject({ text: 'four videos for 950' })
})

test("nobody edits another's words, and only who may moderate takes them back", async () => {
  const { roomId, creator, owner, manager, viewer, said } = await talk()
  for (const person of [owner, manager]) {
    await expect(editMessage(w.as(person), { ...about(roomId, said), text: 'for nothing' })).rejects.toMatchObject(refusal('access.denied'))
  }
  for (const person of [manager, viewer]) {
    await expect(deleteMessage(w.as(person), about(roomId, said))).rejects.toMatchObject(refusal('access.denied'))
  }
  expect(await see(roomId, said)).toMatchObject({ text: 'four videos for 900', deleted: false })
  await deleteMessage(w.as(owner), about(roomId, said))
  const other = await say(roomId, creator, 'mine')
  await deleteMessage(w.as(creator), about(roomId, other))
  expect(await see(roomId, other)).toMatchObject({ deleted: true, text: null })
})

test('what was taken back is told to nobody any more: not in pages, versions, joins, previews', async () => {
  const { roomId, creator, owner, said } = await talk()
  await editMessage(w.as(creator), { ...about(roomId, said), text: 'for 12 roses' })
  await pinMessage(w.as(owner), about(roomId, said))
  await react(w.as(owner), { ...about(roomId, said), emoji: '🌹' })
  const { seq } = await deleteMessage(w.as(creator), about(roomId, said))
  expect(await see(roomId, said)).toMatchObject({ deleted: true, text: null, reactions: [], rev: seq })
  const told = [
    await w.db.log.readAfter(roomId, 0, 100),
    await listMessages(w.as(owner), { roomId, limit: 100 }),
    await listVersions(w.as(owner), { roomId, message: said }),
    await listPins(w.as(owner), { roomId }),
    await roomsOf(w.db.pool, owner.userId, { limit: 10, after: null, previews: true }),
  ]
  expect(JSON.stringify(told)).not.toMatch(/four videos|roses/)
  const verified = await verifyStream(w.db, roomId)
  expect(verified).toMatchObject({ ok: true })
  const edit = { ...about(roomId, said), text: 'x' }
  await expect(editMessage(w.as(creator), edit)).rejects.toMatchObject(refusal('message.deleted'))
  await expect(react(w.as(owner), { ...about(roomId, said), emoji: '👍' })).rejects.toMatchObject(refusal('message.deleted'))
  expect(await deleteMessage(w.as(creator), about(roomId, said))).toEqual({ seq }) // it is so already
})

test('an erasure takes the words of every edition, and what is erased is edited no more', async () => {
  const { roomId, creator, owner, said } = await talk()
  await editMessage(w.as(creator), { ...about(roomId, said), text: 'call me: 555-0199' })
  await eraseMessages(w.as(owner), { commandId: commandId(), roomId, seqs: [said], reason: 'personRequest' })
  expect(await see(roomId, said)).toMatchObject({ text: null, deleted: false })
  expect((await listVersions(w.as(owner), { roomId, message: said })).map((v) => v.text)).toEqual([null, null])
  const { rows } = await w.db.pool.query(`select 1 from event where stream_id = $1 and personal ~ '555|four videos'`, [roomId])
  expect(rows).toEqual([])
  await expect(editMessage(w.as(creator), { ...about(roomId, said), text: 'again' })).rejects.toMatchObject(refusal('message.deleted'))
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
})

test('people react once with each emoji, in their order, and take it back', async () => {
  const { roomId, creator, owner, viewer, said } = await talk()
  const [c, o] = [await w.keyOf(roomId, creator), await w.keyOf(roomId, owner)]
  const first = await react(w.as(owner), { ...about(roomId, said), emoji: '👍' })
  await react(w.as(creator), { ...about(roomId, said), emoji: '👍' })
  expect(await react(w.as(owner), { ...about(roomId, said), emoji: '👍' })).toEqual({ seq: first.seq + 1 })
  expect((await see(roomId, said)).reactions).toEqual([{ emoji: '👍', by: [o, c] }])
  await unreact(w.as(owner), { ...about(roomId, said), emoji: '👍' })
  await unreact(w.as(creator), { ...about(roomId, said), emoji: '👍' })
  expect((await see(roomId, said)).reactions).toEqual([])
  await expect(react(w.as(viewer), { ...about(roomId, said), emoji: '👍' })).rejects.toMatchObject(refusal('access.denied'))
})

test('a message has only so many different emoji, and a room so many pinned messages', async () => {
  const { roomId, creator, said } = await talk()
  const faces = Array.from({ length: EMOJI_MAX + 1 }, (_, i) => String.fromCodePoint(0x1f600 + i))
  for (const emoji of faces.slice(0, EMOJI_MAX)) await react(w.as(creator), { ...about(roomId, said), emoji })
  await expect(react(w.as(creator), { ...about(roomId, said), emoji: faces.at(-1)! })).rejects.toMatchObject(
    refusal('message.reactionsFull'),
  )
  const seqs: number[] = []
  for (let i = 0; i <= PINS_MAX; i++) seqs.push(await say(roomId, creator, `rule ${i}`))
  for (const seq of seqs.slice(0, PINS_MAX)) await pinMessage(w.as(creator), about(roomId, seq))
  await expect(pinMessage(w.as(creator), about(roomId, seqs.at(-1)!))).rejects.toMatchObject(refusal('room.pinsFull'))
  await unpinMessage(w.as(creator), about(roomId, seqs[0]!))
  await pinMessage(w.as(creator), about(roomId, seqs.at(-1)!))
  expect((await listPins(w.as(creator), { roomId })).map((m) => m.seq)).toEqual(seqs.slice(1))
})

test('answers make a thread, which counts in its first message', async () => {
  const { roomId, creator, owner, said } = await talk()
  const first = await say(roomId, owner, 'which dates?', said)
  const second = await say(roomId, creator, 'in May', first)
  expect(await see(roomId, second)).toMatchObject({ replyTo: first, thread: said })
  expect(await see(roomId, said)).toMatchObject({ replies: 2, rev: second, thread: null })
  const thread = await listMessages(w.as(owner), { roomId, thread: said, limit: 10 })
  expect(thread.messages.map((m) => m.seq)).toEqual([second, first])
  await expect(say(roomId, creator, 'to nothing', 1)).rejects.toMatchObject(refusal('resource.notFound'))
})

test('fifty answers at once are all counted, whatever else happens to the message', async () => {
  const { roomId, creator, owner, said } = await talk()
  const work = Array.from({ length: 50 }, (_, i) =>
    i % 5 === 0 ? editMessage(w.as(creator), { ...about(roomId, said), text: `${i}` }) : say(roomId, i % 2 ? creator : owner, `${i}`, said),
  )
  await Promise.all(work)
  expect(await see(roomId, said)).toMatchObject({ replies: 40 })
  expect(await headOf(roomId)).toBe(said + 50)
})

test('sent again it is done once; with another content the command is refused; nothing that failed leaves a trace', async () => {
  const { roomId, creator, owner, said } = await talk()
  const edit = { ...about(roomId, said), text: 'once' }
  const seqs = await Promise.all([1, 2, 3].map(() => editMessage(w.as(creator), edit)))
  expect(new Set(seqs.map((s) => s.seq)).size).toBe(1)
  await expect(editMessage(w.as(creator), { ...edit, text: 'twice' })).rejects.toMatchObject(refusal('command.reused'))
  const reaction = { ...about(roomId, said), emoji: '👍' }
  const done = await react(w.as(owner), reaction)
  await unreact(w.as(owner), { ...about(roomId, said), emoji: '👍' })
  expect(await react(w.as(owner), reaction)).toEqual(done) // a late repeat does not bring it back
  expect((await see(roomId, said)).reactions).toEqual([])
  const head = await headOf(roomId)
  await expect(editMessage(w.as(creator), { ...about(roomId, 1), text: 'no message' })).rejects.toMatchObject(refusal('resource.notFound'))
  await expect(editMessage(w.as(creator), { ...about(roomId, 10_000), text: 'none' })).rejects.toMatchObject(refusal('resource.notFound'))
  expect(await headOf(roomId)).toBe(head)
})

test('no command keeps words that an erasure could not reach', async () => {
  const { roomId, creator, said } = await talk()
  await editMessage(w.as(creator), { ...about(roomId, said), text: 'a secret that must go' })
  const { rows } = await w.db.pool.query(`select row_to_json(c)::text as line from command c where c.name = 'chat.edit'`)
  expect(rows.length).toBeGreaterThan(0)
  expect(JSON.stringify(rows)).not.toMatch(/secret/)
})

test('whoever was removed changes nothing any more, and learns nothing', async () => {
  const { roomId, creator, owner, said } = await talk()
  await removeMember(w.as(owner), { commandId: commandId(), roomId, userId: creator.userId })
  const late = [
    () => editMessage(w.as(creator), { ...about(roomId, said), text: 'x' }),
    () => deleteMessage(w.as(creator), about(roomId, said)),
    () => react(w.as(creator), { ...about(roomId, said), emoji: '👍' }),
    () => pinMessage(w.as(creator), about(roomId, said)),
    () => listVersions(w.as(creator), { roomId, message: said }),
    () => markRead(w.as(creator), { roomId, seq: 1 }),
    () => muteRoom(w.as(creator), { roomId, muted: true }),
  ]
  for (const attempt of late) await expect(attempt()).rejects.toMatchObject(refusal('resource.notFound'))
})

test('members are mentioned by their key; who is none is refused', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const key = await w.keyOf(roomId, owner)
  const seq = await say(roomId, creator, `<@${key}> look`)
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ unread: 1, mentions: 1 })
  await expect(say(roomId, creator, `<@${newId()}> look`)).rejects.toMatchObject(refusal('mention.notMember'))
  await editMessage(w.as(creator), { ...about(roomId, seq), text: 'nobody' })
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ mentions: 0 })
  await editMessage(w.as(creator), { ...about(roomId, seq), text: `<@${key}> after all` })
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ mentions: 1 })
  await deleteMessage(w.as(creator), about(roomId, seq))
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ mentions: 0 })
})

test('what is no mention to the eye counts as none, said or edited', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const text = `\`<@${await w.keyOf(roomId, owner)}>\``
  const seq = await say(roomId, creator, text)
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ unread: 1, mentions: 0 })
  await editMessage(w.as(creator), { ...about(roomId, seq), text: `${text}!` })
  expect(await markRead(w.as(owner), { roomId, seq: 0 })).toMatchObject({ mentions: 0 })
})

test('what changes nothing answers with a seq at which it is so, and the last of two wishes at once counts', async () => {
  const { roomId, creator, owner, said } = await talk()
  await pinMessage(w.as(creator), about(roomId, said))
  const head = await headOf(roomId)
  expect(await pinMessage(w.as(owner), about(roomId, said))).toEqual({ seq: head })
  await unpinMessage(w.as(creator), about(roomId, said))
  expect(await unpinMessage(w.as(owner), about(roomId, said))).toEqual({ seq: head + 1 })
  expect(await configureRoom(w.as(owner), { commandId: commandId(), roomId })).toEqual({ seq: head + 1 })
  expect(await headOf(roomId)).toBe(head + 1)
  const wishes = await Promise.all([true, false].map((muted) => muteRoom(w.as(owner), { roomId, muted })))
  expect(wishes.at(-1)).toMatchObject({ muted: false })
})

test('a message is edited only so often', async () => {
  const { roomId, creator, said } = await talk()
  for (let i = 0; i < EDITS_MAX; i++) await editMessage(w.as(creator), { ...about(roomId, said), text: `${i}` })
  await expect(editMessage(w.as(creator), { ...about(roomId, said), text: 'no more' })).rejects.toMatchObject(refusal('message.editsFull'))
  expect((await listVersions(w.as(creator), { roomId, message: said })).length).toBe(EDITS_MAX + 1)
})

test('a mention sent again is answered as before, though its member has gone meanwhile', async () => {
  const { roomId, creator, owner, manager } = await w.negotiation()
  const command = { commandId: commandId(), roomId, text: `<@${await w.keyOf(roomId, manager)}> hello` }
  const first = await sendMessage(w.as(creator), command)
  await removeMember(w.as(owner), { commandId: commandId(), roomId, userId: manager.userId })
  expect(await sendMessage(w.as(creator), command)).toEqual(first)
})

test('slow mode lets each member speak so often, but not who announces; a repeat is no second word', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  await configureRoom(w.as(owner), { commandId: commandId(), roomId, slowMode: 60 })
  const command = { commandId: commandId(), roomId, text: 'first' }
  const first = await sendMessage(w.as(creator), command)
  await expect(say(roomId, creator, 'second')).rejects.toMatchObject({ code: 'chat.slowMode', retryable: true, retryAfter: 60 })
  expect(await sendMessage(w.as(creator), command)).toEqual(first)
  await say(roomId, owner, 'one')
  await say(roomId, owner, 'two')
  await w.db.pool.query(`update spoke set at = at - interval '61 s' where room_id = $1`, [roomId])
  const both = await Promise.allSettled([say(roomId, creator, 'now'), say(roomId, creator, 'and now')])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('where only announcements are made, nobody else speaks or edits from that commit on', async () => {
  const { roomId, creator, owner, said } = await talk()
  await expect(configureRoom(w.as(creator), { commandId: commandId(), roomId, slowMode: 5 })).rejects.toMatchObject(
    refusal('access.denied'),
  )
  const { seq } = await configureRoom(w.as(owner), { commandId: commandId(), roomId, announcementsOnly: true })
  await expect(say(roomId, creator, 'but')).rejects.toMatchObject(refusal('access.denied'))
  await expect(editMessage(w.as(creator), { ...about(roomId, said), text: 'but' })).rejects.toMatchObject(refusal('access.denied'))
  expect(await headOf(roomId)).toBe(seq)
  await say(roomId, owner, 'we decide')
  await configureRoom(w.as(owner), { commandId: commandId(), roomId, announcementsOnly: false })
  await say(roomId, creator, 'thank you')
})

test('what is unread is counted from the last mark, which never goes back nor beyond the end', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const seqs: number[] = []
  for (const text of ['one', 'two', 'three']) seqs.push(await say(roomId, creator, text))
  const unread = async () => (await roomsOf(w.db.pool, owner.userId, { limit: null, after: null, previews: false }))[0]
  expect(await unread()).toMatchObject({ unread: 3, mentions: 0, muted: false })
  expect(await markRead(w.as(owner), { roomId, seq: seqs[1]! })).toMatchObject({ read: seqs[1], unread: 1 })
  expect(await markRead(w.as(owner), { roomId, seq: seqs[0]! })).toMatchObject({ read: seqs[1], unread: 1 })
  expect(await muteRoom(w.as(owner), { roomId, muted: true })).toMatchObject({ read: seqs[1], unread: 1, muted: true })
  expect(await markRead(w.as(owner), { roomId, seq: 1_000_000 })).toMatchObject({ read: seqs[2], unread: 0, muted: true })
  await say(roomId, creator, 'four')
  expect(await unread()).toMatchObject({ unread: 1, muted: true })
})

test('nobody has their own words unread, unless others spoke in between', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const unread = async (person: TestPerson) => {
    await w.house.ownWords.flush()
    return (await roomsOf(w.db.pool, person.userId, { limit: null, after: null, previews: false }))[0]!.unread
  }
  await say(roomId, creator, 'one')
  await say(roomId, creator, 'two')
  expect([await unread(creator), await unread(owner)]).toEqual([0, 2])
  await say(roomId, owner, 'three') // without having read the two
  expect([await unread(creator), await unread(owner)]).toEqual([1, 3])
  await markRead(w.as(owner), { roomId, seq: 9_999 })
  await say(roomId, owner, 'four')
  expect([await unread(creator), await unread(owner)]).toEqual([2, 0])
})

test('a newcomer has read what was there before them', async () => {
  const { roomId, owner, creator, said } = await talk()
  const guest = await w.person('brand')
  await addMember(w.as(owner), { commandId: commandId(), roomId, userId: guest.userId, role: 'viewer' })
  await say(roomId, creator, 'welcome')
  const [room] = await roomsOf(w.db.pool, guest.userId, { limit: null, after: null, previews: false })
  expect(room).toMatchObject({ unread: 1 })
  expect(room!.read).toBeGreaterThanOrEqual(said)
})

test('history is found by page, around a message and by date, without a hole', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  const seqs: number[] = []
  for (let i = 0; i < 25; i++) seqs.push(await say(roomId, creator, `${i}`))
  const list = (place: object) => listMessages(w.as(owner), { roomId, limit: 10, ...place })
  const found = async (place: object) => (await list(place)).messages.map((m) => m.seq)
  expect(await found({})).toEqual(seqs.slice(-10).reverse())
  expect(await list({ before: seqs[5] })).toMatchObject({ more: false, newer: true })
  expect(await found({ after: seqs[4] })).toEqual(seqs.slice(5, 15).reverse())
  expect(await list({ after: seqs[20] })).toMatchObject({ newer: false, more: true })
  const around = await list({ around: seqs[12] })
  expect(around).toMatchObject({ more: true, newer: true })
  expect(around.messages.map((m) => m.seq)).toEqual(seqs.slice(7, 17).reverse())
  expect(await found({ around: seqs[24] })).toEqual(seqs.slice(15).reverse())
  expect(await found({ around: seqs[0] })).toEqual(seqs.slice(0, 5).reverse())

  const middle = await see(roomId, seqs[12]!)
  expect(await found({ at: middle.at })).toContain(seqs[12])
  expect(await found({ at: '2000-01-01T00:00:00Z' })).toContain(seqs[0])
  expect(await found({ at: '2100-01-01T00:00:00Z' })).toEqual(seqs.slice(15).reverse())
  await expect(list({ before: 3, after: 1 })).rejects.toMatchObject(refusal('request.invalid'))
})
