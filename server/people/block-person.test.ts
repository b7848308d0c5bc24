import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendMessage } from '../chat/send-message.ts'
import { context } from '../ctx.ts'
import { addMember } from '../rooms/add-member.ts'
import { openSession } from '../sessions/open-session.ts'
import { commandId, type World, world } from '../testing.ts'
import { blockPerson, unblockPerson } from './block-person.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const command = (person: { userId: string }) => ({ commandId: commandId(), userId: person.userId as never })

test('whoever signs in while they are blocked is left without a session', async () => {
  const admin = await w.person('admin')
  const people = await Promise.all(Array.from({ length: 20 }, () => w.person()))
  const races = people.flatMap((person) => [openSession(context(w.house, null), person.userId), blockPerson(w.as(admin), command(person))])
  await Promise.allSettled(races)
  const { rows } = await w.db.pool.query(
    'select 1 from session s join person p on p.id = s.person_id where s.ended_at is null and p.blocked_at is not null',
  )
  expect(rows).toEqual([])
  expect((await w.db.pool.query('select 1 from person where blocked_at is not null')).rows).toHaveLength(people.length)
})

test('to the room a blocked member is a member still: they can be mentioned, and it shows nowhere', async () => {
  const admin = await w.person('admin')
  const { roomId, owner, creator } = await w.negotiation()
  const key = await w.keyOf(roomId, owner)
  await blockPerson(w.as(admin), command(owner))
  await sendMessage(w.as(creator), { commandId: commandId(), roomId, text: `<@${key}> are you there?` })
  await unblockPerson(w.as(admin), command(owner))
  const guest = await w.person('brand')
  await addMember(w.as(owner), { commandId: commandId(), roomId, userId: guest.userId, role: 'viewer' })
})

test('nobody blocks themselves, and a second block changes nothing', async () => {
  const [admin, creator] = [await w.person('admin'), await w.person()]
  expect(() => blockPerson(w.as(admin), command(admin))).toThrow(expect.objectContaining({ code: 'access.denied' }))
  for (const _ of [1, 2]) await blockPerson(w.as(admin), command(creator))
  const { events } = await w.db.log.readAfter(creator.userId, 0, 10)
  expect(events.map((event) => event.type)).toEqual(['person.blocked'])
})
