import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connect, type Parley, type Room } from '../client-sdk/src/index.ts'
import { type Following, follow } from '../persistence/followers.ts'
import { atOnce } from '../persistence/search/testing.ts'
import { createApp } from '../server/http.ts'
import { createLog } from '../server/log.ts'
import type { TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'

/** Whispers come at most a second late; this is the ceiling on a busy machine, in ms. */
const soon = { timeout: 6_000, interval: 20 }

let h: TestHub
let indexing: Following
let fetch: typeof globalThis.fetch
const open: Parley[] = []
beforeAll(async () => {
  h = await hub()
  indexing = follow(h.house.db, atOnce, 20)
  const app = createApp(h.house, { log: createLog({ level: 'error', write: () => {} }), isAllowedOrigin: () => true })
  const bindings = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
  fetch = async (url, init) => app.request(String(url).replace(h.url, ''), init, bindings)
})
afterEach(() => {
  for (const parley of open.splice(0)) parley.close()
})
afterAll(async () => {
  await indexing?.stop()
  await h?.close()
})

async function signedIn(person: TestPerson): Promise<Parley> {
  const { accessToken } = await h.session(person)
  const parley = connect({ url: h.url, getToken: async () => accessToken, fetch })
  open.push(parley)
  return parley
}
/** A manager and a creator, both in the room. */
async function talk() {
  const people = await h.negotiation()
  const [parley, other] = [await signedIn(people.manager), await signedIn(people.creator)]
  const [mine, theirs] = await Promise.all([parley, other].map((client) => client.room(people.roomId).join()))
  return { ...people, parley, other, mine: mine!, theirs: theirs! }
}
const last = (room: Room) => room.state.messages.at(-1)
const byText = (room: Room, text: string) => room.state.messages.find((message) => message.text === text)

test('E1 every change of one is seen by the other, as it was shown at once', async () => {
  const { mine, theirs } = await talk()
  const sent = mine.send('frist')
  const first = last(mine)!
  const all = [sent, mine.edit(first, 'first'), mine.react(first, '👍'), mine.pin(first), mine.configure({ slowMode: 0 })]
  expect(last(mine)).toMatchObject({ text: 'first', reactions: [{ emoji: '👍' }] })
  await Promise.all(all)
  const { seq } = await sent
  await theirs.send('second', { replyTo: seq })
  await expect.poll(() => last(mine), soon).toMatchObject({ text: 'second', replyTo: seq, thread: seq, pending: null })
  await expect.poll(() => theirs.state, soon).toMatchObject({ rev: mine.state.rev, pins: [seq] })
  expect(byText(theirs, 'first')).toMatchObject({ editedAt: expect.any(String), replies: 1, reactions: [{ by: [mine.state.me?.key] }] })
  expect(await mine.versions(seq)).toMatchObject([{ text: 'frist' }, { text: 'first' }])
  expect(await theirs.pinned()).toMatchObject([{ seq, text: 'first', mine: false }])
  await Promise.all([mine.unreact(seq, '👍'), mine.unpin(seq), mine.delete(seq)])
  await expect
    .poll(() => theirs.state, soon)
    .toMatchObject({ pins: [], messages: [{ seq, deleted: true, text: null, reactions: [] }, { text: 'second' }] })
})

test('E4 what the hub refuses comes with its code, and is shown no more', async () => {
  const { mine, theirs } = await talk()
  const { seq } = await mine.send('mine alone')
  await expect.poll(() => theirs.state.messages.length, soon).toBe(1)
  const refused: [Promise<unknown>, string][] = [
    [theirs.edit(seq, 'no'), 'access.denied'],
    [theirs.delete(seq), 'access.denied'],
    [theirs.configure({ announcementsOnly: true }), 'access.denied'],
    [theirs.react(seq, 'ok'), 'request.invalid'],
    [theirs.pin(seq + 99), 'resource.notFound'],
    [theirs.send('<@018f0000-0000-7000-8000-00000000000f>'), 'mention.notMember'],
  ]
  for (const [promise, code] of refused) await expect(promise).rejects.toMatchObject({ code })
  expect(theirs.state).toMatchObject({ messages: [{ text: 'mine alone', pending: null }], pins: [], waiting: 0 })
})

test('O10, M5, E5 a room is marked read without a join, and spoken in without one; ❤ is an emoji', async () => {
  const { roomId, owner, theirs } = await talk()
  const { seq } = await theirs.send('anybody here?')
  const parley = await signedIn(owner)
  await parley.inbox.load()
  expect(parley.inbox.state.rooms[0]).toMatchObject({ unread: 1 })
  const room = parley.room(roomId)
  room.markRead()
  const told = await signedIn(owner)
  await expect.poll(async () => (await told.rooms())[0], soon).toMatchObject({ roomId, unread: 0 })
  expect(room.state.status).toBe('joining')
  await Promise.all([room.send('yes'), room.react(seq, '❤')])
  await expect.poll(() => byText(theirs, 'anybody here?'), soon).toMatchObject({ reactions: [{ emoji: '❤️' }] })
  expect((await room.history({ at: new Date() })).messages.map(({ text }) => text)).toEqual(['anybody here?', 'yes'])
  const stranger = (await signedIn(await h.person())).room(roomId)
  await expect(stranger.send('let me in')).rejects.toMatchObject({ code: 'resource.notFound', name: 'RemoteError' })
})

test('O9 slow mode only delays', async () => {
  const { mine, theirs } = await talk()
  await mine.configure({ slowMode: 1 })
  const places = await Promise.all(['a', 'b'].map((text) => theirs.send(text)))
  expect(Date.parse(places[1]!.at) - Date.parse(places[0]!.at)).toBeGreaterThanOrEqual(1_000)
  await mine.configure({ announcementsOnly: true })
  await expect.poll(() => theirs.can('speak'), soon).toBe(false)
  await expect(theirs.send('c')).rejects.toMatchObject({ code: 'access.denied' })
})

test('H1 a thread and any part of the history come as they are', async () => {
  const { mine, theirs } = await talk()
  const { seq } = await mine.send('root')
  for (let i = 0; i < 3; i++) await theirs.send(`answer ${i}`, { replyTo: seq })
  for (let i = 0; i < 60; i++) void mine.send(`${i}`)
  const { seq: end } = await mine.send('end')
  const thread = mine.thread(seq)
  expect(thread.messages.map(({ text }) => text)).toEqual(['root', 'answer 0', 'answer 1', 'answer 2'])
  const page = await mine.history({ around: seq + 1, limit: 3 })
  expect(page).toMatchObject({ messages: [{ text: 'root', mine: true }, { text: 'answer 0', mine: false }, {}], more: false, newer: true })
  expect((await mine.history({ after: end - 2 })).messages.map(({ text }) => text)).toEqual(['59', 'end'])
})

test('H1 of a room whose beginning is not loaded a thread is', async () => {
  const { roomId, mine, theirs, owner } = await talk()
  const { seq } = await mine.send('root')
  for (let i = 0; i < 3; i++) await theirs.send(`answer ${i}`, { replyTo: seq })
  await Promise.all(Array.from({ length: 60 }, (_, i) => mine.send(`${i}`)))
  const room = await (await signedIn(owner)).room(roomId).join()
  const thread = room.thread(seq)
  expect(thread.messages).toEqual([])
  expect(await thread.loadOlder(2)).toBe(true)
  expect(thread.messages.map(({ text }) => text)).toEqual(['root', 'answer 1', 'answer 2'])
  await theirs.send('answer 3', { replyTo: seq })
  await expect.poll(() => thread.messages.at(-1), soon).toMatchObject({ text: 'answer 3' })
  expect(await thread.loadOlder(2)).toBe(false)
  expect(thread.messages).toHaveLength(5)
})

test('M4 what one has read, the other sees', async () => {
  const { mine, theirs } = await talk()
  const { seq } = await mine.send('read me')
  await expect.poll(() => theirs.state.rev, soon).toBeGreaterThanOrEqual(seq)
  theirs.markRead()
  const seen = () => mine.seenBy(byText(mine, 'read me') as never).map(({ key }) => key)
  await expect.poll(seen, soon).toEqual([theirs.state.me?.key])
})

test('W3, W5 who is there and who types is known, until it is not so', async () => {
  const { mine, theirs, other } = await talk()
  const key = theirs.state.me!.key
  await expect.poll(() => mine.state.presence.present?.map(({ member }) => member), soon).toContain(key)
  theirs.typing()
  await expect.poll(() => mine.state.typing, soon).toEqual([key])
  expect(theirs.state.typing).toEqual([])
  await theirs.send('there')
  await expect.poll(() => mine.state.typing, soon).toEqual([])
  other.setAway(true)
  await expect.poll(() => mine.state.presence.present?.find(({ member }) => member === key)?.away, soon).toBe(true)
  expect(await mine.presenceOf([key])).toMatchObject([{ member: key, online: true, away: true }])
  other.close()
  await expect.poll(() => mine.state.presence.present?.map(({ member }) => member), soon).not.toContain(key)
})

test('I1, I2 the inbox says what is unread, mentions among it, of rooms that are not open', async () => {
  const { roomId, owner, mine, theirs } = await talk()
  const { inbox } = await signedIn(owner)
  await inbox.load()
  const me = await h.keyOf(roomId, owner)
  await theirs.send('hello')
  const { insert } = theirs.mentionable(owner.name.slice(0, 5)).find(({ member }) => member.key === me)!
  await theirs.send(`and you, ${insert}`)
  await expect.poll(() => inbox.state, soon).toMatchObject({ unread: 2, mentions: 1, rooms: [{ roomId, title: 'A room' }] })
  await inbox.loadPreviews()
  expect(inbox.state.rooms[0]?.last).toMatchObject({ author: theirs.state.me?.key, text: `and you, ${insert}` })
  expect(mine.mentionable('')).toHaveLength(3)
  const elsewhere = await signedIn(owner)
  const room = await elsewhere.room(roomId).join()
  await room.mute(true)
  await expect.poll(() => inbox.state, soon).toMatchObject({ unread: 0, mentions: 1 })
  room.markRead()
  await expect.poll(() => inbox.state, soon).toMatchObject({ unread: 0, mentions: 0, rooms: [{ unread: 0, muted: true }] })
})

test('H4 what was said is found, here or in all rooms', async () => {
  const { roomId, parley, mine, theirs } = await talk()
  const { seq } = await theirs.send('the blue elephant')
  const found = { hits: [{ roomId, message: { seq }, snippet: 'the blue elephant' }], more: false }
  await expect.poll(() => mine.search({ q: 'elephants' }), { timeout: 10_000 }).toMatchObject(found)
  expect(await parley.search({ q: 'elephant', limit: 5 })).toMatchObject(found)
  await expect(mine.search({ q: ' ' })).rejects.toMatchObject({ code: 'request.invalid' })
})
