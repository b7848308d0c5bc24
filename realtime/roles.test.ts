import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ActorKey, RoomId, TeamRole } from '../client-sdk/contract/index.ts'
import { removeFromTeam, setTeamRole } from '../server/brands/change-team.ts'
import { makeTeam, openRoom } from '../server/brands/testing.ts'
import { commandId } from '../server/testing.ts'
import { factsAfter } from './room-facts.ts'
import { hub, type TestHub, type TestNode } from './testing.ts'

/** The promise is a second; this is its ceiling on a busy machine, in ms. */
const ceiling = { timeout: 3_000, interval: 10 }

let h: TestHub
let far: TestNode
beforeAll(async () => {
  h = await hub()
  far = await h.node()
})
afterAll(() => h?.close())

const say = (roomId: RoomId, text: string) => ({ commandId: commandId(), roomId, text })

/** Two of a team in a room that follows it, each on a node of their own. */
async function meeting() {
  const team = await makeTeam(h)
  const roomId = await openRoom(h, team.brandId)
  const [owner, viewer] = [await h.client(team.owner), await h.client(team.viewer, {}, far.url)]
  for (const client of [owner, viewer]) await client.do('room.join', { roomId })
  const become = (role: TeamRole) =>
    setTeamRole(h.as(team.owner), { commandId: commandId(), brandId: team.brandId, userId: team.viewer.userId, role })
  return { ...team, roomId, near: owner, away: viewer, become, member: await h.keyOf(roomId, team.viewer) }
}

test('whose role changes on one node may at once what the new one may on another, and no longer what the old one did', async () => {
  const { roomId, near, away, become, member } = await meeting()
  const typing = async () => {
    const reply = await away.ask('room.typing', { roomId, typing: true })
    return reply.ok ? 'ok' : reply.error.code
  }
  expect(await typing()).toBe('access.denied')
  for (const [role, expected] of [
    ['manager', 'ok'],
    ['viewer', 'access.denied'],
    ['owner', 'ok'],
  ] as const) {
    await become(role)
    await expect.poll(typing, ceiling).toBe(expected)
    const reply = await away.ask('chat.send', say(roomId, `as ${role}`))
    expect(reply.ok ? 'ok' : reply.error.code).toBe(expected)
    for (const { heard } of [near, away]) {
      await expect.poll(() => heard.findLast(({ type }) => type === 'room.roleChanged')?.data.deal, ceiling).toEqual({ member, role })
    }
  }
  const said = () => near.heard.flatMap((event) => (event.type === 'chat.messageSent' ? [event.data.personal?.text] : []))
  await expect.poll(said, ceiling).toEqual(['as manager', 'as owner'])
  expect(h.failures).toEqual([])
})

test('who is removed from the team hears nothing of its rooms after, on whatever node', async () => {
  const { roomId, brandId, owner, viewer, near, away } = await meeting()
  const closed: unknown[] = []
  away.socket.on('room.closed', (room) => closed.push(room))
  await removeFromTeam(h.as(owner), { commandId: commandId(), brandId, userId: viewer.userId })
  await near.do('chat.send', say(roomId, 'among us'))
  await expect.poll(() => closed, ceiling).toEqual([{ roomId }])
  expect(JSON.stringify(away.heard)).not.toContain('among us')
})

test('a change of role changes nothing of what a gate knows of its room', () => {
  const facts = { kind: 'notes', announcementsOnly: true, toldMembers: 3, asOf: 7 } as const
  const data = { deal: { member: 'm' as ActorKey, role: 'owner' }, personal: null } as const
  expect(factsAfter(facts, [{ type: 'room.roleChanged', seq: 8, data } as never])).toEqual(facts)
})
