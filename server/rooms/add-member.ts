import { LockMode } from '@mikro-orm/core'
import type { AddMember } from '../../client-sdk/contract/index.ts'
import { Room } from '../../persistence/entities/rooms.ts'
import { notFound } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'
import { once } from '../once.ts'
import { authorised } from './authorise.ts'
import { append, assertByHand, join } from './membership.ts'

/** Lets somebody into a room. Nobody loses a right by it, so nothing that was checked before goes stale. */
export function addMember(ctx: Ctx, input: AddMember): Promise<{ roomId: AddMember['roomId'] }> {
  return authorised(ctx, 'manageMembers', input.roomId, ({ actorKey: actor, accessVersion }) =>
    ctx.em.transactional(async (em) => {
      const room = await em.findOne(Room, input.roomId, { lockMode: LockMode.PESSIMISTIC_WRITE })
      if (!room) throw notFound('room')
      assertByHand(room)
      return once(em, ctx, 'room.addMember', input, async () => {
        const joining = await join(em, room, input.userId, input.role)
        await append(em, ctx, { actor, commandId: input.commandId, accessVersion }, [], [joining])
        return { roomId: room.id }
      })
    }),
  )
}
