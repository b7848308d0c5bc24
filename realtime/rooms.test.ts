import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'
import { sendMessage } from '../server/chat/send-message.ts'
import { addMember } from '../server/rooms/add-member.ts'
import { removeMember } from '../server/rooms/remove-member.ts'
import { signOut } from '../server/sessions/sign-out.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'

let h: TestHub
beforeAll(async () => {
  h = await hub()
})
afterAll(() => h.close())

const say = (roomId: RoomId, text: string) => ({ commandId: commandId(), roomId, text })
const texts = (heard: readonly Envelope[]) => heard.flatMap((e) => (e.type === 'chat.messageSent' ? [e.data.personal?.text] : []))
/** `PATIENCE` is a ceiling for a slow machine; the promise is one second. */
const PATIENCE = { timeout: 3_000, interval: 20 }

async function meeting() {
  const negotiation = await h.negotiation()
  const [manager, creator] = [await h.client(negotiation.manager), await h.client(negotiation.creator)]
  const { head } = await manager.do('room.join', { roomId: negotiation.roomId })
  await creator.do('room.join', { roomId: negotiation.roomId })
  return { ...negotiation, people: negotiation, manager, creator, head }
}

test('the sender is answered, and everybody in the room hears the event', async () => {
  const { roomId, manager, creator, head } = await meeting()
  const place = await creator.do('chat.send', say(roomId, ' hi '))
  expect(place).toMatchObject({ seq: head + 1 })
  const event = { roomId, seq: head + 1, id: place.messageId, type: 'chat.messageSent', data: { deal: null, personal: { text: ' hi ' } } }
  await expect.poll(() => manager.heard).toMatchObject([event])
  await expect.poll(() => creator.heard).toMatchObject([event])
  expect(h.lines.at(-1)).toMatchObject({ command: 'chat.send', code: 'ok' })
  expect(JSON.stringify(h.lines)).not.toContain(' hi ')
})

test('a join gives what was missed as events, and a snapshot where nothing is known', async () => {
  const { roomId, people, manager, head } = await meeting()
  for (const text of ['one', 'two', 'three']) await manager.do('chat.send', say(roomId, text))
  const late = await h.client(people.viewer)
  const whole = await late.do('room.join', { roomId })
  expect(whole.events).toEqual([])
  expect(whole.snapshot).toMatchObject({ asOf: head + 3, title: 'A room', more: false })
  expect(whole.snapshot?.messages.map((m) => m.text)).toEqual(['one', 'two', 'three'])
  expect(whole.snapshot?.members.map((m) => m.role).sort()).toEqual(['creator', 'manager', 'owner', 'viewer'])
  const missed = await late.do('room.join', { roomId, after: head + 1 })
  expect(texts(missed.events)).toEqual(['two', 'three'])
  expect(missed.snapshot).toBeNull()
  const ahead = await late.do('room.join', { roomId, after: head + 99 })
  expect(ahead.snapshot).not.toBeNull()
})

test('room.sync pages through what was missed, without a hole, up to the head', async () => {
  const { roomId, people, manager, head } = await meeting()
  for (let i = 1; i <= 25; i++) await manager.do('chat.send', say(roomId, `${i}`))
  const seqs: number[] = []
  for (let after = head; ; ) {
    const page = await manager.do('room.sync', { roomId, after, limit: 7 })
    seqs.push(...page.events.map((e) => e.seq))
    expect(page.head).toBe(head + 25)
    if (page.events.length === 0) break
    after = page.events.at(-1)!.seq
  }
  expect(seqs).toEqual(Array.from({ length: 25 }, (_, i) => head + i + 1))
  const long = 'ß'.repeat(4_000)
  await Promise.all(Array.from({ length: 150 }, () => sendMessage(h.as(people.manager), say(roomId, long))))
  const page = await manager.do('room.sync', { roomId, after: head + 25 })
  expect(page.events.length).toBeGreaterThan(50)
  expect(page.events.length).toBeLessThan(150) // a reply is bounded in size too
})

test('P6: whoever is removed while messages fly hears nothing that was committed after it, on any node', async () => {
  const other = await h.node()
  for (let round = 0; round < 8; round++) {
    const { roomId, owner, manager: managing, creator: leaving } = await h.negotiation()
    const [here, there] = [await h.client(leaving), await h.client(leaving, {}, other.url)]
    const stays = await h.client(managing, {}, other.url)
    const sender = await h.client(managing)
    for (const client of [here, there, stays, sender]) await client.do('room.join', { roomId })
    const closed = [here, there].map(({ socket }) => new Promise((done) => socket.once('room.closed', done)))

    const flying = Array.from({ length: 60 }, async (_, i) => {
      await new Promise((done) => setTimeout(done, i * 2))
      return sender.do('chat.send', say(roomId, `${i}`))
    })
    await new Promise((done) => setTimeout(done, 20 + round * 10))
    await removeMember(h.as(owner), { commandId: commandId(), roomId, userId: leaving.userId })
    await Promise.all(flying)
    const { head, events } = await h.db.log.readAfter(roomId, 0, 500)
    const removedAt = events.find((e) => e.type === 'room.memberRemoved')!.seq
    await expect.poll(() => stays.heard.at(-1)?.seq, PATIENCE).toBe(head)

    await Promise.all(closed)
    for (const { heard } of [here, there]) expect(Math.max(0, ...heard.map((e) => e.seq))).toBeLessThan(removedAt)
    expect(await here.ask('room.sync', { roomId, after: 0 })).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })
  }
})

test('P6: a send that races its sender’s removal is never committed after it', async () => {
  for (let round = 0; round < 10; round++) {
    const { roomId, owner, creator } = await h.negotiation()
    const client = await h.client(creator)
    await client.do('chat.send', say(roomId, 'known to the hub'))
    const sends = Array.from({ length: 30 }, () => client.ask('chat.send', say(roomId, 'quick')))
    const removal = removeMember(h.as(owner), { commandId: commandId(), roomId, userId: creator.userId })
    const more = Array.from({ length: 30 }, () => client.ask('chat.send', say(roomId, 'quick')))
    await removal
    const replies = await Promise.all([...sends, ...more])
    const { events } = await h.db.log.readAfter(roomId, 0, 500)
    const after = events.slice(events.findIndex((e) => e.type === 'room.memberRemoved') + 1)
    expect(after).toEqual([])
    expect(replies.filter((reply) => reply.ok)).toHaveLength(texts(events).length - 1)
    for (const reply of replies) if (!reply.ok) expect(reply.error.code).toBe('resource.notFound')
  }
})

test('P6: signing out cuts the session’s sockets off on every node, and no others', async () => {
  const other = await h.node()
  const { owner } = await h.negotiation()
  const [session, elsewhere] = [await h.session(owner), await h.session(owner)]
  const cut = [await h.client(owner, { token: session.accessToken }), await h.client(owner, { token: session.accessToken }, other.url)]
  const stays = await h.client(owner, { token: elsewhere.accessToken }, other.url)
  const ended = cut.map(({ socket }) => new Promise<{ code: string }>((done) => socket.once('session.ending', done)))
  const info = await h.house.tokens.verify(session.accessToken)
  await signOut(Object.assign(h.as(owner), { session: info }))
  expect((await Promise.all(ended)).map((error) => error.code)).toEqual(['session.ended', 'session.ended'])
  await expect.poll(() => cut.map(({ socket }) => socket.connected)).toEqual([false, false])
  expect(stays.socket.connected).toBe(true)
  await expect(h.client(owner, { token: session.accessToken })).rejects.toMatchObject({ code: 'session.ended' })
})

test('a campaign’s creators learn nothing of each other, not even from a gap in the seqs', async () => {
  const [owner, first, second] = [await h.person('brand'), await h.person('creator'), await h.person('creator')]
  const roomId = await h.room('campaign', [
    [owner, 'owner'],
    [first, 'creator'],
  ])
  const watching = await h.client(first)
  const before = await watching.do('room.join', { roomId })
  expect(before.snapshot?.members.map((m) => m.role)).toEqual(['owner'])
  expect(before.me).toMatchObject({ role: 'creator', name: first.name })
  await addMember(h.as(owner), { commandId: commandId(), roomId, userId: second.userId, role: 'creator' })
  const joined = await h.client(second)
  expect(await joined.do('room.join', { roomId })).toMatchObject({ head: before.head })
  const closed = new Promise((done) => joined.socket.once('room.closed', done))
  await removeMember(h.as(owner), { commandId: commandId(), roomId, userId: second.userId })
  await closed
  const owning = await h.client(owner)
  const { seq } = await owning.do('chat.send', say(roomId, 'news'))
  expect(seq).toBe(before.head + 1)
  await expect.poll(() => texts(watching.heard)).toEqual(['news'])
  expect(joined.heard).toEqual([])
  expect(await watching.ask('chat.send', say(roomId, 'may I?'))).toMatchObject({ ok: false, error: { code: 'access.denied' } })
})

test('P6: in a campaign’s room people come and go again and again, and a removed owner’s order does not commit', async () => {
  const people = await Promise.all(['brand', 'brand', 'creator', 'creator', 'creator'].map((role) => h.person(role as 'brand')))
  const [owner, second, one, two, three] = people as [TestPerson, TestPerson, TestPerson, TestPerson, TestPerson]
  const roomId = await h.room('campaign', [
    [owner, 'owner'],
    [second, 'owner'],
    [one, 'creator'],
    [two, 'creator'],
  ])
  const by = (userId: TestPerson['userId']) => ({ commandId: commandId(), roomId, userId })
  await removeMember(h.as(owner), by(one.userId))
  await removeMember(h.as(owner), by(two.userId))
  await addMember(h.as(owner), { ...by(three.userId), role: 'creator' })
  await removeMember(h.as(three), by(three.userId))
  await addMember(h.as(owner), { ...by(one.userId), role: 'creator' })

  const [removal, addition] = await Promise.allSettled([
    removeMember(h.as(owner), by(second.userId)),
    addMember(h.as(second), { ...by(two.userId), role: 'creator' }),
  ])
  expect(removal.status).toBe('fulfilled')
  const added = await h.db.pool.query('select from member where room_id = $1 and user_id = $2 and removed_at is null', [roomId, two.userId])
  expect(added.rowCount).toBe(addition.status === 'fulfilled' ? 1 : 0)
  if (addition.status === 'rejected') expect(addition.reason).toMatchObject({ code: 'resource.notFound' })
})

test('P6: what was read while its reader was removed is not told', async () => {
  for (const name of ['room.join', 'room.sync'] as const) {
    const { roomId, owner, creator } = await h.negotiation()
    const client = await h.client(creator)
    const read = h.db.log.readAfter.bind(h.db.log)
    h.db.log.readAfter = async (streamId, ...rest) => {
      if (streamId === roomId) {
        h.db.log.readAfter = read
        await removeMember(h.as(owner), { commandId: commandId(), roomId, userId: creator.userId })
        await sendMessage(h.as(owner), say(roomId, 'not for you'))
      }
      return read(streamId, ...rest)
    }
    const reply = await client.ask(name, { roomId, after: 0 })
    expect(reply).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })
    expect(JSON.stringify([reply, client.heard])).not.toContain('not for you')
  }
})

test('a room that was left sends nothing more, and leaving twice or never having come is no error', async () => {
  const { roomId, manager, creator } = await meeting()
  expect([await creator.do('room.leave', { roomId }), await creator.do('room.leave', { roomId })]).toEqual([{}, {}])
  await manager.do('chat.send', say(roomId, 'anyone?'))
  await expect.poll(() => texts(manager.heard)).toEqual(['anyone?'])
  expect(creator.heard).toEqual([])
})

test('nodes without anything between them hear each other within a second', async () => {
  const { roomId, people, creator } = await meeting()
  const other = await h.node()
  const far = await h.client(people.owner as TestPerson, {}, other.url)
  await far.do('room.join', { roomId })
  for (const text of ['a', 'b', 'c']) await creator.do('chat.send', say(roomId, text))
  await expect.poll(() => texts(far.heard), PATIENCE).toEqual(['a', 'b', 'c'])
})
