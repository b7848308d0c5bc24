import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { MessagePage } from '../contract/chat/schema.ts'
import { connect } from './client.ts'
import type { ConnectOptions, Parley } from './parley.ts'
import type { Room } from './room.ts'
import type { SentMessage } from './room-view.ts'
import { FakeHub, me, other, refusal, roomId } from './testing.ts'

let hub: FakeHub
let parley: Parley
const onError = vi.fn()
const asked: string[] = []
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const inputs = (wanted: string) => hub.commands.flatMap(({ name, input }) => (name === wanted ? [input] : []))
const last = (room: Room) => room.state.messages.at(-1)!

async function live(options: Partial<ConnectOptions> = {}): Promise<Room> {
  const getToken = async () => 'token'
  parley = connect({ url: 'http://hub.test', getToken, onError, random: () => 0.5, openSocket: hub.open, ...options })
  const joined = parley.room(roomId).join()
  await seconds(0.1)
  return joined
}
/** What the hub answers by REST, and `asked` what it was asked. */
const answering = (answer: (url: URL) => unknown) => ({
  fetch: async (url: unknown) => {
    asked.push(String(url).replace('http://hub.test/api/v1', ''))
    return new Response(JSON.stringify(answer(new URL(String(url)))))
  },
})

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  asked.length = 0
  hub = new FakeHub()
  for (let i = 0; i < 3; i++) hub.log.hear()
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

test('E1 a change is shown at once as changing, and as it is once its event is there', async () => {
  const room = await live()
  await Promise.all([room.send('helo'), seconds(1)])
  const done = [room.edit(last(room), 'hello'), room.react(1, '👍'), room.pin(2), room.configure({ slowMode: 9 })]
  expect(last(room)).toMatchObject({ seq: 4, text: 'hello', pending: 'changing' })
  expect(room.state.messages[0]).toMatchObject({ reactions: [{ emoji: '👍', by: [me] }], pending: 'changing' })
  expect(room.state).toMatchObject({ pins: [2], settings: { slowMode: 9 }, waiting: 4 })
  await seconds(1)
  expect((await Promise.all(done)).map(({ seq }) => seq)).toEqual([5, 6, 7, 8])
  expect(last(room)).toMatchObject({ text: 'hello', rev: 5, pending: null })
  expect(room.state).toMatchObject({ pins: [2], settings: { slowMode: 9 }, waiting: 0 })
})

test('E1 a message that nobody touches stays the same object, and so does the list where nothing in it changed', async () => {
  const room = await live()
  const [first, second] = room.state.messages
  void room.react(2, '👍')
  const changing = room.state.messages[1]
  expect([room.state.messages[0], changing === second]).toEqual([first, false])
  const { messages } = room.state
  hub.whisper('room.typing', { roomId, member: other, typing: true })
  await seconds(0.0005)
  expect(room.state.messages[1]).toBe(changing)
  await seconds(1)
  const settled = room.state.messages
  expect(settled).not.toBe(messages)
  hub.whisper('room.typing', { roomId, member: other, typing: true })
  await seconds(1)
  expect(room.state.typing).toEqual([other])
  expect(room.state.messages).toBe(settled)
})

test('E4 what is refused is shown no more, and rejects with the code', async () => {
  const room = await live()
  hub.intercept = (name) => (name === 'chat.edit' ? { ok: false, error: refusal('access.denied') } : null)
  const edited = expect(room.edit(1, 'mine now')).rejects.toMatchObject({ code: 'access.denied' })
  expect(room.state.messages[0]).toMatchObject({ text: 'mine now' })
  await seconds(1)
  await edited
  expect(room.state.messages[0]).toMatchObject({ text: 'message 1', pending: null })
})

test('E2 offline, a message can be answered, edited and taken back before it is sent', async () => {
  const room = await live()
  hub.cut()
  const sent = room.send('one')
  const edited = room.edit(last(room), 'uno')
  const replied = room.send('to one', { replyTo: last(room) })
  expect(room.state.messages.slice(-2)).toMatchObject([{ text: 'uno', replies: 1 }, { text: 'to one' }])
  await seconds(5)
  expect(await Promise.all([sent, edited, replied])).toMatchObject([{ seq: 4 }, { seq: 5 }, { seq: 6 }])
  expect(room.state.messages.slice(-2)).toMatchObject([
    { text: 'uno', replies: 1 },
    { text: 'to one', replyTo: 4, thread: 4 },
  ])
  await expect(room.edit({ ...last(room), seq: null, id: 'gone' } as never, 'x')).rejects.toMatchObject({ code: 'resource.notFound' })
})

test('O9 slow mode delays: the hub says when, and it waits until then, queued', async () => {
  const room = await live()
  let slow = true
  hub.intercept = (name) =>
    name === 'chat.send' && slow ? { ok: false, error: { ...refusal('chat.slowMode', true), retryAfter: 7 } } : null
  const sent = room.send('patience')
  await seconds(6.9)
  expect(last(room).pending).toBe('queued')
  expect(inputs('chat.send')).toHaveLength(1)
  slow = false
  await seconds(0.2)
  expect(await sent).toMatchObject({ seq: 4 })
})

test('O9 where the room is slow it is known when we may speak again', async () => {
  vi.setSystemTime('2026-01-01T00:00:00Z') // as the hub's clock
  const room = await live()
  void room.configure({ slowMode: 60 })
  await Promise.all([room.send('now'), seconds(1)])
  expect(room.state.maySpeakAt).toBe(Date.parse(last(room).at) + 60_000)
  expect([room.can('speak'), room.can('configure'), room.can('read')]).toEqual([true, false, true])
})

test('M1 read marks are told every half second at most, the last one wins, and none goes back', async () => {
  const room = await live()
  for (const seq of [1, 2, 1]) room.markRead(seq)
  expect(room.state.read).toBe(2)
  await seconds(0.4)
  room.markRead()
  await seconds(0.05)
  expect(inputs('room.read')).toEqual([{ roomId, seq: 1 }])
  await seconds(5)
  expect(inputs('room.read')).toEqual([
    { roomId, seq: 1 },
    { roomId, seq: 3 },
  ])
})

test('M2 a mark that was lost, or made offline, is told again', async () => {
  const room = await live()
  hub.network = () => []
  room.markRead(2)
  await seconds(1)
  hub.cut()
  hub.network = () => [1]
  room.markRead(3)
  await seconds(5)
  expect(hub.read).toBe(3)
  const told = inputs('room.read').length
  hub.cut()
  await seconds(30)
  expect(inputs('room.read')).toHaveLength(told)
})

test('M5 a room is marked read without a join, as far as the inbox knows it, also once the connection is back', async () => {
  const summary = { roomId, kind: 'application', title: null, role: 'creator', head: 3, lastAt: null, read: 0, unread: 3, mentions: 0 }
  const list = answering(() => ({ rooms: [{ ...summary, muted: false, last: null }], cursor: null }))
  parley = connect({ url: 'http://hub.test', getToken: async () => 'token', random: () => 0.5, openSocket: hub.open, ...list })
  await seconds(0.1)
  await parley.inbox.load()
  hub.door = () => refusal('server.unavailable', true)
  hub.cut()
  parley.room(roomId).markRead()
  expect(parley.inbox.state).toMatchObject({ unread: 0, rooms: [{ read: 3 }] })
  await seconds(5)
  hub.door = () => null
  await seconds(20)
  expect(hub.read).toBe(3)
  expect([inputs('room.join'), inputs('room.read')]).toEqual([[], [{ roomId, seq: 3 }]])
})

test('M5 a room of which nothing is known is joined to be marked read', async () => {
  parley = connect({ url: 'http://hub.test', getToken: async () => 'token', random: () => 0.5, openSocket: hub.open })
  parley.room(roomId).markRead()
  await seconds(1)
  expect(hub.read).toBe(3)
})

test('O10 what is done in a room that was never joined joins it', async () => {
  parley = connect({ url: 'http://hub.test', getToken: async () => 'token', random: () => 0.5, openSocket: hub.open })
  const room = parley.room(roomId)
  const done = [room.send('first of all'), room.react(1, '👍'), room.configure({ slowMode: 9 })]
  await seconds(1)
  expect((await Promise.all(done)).map(({ seq }) => seq)).toEqual([4, 5, 6])
  expect([room.state.status, inputs('room.join').length]).toEqual(['live', 1])
})

test('O10 where that join is refused, what was done rejects with its code, and only a new join can change that', async () => {
  hub.intercept = (name) => (name === 'room.join' ? { ok: false, error: refusal('resource.notFound') } : null)
  parley = connect({ url: 'http://hub.test', getToken: async () => 'token', random: () => 0.5, openSocket: hub.open })
  const room = parley.room(roomId)
  const refused = expect(room.send('hi')).rejects.toMatchObject({ code: 'resource.notFound' })
  await seconds(1)
  await refused
  await expect(room.pin(1)).rejects.toMatchObject({ code: 'resource.notFound' })
  expect([room.state.status, room.state.waiting, inputs('room.join').length]).toEqual(['removed', 0, 1])
})

test('M3 what we say is read by us, if all before it was', async () => {
  const room = await live()
  await Promise.all([room.send('unread before me'), seconds(1)])
  expect(room.state.read).toBe(0)
  room.markRead()
  await Promise.all([room.send('all read'), seconds(2)])
  expect([room.state.read, hub.read]).toEqual([5, 5])
})

test('M4 seen by whoever has read so far, but not by its author', async () => {
  const room = await live()
  await Promise.all([room.send('seen?'), seconds(1)])
  const mine = last(room) as SentMessage
  expect(room.seenBy(mine)).toEqual([])
  hub.whisper('room.reads', {
    roomId,
    reads: [
      { member: other, seq: 4 },
      { member: me, seq: 4 },
    ],
  })
  hub.whisper('room.reads', { roomId, reads: [{ member: other, seq: 1 }] })
  await seconds(1)
  for (const message of [mine, mine.seq]) expect(room.seenBy(message).map(({ name }) => name)).toEqual(['Otto'])
  expect(room.state).toMatchObject({ read: 4, reads: { [other]: 4 } }) // read on another device of ours
})

test('W3 others type, until they say it; our other devices do not; a cut ends it', async () => {
  const room = await live()
  for (const member of [me, other]) hub.whisper('room.typing', { roomId, member, typing: true })
  await seconds(1)
  expect(room.state.typing).toEqual([other])
  hub.tell(hub.log.hear())
  await seconds(0.1)
  expect(room.state.typing).toEqual([])
  hub.whisper('room.typing', { roomId, member: other, typing: true })
  await seconds(0.1)
  hub.cut()
  expect(room.state).toMatchObject({ typing: [], presence: { count: 0 } })
})

test('W4 our typing goes with what we send', async () => {
  const room = await live()
  room.typing()
  await Promise.all([room.send('said'), seconds(20)])
  expect(inputs('room.typing')).toEqual([{ roomId, typing: true }])
  room.typing()
  room.typing(false)
  await seconds(1)
  expect(inputs('room.typing').slice(1)).toEqual([
    { roomId, typing: true },
    { roomId, typing: false },
  ])
})

test('W5 who is there is known from the join on, and asked for anybody', async () => {
  const room = await live()
  expect(room.state.presence).toEqual({ present: [{ member: other, away: false }], count: 1 })
  hub.whisper('room.presence', { roomId, present: null, count: 300 })
  await seconds(0.1)
  expect(room.state.presence).toEqual({ present: null, count: 300 })
  const people = room.presenceOf([other])
  await seconds(0.1)
  expect(await people).toMatchObject([{ member: other, online: true }])
})

test.each([
  ['room.typing', { roomId, member: 7, typing: true }],
  ['room.presence', { roomId, present: 'all', count: 1 }],
  ['room.reads', { roomId, reads: [{ member: other, seq: -1 }] }],
  ['inbox.changed', { rooms: [{ roomId }] }],
] as const)('W6 a malformed %s is ignored, and onError hears of it', async (name, said) => {
  const room = await live()
  const before = room.state
  hub.whisper(name, said as never)
  await seconds(1)
  expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: `The hub sent a malformed ${name}` })]])
  expect(room.state).toBe(before)
})

test('W7 away after a while, told again on each connection, and back with what we do', async () => {
  const room = await live({ idleAfter: 60_000 })
  await seconds(61)
  hub.cut()
  await seconds(5)
  expect(inputs('presence.update')).toEqual([{ away: true }, { away: true }])
  void room.send('here again')
  await seconds(1)
  expect(inputs('presence.update').at(-1)).toEqual({ away: false })
  parley.setAway(true)
  room.typing()
  await seconds(1)
  expect(inputs('presence.update').at(-1)).toEqual({ away: true })
})

/** A long room: message 1 has six answers, far before what a join shows. */
async function longThread(): Promise<Room> {
  for (let i = 0; i < 6; i++) hub.others('chat.send', { replyTo: 1, text: `answer ${i}` })
  for (let i = 0; i < 30; i++) hub.log.hear()
  const page = (url: URL): MessagePage => {
    const {
      before = 1e9,
      limit,
      around,
      thread,
    } = Object.fromEntries(Array.from(url.searchParams, ([name, value]) => [name, Number(value)]))
    const all = hub.log.fresh().messages.filter((m) => (around ? m.seq === around : m.thread === thread && m.seq < before))
    return { asOf: hub.log.head, messages: all.slice(-limit!).reverse(), more: all.length > limit!, newer: false }
  }
  return live(answering(page))
}

test('H1 a thread is loaded by pages, with the message that it began with', async () => {
  const room = await longThread()
  const thread = room.thread(1)
  expect([thread.messages, thread.more, room.thread(1) === thread]).toEqual([[], true, true])
  expect(await thread.loadOlder(4)).toBe(true)
  expect(thread.messages.map(({ text }) => text)).toEqual(['message 1', 'answer 2', 'answer 3', 'answer 4', 'answer 5'])
  expect(await thread.loadOlder(4)).toBe(false)
  expect([thread.messages.length, thread.more]).toEqual([7, false])
  expect(asked[0]).toBe(`/rooms/${roomId}/messages?around=1&limit=1`)
  expect(asked.at(-1)).toBe(`/rooms/${roomId}/messages?thread=1&limit=4&before=6`)
})

test('H2 a thread is kept up to date, shows what is on its way, and starts over after a snapshot', async () => {
  const room = await longThread()
  const thread = room.thread(1)
  await thread.loadOlder(10)
  void room.send('mine', { replyTo: thread.messages[1]! })
  void room.edit(thread.messages[0]!, 'not mine to edit')
  expect(thread.messages.at(-1)).toMatchObject({ text: 'mine', pending: 'sending', thread: 1 })
  expect(thread.messages[0]).toMatchObject({ text: 'not mine to edit', replies: 7 })
  expect(thread.messages).toBe(thread.messages)
  hub.others('chat.edit', { message: 4, text: 'answer 0, better' })
  hub.tell(hub.log.hear('elsewhere'))
  await seconds(1)
  expect(thread.messages[0]).toMatchObject({ text: 'message 1', replies: 7, pending: null })
  expect(thread.messages[1]).toMatchObject({ text: 'answer 0, better' })
  expect(thread.messages.at(-1)).toMatchObject({ text: 'mine', pending: null })
  hub.cut()
  for (let i = 0; i < 50; i++) hub.log.hear()
  await seconds(5)
  expect([thread.messages, thread.more]).toEqual([[], true])
})

test('H3 any part of the history, what a message has said, and what is pinned come by REST', async () => {
  const room = await live(
    answering(({ pathname }) => {
      if (pathname.endsWith('versions')) return { versions: [{ seq: 1, at: '2026-01-01T00:00:00.000Z', text: 'first' }] }
      return { ...hub.log.page(3, 9), newer: true }
    }),
  )
  const page = await room.history({ around: 2, limit: 9 })
  expect(page).toMatchObject({ messages: [{ seq: 1, mine: false, pending: null }, { seq: 2 }], more: false, newer: true })
  expect(await room.versions(1)).toMatchObject([{ text: 'first' }])
  expect(await room.pinned()).toMatchObject([{ seq: 2 }, { seq: 1 }])
  expect(asked).toEqual([`/rooms/${roomId}/messages?around=2&limit=9`, `/rooms/${roomId}/messages/1/versions`, `/rooms/${roomId}/pins`])
})

test.each([
  [new Date('2026-11-21T10:00:00Z'), '2026-11-21T10:00:00.000Z'],
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2026-11-21T10:00:00+02:00', '2026-11-21T08:00:00.000Z'],
])('H3 a moment is a Date, a date or a date-time: %s', async (at, asIs) => {
  const room = await live(answering(() => ({ ...hub.log.page(3, 9), newer: true })))
  await room.history({ at })
  expect(asked).toEqual([`/rooms/${roomId}/messages?at=${encodeURIComponent(asIs)}`])
  await expect(room.history({ at: 'yesterday' })).rejects.toMatchObject({ code: 'request.invalid' })
})

test('W5 nobody is asked about nobody', async () => {
  const room = await live()
  expect(await room.presenceOf([])).toEqual([])
  expect(inputs('presence.query')).toEqual([])
})

test('E5 an emoji without the sign for its picture is the one with it, shown and sent', async () => {
  const room = await live()
  void room.react(1, '❤')
  expect(room.state.messages[0]!.reactions).toEqual([{ emoji: '❤️', by: [me] }])
  await seconds(1)
  await Promise.all([room.unreact(1, '❤'), seconds(1)])
  expect(room.state.messages[0]).toMatchObject({ reactions: [], pending: null })
  expect(inputs('chat.react')).toMatchObject([{ emoji: '❤️' }])
})

test('H4 words are looked for in one room or in all', async () => {
  const room = await live(answering(() => ({ hits: [], more: false, cursor: null })))
  await room.search({ q: 'дім & home', limit: 5 })
  expect(await parley.search({ q: 'x' })).toEqual({ hits: [], more: false, cursor: null })
  expect(asked).toEqual([`/rooms/${roomId}/search?q=%D0%B4%D1%96%D0%BC+%26+home&limit=5`, '/search?q=x'])
})

test('H2 a message that is still on its way has no thread and no versions yet', async () => {
  const room = await live()
  hub.cut()
  void room.send('not there yet')
  expect(() => room.thread(last(room))).toThrow('No such message')
  await expect(room.versions(last(room))).rejects.toMatchObject({ code: 'resource.notFound' })
})

test('L2 what is asked of a room that has ended rejects with the reason', async () => {
  const room = await live(answering(() => ({})))
  await Promise.all([room.leave(), seconds(1)])
  const asks = [room.mute(true), room.presenceOf([other]), room.pinned(), room.history(), room.versions(1), room.search({ q: 'x' })]
  for (const ask of [...asks, room.edit(1, 'x'), room.loadOlder()]) await expect(ask).rejects.toMatchObject({ code: 'client.closed' })
  room.markRead()
  room.typing()
  await seconds(10)
  expect([asked, inputs('room.read'), inputs('room.typing')]).toEqual([[], [], []])
})
