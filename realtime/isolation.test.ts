import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ActorKey,
  type ApplicationId,
  type CommandName,
  commands,
  type Input,
  isRoomRule,
  newId,
  type RoomId,
  whispers,
} from '../client-sdk/contract/index.ts'
import { accept, propose } from '../server/deals/testing.ts'
import { submitDeliverable } from '../server/deliverables/move-deliverable.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestClient, type TestHub } from './testing.ts'
import { apply, market, terms } from './testing-market.ts'

let h: TestHub
/** What PostgreSQL was asked, without what the hub asks by itself. */
const asked: string[] = []
const byItself = /h\.horizon|from node|into node|update node|presence|online|inbox|last_seen|unnest\(\$1::uuid\[\]\) as k \(id\)/
const realQuery = pg.Client.prototype.query

beforeAll(async () => {
  h = await hub()
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args as [string | { text?: string }]
    const text = typeof config === 'string' ? config : (config.text ?? '')
    if (!byItself.test(text)) asked.push(text)
    return Reflect.apply(realQuery, this, args)
  } as typeof realQuery
})
afterAll(async () => {
  pg.Client.prototype.query = realQuery
  await h.close()
})

/** For each command that names a room, an input that a member could send. What is not here does not compile. */
type InRoom = { [C in CommandName]: Input<C> extends { roomId: RoomId } ? C : never }[CommandName]
const inputs: Record<InRoom, (roomId: RoomId, seq: number, member: ActorKey) => object> = {
  'room.join': (roomId) => ({ roomId }),
  'room.sync': (roomId) => ({ roomId, after: 0 }),
  'room.leave': (roomId) => ({ roomId }),
  'room.read': (roomId, seq) => ({ roomId, seq }),
  'room.mute': (roomId) => ({ roomId, muted: true }),
  'room.typing': (roomId) => ({ roomId, typing: true }),
  'room.configure': (roomId) => ({ commandId: commandId(), roomId, slowMode: 10 }),
  'chat.send': (roomId, seq, member) => ({ commandId: commandId(), roomId, text: `<@${member}> hello`, replyTo: seq }),
  'chat.edit': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq, text: 'other' }),
  'chat.delete': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq }),
  'chat.react': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq, emoji: '👍' }),
  'chat.unreact': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq, emoji: '👍' }),
  'chat.pin': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq }),
  'chat.unpin': (roomId, seq) => ({ commandId: commandId(), roomId, message: seq }),
  'presence.query': (roomId, _seq, member) => ({ roomId, members: [member] }),
}
const names = Object.keys(inputs) as InRoom[]

/** For each command about somebody's application, an input that one of its two sides could send. What is not here does not compile. */
type OfApplication = { [C in CommandName]: Input<C> extends { applicationId: ApplicationId } ? C : never }[CommandName]
const hash = '0'.repeat(64)
const about: Record<OfApplication, object> = {
  'application.move': { version: 1, move: 'withdraw' },
  'application.openNotes': {},
  'offer.propose': { terms },
  'offer.counter': { offer: 1, terms },
  'offer.accept': { offer: 1, hash },
  'offer.decline': { offer: 1 },
  'offer.withdraw': { offer: 1 },
  'offer.comment': { offer: 1, term: 'fee', text: 'Well?' },
  'deliverable.submit': { deliverable: 1, links: ['https://example.com/a'] },
  'deliverable.review': { deliverable: 1, submitted: 9, move: 'approve' },
  'milestone.move': { milestone: 1, move: 'invoice' },
  'deal.resolve': { what: 'application', number: null, move: 'cancel', reason: 'Enough' },
}

/** Two rooms that know nothing of each other, with somebody of the second who is curious about the first. */
async function twoRooms() {
  const [one, other] = [await h.negotiation(), await h.negotiation()]
  const owner = await h.client(one.owner)
  await owner.do('room.join', { roomId: one.roomId })
  const { seq } = await owner.do('chat.send', { commandId: commandId(), roomId: one.roomId, text: 'a secret' })
  const curious = await h.client(other.creator)
  await curious.do('room.join', { roomId: other.roomId })
  return { one, other, owner, curious, seq, key: await h.keyOf(one.roomId, one.creator) }
}

/** An answer without what is another each time, and the questions that PostgreSQL was asked for it. */
async function attempt(client: TestClient, name: InRoom | OfApplication, input: object) {
  asked.length = 0
  const reply = await client.ask(name, input)
  return { reply: reply.ok ? reply : { ...reply, error: { ...reply.error, requestId: '' } }, asked: [...asked] }
}

test('every command that asks for a right in a room is tried here', () => {
  const inRooms = Object.entries(commands).flatMap(([name, { allow, input }]) =>
    isRoomRule(allow) || 'roomId' in input.shape ? [name] : [],
  )
  expect([...names].sort()).toEqual(inRooms.sort())
})

test.each(names)('%s: a room of others and none at all are the same to a stranger, in words and in work', async (name) => {
  const { one, curious, seq, key } = await twoRooms()
  const head = (await h.db.log.readAfter(one.roomId, 0, 1)).head
  const first = await attempt(curious, name, inputs[name](one.roomId, seq, key)) // warms what is remembered of the caller
  let [theirs, none] = [first, first]
  for (let tries = 0; tries < 5; tries++) {
    theirs = await attempt(curious, name, inputs[name](one.roomId, seq, key))
    none = await attempt(curious, name, inputs[name](newId<RoomId>(), seq, newId<ActorKey>()))
    if (isDeepStrictEqual(theirs.asked, none.asked)) break // else the hub asked something for itself in between
  }
  expect(theirs.reply).toEqual(none.reply)
  expect(first.reply).toEqual(none.reply)
  if (commands[name].allow !== 'signedIn') expect(none.reply).toMatchObject({ ok: false, error: { code: 'resource.notFound' } })
  expect(theirs.asked).toEqual(none.asked) // as many questions, and the same: the time tells nothing either
  expect((await h.db.log.readAfter(one.roomId, 0, 1)).head).toBe(head)
})

test.each(Object.keys(about) as OfApplication[])(
  '%s: a deal of another creator, and none at all, are the same to whoever has applied too, in words and in work',
  async (name) => {
    const { campaignId } = await market(h)
    const one = await apply(h, await h.person('creator'), campaignId, terms)
    const other = await h.person('creator')
    await apply(h, other, campaignId)
    const curious = await h.client(other)
    const { head } = await h.db.log.readAfter(one.roomId, 0, 1)
    const ask = (applicationId: ApplicationId) => attempt(curious, name, { commandId: commandId(), applicationId, ...about[name] })
    await ask(one.applicationId) // warms what is remembered of the caller
    let [theirs, none] = [await ask(one.applicationId), await ask(newId<ApplicationId>())]
    for (let tries = 0; tries < 5 && !isDeepStrictEqual(theirs.asked, none.asked); tries++)
      [theirs, none] = [await ask(one.applicationId), await ask(newId<ApplicationId>())]
    expect(theirs).toEqual(none)
    const code = commands[name].allow === 'administer' ? 'access.denied' : 'resource.notFound'
    expect(none.reply).toMatchObject({ ok: false, error: { code } })
    expect((await h.db.log.readAfter(one.roomId, 0, 1)).head).toBe(head)
  },
)

test('of a deal that comes about beside theirs, creators of the same campaign hear nothing', async () => {
  const { owner, manager, campaignId, campaignRoom } = await market(h)
  const [creator, other] = [await h.person('creator'), await h.person('creator')]
  const one = await apply(h, creator, campaignId)
  const own = await apply(h, other, campaignId)
  const [brand, curious] = [await h.client(owner), await h.client(other)]
  const heard: unknown[] = []
  curious.socket.onAny((...all: unknown[]) => heard.push(all))
  for (const roomId of [campaignRoom, own.roomId]) await curious.do('room.join', { roomId })
  const place = await propose(h, manager, one, { terms })
  const { hash } = await accept(h, creator, one, place)
  const work = { commandId: commandId(), applicationId: one.applicationId, deliverable: 1, links: ['https://example.com/a'] }
  await submitDeliverable(h.as(creator), work)
  await brand.do('chat.send', { commandId: commandId(), roomId: campaignRoom, text: 'the last word' })
  await expect.poll(() => JSON.stringify(heard)).toContain('the last word')
  await expect.poll(() => JSON.stringify(heard), { timeout: 5_000 }).toContain('inbox.changed') // which comes last
  expect(JSON.stringify(heard)).not.toMatch(new RegExp(`${one.roomId}|${one.applicationId}|${hash}|offer`))
})

test('the same inputs are good for members, and do ask PostgreSQL', async () => {
  const { one, owner, seq, key } = await twoRooms()
  for (const name of names.filter((n) => n !== 'room.leave' && n !== 'chat.delete')) {
    const { reply, asked } = await attempt(owner, name, inputs[name](one.roomId, seq, key))
    expect([name, reply]).toMatchObject([name, { ok: true }])
    expect([name, asked.length > 0]).toEqual([name, name !== 'room.typing'])
  }
})

test('nothing that happens in a room is heard by somebody of another: no event, no whisper, no count', async () => {
  const { one, other, owner, curious, seq, key } = await twoRooms()
  const heard: unknown[] = []
  curious.socket.onAny((name: string, payload: unknown) => heard.push([name, payload]))
  const guests = await Promise.all([one.manager, one.creator, one.viewer].map((person: TestPerson) => h.client(person)))
  const felt = new Set<string>()
  for (const client of [owner, ...guests]) client.socket.onAny((name: string) => felt.add(name))
  for (const guest of guests) await guest.do('room.join', { roomId: one.roomId })
  for (const name of names.filter((n) => n !== 'room.leave' && n !== 'chat.delete')) {
    for (const client of [owner, guests[1]!]) await client.ask(name, inputs[name](one.roomId, seq, key))
  }
  await owner.ask('chat.delete', inputs['chat.delete'](one.roomId, seq, key))
  for (const guest of guests) guest.socket.close()
  const said = Object.keys(whispers).filter((name) => name !== 'lists.changed') // of brands and deals: see lists.test.ts
  await expect.poll(() => [...felt].sort(), { timeout: 5_000 }).toEqual(expect.arrayContaining([...said, 'room.event'].sort()))
  await curious.do('chat.send', { commandId: commandId(), roomId: other.roomId, text: 'the last word' })
  await expect.poll(() => JSON.stringify(heard)).toContain('the last word')
  expect(JSON.stringify(heard)).not.toContain(one.roomId)
  expect(JSON.stringify(heard)).not.toContain('a secret')
})

test('in a campaign room creators learn nothing of each other: not by members, presence, typing, reads, counts or seqs', async () => {
  const [owner, ann, bob] = [await h.person('brand'), await h.person('creator', 'Ann'), await h.person('creator', 'Bob')]
  const roomId = await h.room('campaign', [
    [owner, 'owner'],
    [ann, 'creator'],
    [bob, 'creator'],
  ])
  const [brand, listener] = [await h.client(owner), await h.client(ann)]
  await brand.do('room.join', { roomId })
  const joined = await listener.do('room.join', { roomId })
  const heard: unknown[] = []
  listener.socket.onAny((name: string, payload: unknown) => heard.push([name, payload]))
  const bobsKey = await h.keyOf(roomId, bob)

  const other = await h.client(bob)
  await other.do('room.join', { roomId })
  for (const name of names.filter((n) => n !== 'room.leave')) await other.ask(name, inputs[name](roomId, 1, bobsKey))
  other.socket.close()
  const answer = await listener.do('presence.query', { roomId, members: [bobsKey] })
  expect(answer).toEqual({ people: [] })
  await brand.do('chat.send', { commandId: commandId(), roomId, text: 'an announcement' })
  await expect.poll(() => JSON.stringify(heard)).toContain('an announcement')
  await new Promise((done) => setTimeout(done, 1_500)) // whispers come at most a second late
  expect(JSON.stringify([joined, heard])).not.toMatch(new RegExp(`${bobsKey}|Bob`))
  const said = heard.flatMap((each) => ((each as [string])[0] === 'room.presence' ? [JSON.stringify((each as [string, unknown])[1])] : []))
  expect(new Set(said).size).toBeLessThanOrEqual(1) // whoever comes or goes, it says the same
})

test('a team’s notes about an application are as if they were not for its creator: no room, no event, no whisper', async () => {
  const { owner, campaignId } = await market(h)
  const creator = await h.person('creator')
  const { applicationId, roomId: open } = await apply(h, creator, campaignId)
  const [brand, applicant] = [await h.client(owner), await h.client(creator)]
  const heard: unknown[] = []
  applicant.socket.onAny((...all: unknown[]) => heard.push(all))
  for (const client of [brand, applicant]) await client.do('room.join', { roomId: open })
  const before = await h.db.log.readAfter(open, 0, 100)
  const { roomId } = await brand.do('application.openNotes', { commandId: commandId(), applicationId })
  await brand.do('room.join', { roomId })
  await brand.do('chat.send', { commandId: commandId(), roomId, text: 'between us' })
  expect(await h.db.log.readAfter(open, 0, 100)).toEqual(before) // not even a gap
  const [theirs, none] = [
    await attempt(applicant, 'room.join', { roomId }),
    await attempt(applicant, 'room.join', { roomId: newId<RoomId>() }),
  ]
  expect(theirs.reply).toEqual(none.reply)
  await brand.do('chat.send', { commandId: commandId(), roomId: open, text: 'to you' })
  await expect.poll(() => JSON.stringify(heard)).toContain('to you')
  await expect.poll(() => JSON.stringify(heard), { timeout: 5_000 }).toContain('inbox.changed') // which comes last
  expect(JSON.stringify(heard)).not.toMatch(new RegExp(`${roomId}|between us`))
})
