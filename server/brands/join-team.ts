import type { EntityManager } from '@mikro-orm/postgresql'
import { type ActorKey, type CommandId, newId, ParleyError } from '../../client-sdk/contract/index.ts'
import { joinRooms, lockRooms, tellSince } from '../../persistence/brands.ts'
import { type Invitation, TeamMember } from '../../persistence/entities/brands.ts'
import type { Person } from '../../persistence/entities/people.ts'
import type { Entry } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'

/**
 * Lets somebody into a brand's team, and into all rooms that follow it, in one commit; the invitation is used up. The brand's
 * row is held. They act themselves, by keys that are theirs from here on. Nobody loses a right by it, so nothing that was
 * checked before goes stale.
 */
export async function joinTeam(em: EntityManager, ctx: Ctx, invitation: Invitation, person: Person, commandId: CommandId): Promise<void> {
  const { brandId, role } = invitation
  const userId = person.id
  const before = await em.findOne(TeamMember, { brandId, userId })
  if (before?.removedAt === null) throw new ParleyError('member.exists', 'Already of this team')
  const member = before ?? em.create(TeamMember, { brandId, actorKey: newId<ActorKey>(), userId, role, since: ctx.now() })
  em.assign(member, { role, removedAt: null, since: ctx.now() })
  await em.remove(invitation).flush()
  const rooms = await joinRooms(em, await lockRooms(em, brandId), userId, role)
  const by = { commandId, accessVersion: null, personal: { name: person.name } }
  const { actorKey: actor } = member
  const entries: Entry[] = [{ ...by, actor, streamId: brandId, type: 'brand.memberAdded', deal: { member: actor, role } }]
  for (const { roomId, member, actor } of rooms)
    entries.push({ ...by, actor, streamId: roomId, type: 'room.memberAdded', deal: { member, role } })
  const appended = await ctx.log.append(em, entries)
  await tellSince(
    em,
    userId,
    appended.filter(({ streamId }) => streamId !== brandId),
  )
}
