import { afterAll, beforeAll, expect, test } from 'vitest'
import { reduceMessages } from '../client-sdk/contract/chat/reduce.ts'
import { emptyRoom, reduce } from '../client-sdk/contract/reduce.ts'
import { messagesOf } from '../persistence/messages.ts'
import { peopleOf } from '../persistence/rooms.ts'
import { randomFrom } from '../persistence/testing/random.ts'
import { verifyStream } from '../persistence/verify.ts'
import { deleteMessage } from './chat/delete-message.ts'
import { editMessage } from './chat/edit-message.ts'
import { pinMessage, unpinMessage } from './chat/pin-message.ts'
import { react, unreact } from './chat/react.ts'
import { sendMessage } from './chat/send-message.ts'
import { eraseMessages } from './log/erase-messages.ts'
import { blockPerson, unblockPerson } from './people/block-person.ts'
import { addMember } from './rooms/add-member.ts'
import { configureRoom } from './rooms/configure-room.ts'
import { markRead } from './rooms/read-room.ts'
import { removeMember } from './rooms/remove-member.ts'
import { commandId, type World, world } from './testing.ts'

const SEED = Number(process.env.PARLEY_FUZZ_SEED ?? Date.now() % 1_000_000)
const OPERATIONS = 600
/** More than there are connections to the database. */
const AT_ONCE = 60
/** What people may meet who do not see each other's last move. */
const REFUSALS = [
  'access.denied',
  'access.changed',
  'message.deleted',
  'message.reactionsFull',
  'room.pinsFull',
  'resource.notFound',
  'chat.slowMode',
  'member.exists',
  'mention.notMember',
  'request.invalid',
]

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

test(`everything that can be done in a room, all at once: nothing deadlocks, and the projections are what the log says (seed ${SEED})`, {
  timeout: 120_000,
}, async () => {
  const random = randomFrom(SEED)
  const any = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const admin = await w.person('admin')
  const guest = await w.person('brand')
  const { roomId, owner, manager, creator } = await w.negotiation()
  const keys = await Promise.all([owner, manager, creator].map((person) => w.keyOf(roomId, person)))
  const by = () => ({ commandId: commandId(), roomId })
  const seqs: number[] = []
  for (let i = 0; i < 10; i++) seqs.push((await sendMessage(w.as(creator), { ...by(), text: `${i}` })).seq)
  const speaker = () => w.as(any([owner, manager, creator]))
  const about = () => ({ ...by(), message: any(seqs) })
  const operations: (() => Promise<unknown>)[] = [
    () => sendMessage(speaker(), { ...by(), text: `<@${any(keys)}> hello`, replyTo: any(seqs) }),
    () => sendMessage(speaker(), { ...by(), text: 'hello' }),
    () => editMessage(w.as(creator), { ...about(), text: `<@${any(keys)}> again` }),
    () => deleteMessage(w.as(owner), { ...by(), message: any(seqs.slice(0, 2)) }),
    () => react(speaker(), { ...about(), emoji: any(['👍', '🎉']) }),
    () => unreact(speaker(), { ...about(), emoji: any(['👍', '🎉']) }),
    () => pinMessage(speaker(), about()),
    () => unpinMessage(speaker(), about()),
    () => eraseMessages(w.as(owner), { ...by(), seqs: [any(seqs.slice(2, 4))], reason: 'moderation' }),
    () => configureRoom(w.as(owner), { ...by(), slowMode: any([0, 1]), announcementsOnly: random() < 0.2 }),
    () => addMember(w.as(owner), { ...by(), userId: guest.userId, role: 'viewer' }),
    () => removeMember(w.as(owner), { ...by(), userId: guest.userId }),
    () => markRead(speaker(), { roomId, seq: any(seqs) }),
    async () => blockPerson(w.as(admin), { commandId: commandId(), userId: any([manager, guest]).userId }),
    async () => unblockPerson(w.as(admin), { commandId: commandId(), userId: any([manager, guest]).userId }),
  ]
  const outcomes: PromiseSettledResult<unknown>[] = []
  for (let done = 0; done < OPERATIONS; done += AT_ONCE) {
    outcomes.push(...(await Promise.allSettled(Array.from({ length: AT_ONCE }, () => any(operations)()))))
  }
  const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code ?? outcome.reason] : []))
  expect(codes.filter((code) => !REFUSALS.includes(code))).toEqual([])
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled').length).toBeGreaterThan(OPERATIONS / 4)

  const { events } = await w.db.log.readAfter(roomId, 0, 10_000)
  const replayed = events.reduce(reduce, emptyRoom)
  const { members, ...people } = await peopleOf(w.db.pool, roomId)
  const { messages } = await messagesOf(w.db.pool, roomId, { limit: 10_000 })
  expect(messages.toReversed()).toEqual(replayed.messages)
  expect(people).toEqual({ asOf: replayed.rev, title: replayed.title, settings: replayed.settings, subject: null, pins: replayed.pins })
  expect(members.map((member) => member.key).sort()).toEqual(Object.keys(replayed.members).sort())
  expect(events.reduce(reduceMessages, [])).toEqual(replayed.messages)
  expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
})
