import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../../persistence/testing/random.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { sendMessage } from '../chat/send-message.ts'
import { blockPerson, unblockPerson } from '../people/block-person.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { passOn, removeFromTeam, setTeamRole } from './change-team.ts'
import { revokeInvitation } from './invite.ts'
import { getBrand, listInvitations } from './read-brand.ts'
import { bringIn, makeTeam, openRoom } from './testing.ts'
import { updateBrand } from './update-brand.ts'

const SEED = Number(process.env.PARLEY_FUZZ_SEED ?? Date.now() % 1_000_000)
/** What people may meet who do not see each other's last move. */
const REFUSALS = [
  'access.denied',
  'access.changed',
  'resource.notFound',
  'resource.stale',
  'member.exists',
  'member.lastOwner',
  'person.blocked',
  'request.invalid',
]

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

test(`all that changes a team, at once: nothing deadlocks, and every room has the team that there is (seed ${SEED})`, {
  timeout: 60_000,
}, async () => {
  const random = randomFrom(SEED)
  const any = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const admin = await w.person('admin')
  const { brandId, owner, manager, viewer } = await makeTeam(w)
  const people: TestPerson[] = [owner, manager, viewer, await w.person('brand'), await w.person('brand')]
  const rooms = [await openRoom(w, brandId), await openRoom(w, brandId, { kind: 'notes' })]
  const by = () => ({ commandId: commandId(), brandId })
  const who = () => any(people)
  const operations: (() => Promise<unknown>)[] = [
    async () => setTeamRole(w.as(who()), { ...by(), userId: who().userId, role: any(['owner', 'manager', 'viewer']) }),
    async () => setTeamRole(w.as(owner), { ...by(), userId: who().userId, role: 'owner' }),
    async () => removeFromTeam(w.as(who()), { ...by(), userId: who().userId }),
    async () => passOn(w.as(who()), { ...by(), userId: who().userId }),
    async () => bringIn(w, { brandId, owner: who(), role: any(['manager', 'viewer']) }, who()),
    async () => bringIn(w, { brandId, owner, role: 'manager' }, who()),
    async () => rooms.push(await openRoom(w, brandId)),
    async () => sendMessage(w.as(who()), { commandId: commandId(), roomId: any(rooms), text: 'hello' }),
    async () => {
      const me = w.as(who())
      for (const { invitationId } of await listInvitations(me, { brandId })) await revokeInvitation(me, { ...by(), invitationId })
    },
    async () => {
      const me = w.as(who())
      const { version } = await getBrand(me, { brandId })
      await updateBrand(me, { ...by(), version, about: `${random()}` })
    },
    async () => blockPerson(w.as(admin), { commandId: commandId(), userId: any(people.slice(2)).userId }),
    async () => unblockPerson(w.as(admin), { commandId: commandId(), userId: any(people.slice(2)).userId }),
  ]
  const outcomes: PromiseSettledResult<unknown>[] = []
  for (let done = 0; done < 150; done += 10)
    outcomes.push(...(await Promise.allSettled(Array.from({ length: 10 }, () => any(operations)()))))
  const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code ?? one.reason] : []))
  expect(codes.filter((code) => !REFUSALS.includes(code))).toEqual([])
  expect(codes.length).toBeLessThan(outcomes.length)

  const team = await w.db.pool.query('select user_id, role from team_member where brand_id = $1 and removed_at is null order by 1', [
    brandId,
  ])
  expect(team.rows.some(({ role }) => role === 'owner')).toBe(true)
  for (const roomId of rooms) {
    const members = await w.db.pool.query('select user_id, role from member where room_id = $1 and removed_at is null order by 1', [roomId])
    expect(members.rows).toEqual(team.rows)
    const { rows } = await w.db.pool.query('select members, told_members from room where id = $1', [roomId])
    expect(rows).toEqual([{ members: team.rows.length, told_members: team.rows.length }])
    const since = await w.db.pool.query(
      `select from member m join event e on e.stream_id = m.room_id and e.seq = m.since and e.type = 'room.memberAdded'
        where m.room_id = $1 and m.removed_at is null and (e.deal::json ->> 'member')::uuid = m.actor_key`,
      [roomId],
    )
    expect(since.rowCount).toBe(team.rows.length)
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
  }
  expect(await verifyStream(w.db, brandId)).toMatchObject({ ok: true })
})
