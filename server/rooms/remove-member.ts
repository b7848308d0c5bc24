import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { ParleyError, type RemoveMember, type RoomId } from '../../client-sdk/contract/index.ts'
import { Member, Room } from '../../persistence/entities/rooms.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Ctx, caller } from '../ctx.ts'
import { once } from '../once.ts'
import { authorised } from './authorise.ts'
import { assertByHand, checkedIn, count, ended } from './membership.ts'
import type { Standing } from './standings.ts'

/**
 * Takes somebody out of a room, or lets them leave it. It raises the room's access version: nothing of theirs that was
 * checked before commits after, and no gate delivers to them what follows.
 */
export function removeMember(ctx: Ctx, input: RemoveMember): Promise<{ roomId: RemoveMember['roomId'] }> {
  const rule = input.userId === caller(ctx).userId ? 'read' : 'manageMembers'
  return authorised(ctx, rule, input.roomId, (me) =>
    ctx.em.transactional(async (em) => {
      const room = await em.findOne(Room, input.roomId, { lockMode: LockMode.PESSIMISTIC_WRITE })
      if (!room) throw notFound('room')
      assertByHand(room)
      return once(em, ctx, 'room.removeMember', input, () => remove(em, ctx, me, room, input))
    }),
  )
}

/** The caller holds the room's row lock. */
async function remove(
  em: EntityManager,
  ctx: Ctx,
  me: Standing,
  room: Room,
  { userId, commandId }: RemoveMember,
): Promise<{ roomId: RoomId }> {
  const member = await em.findOne(Member, { roomId: room.id, userId, removedAt: null })
  if (!member) throw notFound('member')
  const owners = await em.count(Member, { roomId: room.id, role: 'owner', removedAt: null })
  if (member.role === 'owner' && owners === 1) throw new ParleyError('member.lastOwner', 'A room keeps at least one owner')
  member.removedAt = ctx.now()
  count(room, member.role, -1)
  await em.flush()
  const by = { actor: me.actorKey, commandId, accessVersion: me.accessVersion }
  await ctx.log.append(em, [ended(ctx, by, room, member)], [room.id], checkedIn(room, by))
  return { roomId: room.id }
}
