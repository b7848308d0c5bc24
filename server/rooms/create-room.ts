import { type CreateRoom, newId, ParleyError, type RoomId, SYSTEM } from '../../client-sdk/contract/index.ts'
import * as db from '../../persistence/entities/rooms.ts'
import { createStream } from '../../persistence/event-log.ts'
import { type Ctx, commander } from '../ctx.ts'
import { once } from '../once.ts'
import { append, type Joining, join } from './membership.ts'

/** Opens a room with its first members. */
export function createRoom(ctx: Ctx, input: CreateRoom): Promise<{ roomId: RoomId }> {
  commander(ctx)
  const people = new Set(input.members.map((member) => member.userId))
  if (people.size < input.members.length) throw new ParleyError('request.invalid', 'A person can be in a room only once')
  if (!input.members.some((member) => member.role === 'owner')) throw new ParleyError('request.invalid', 'A room needs an owner')
  return ctx.em.transactional((em) =>
    once(em, ctx, 'room.create', input, async () => {
      const id = newId<RoomId>()
      await createStream(em, id, 'room')
      const room = em.create(db.Room, { id, kind: input.kind, slowMode: 0, announcementsOnly: false, members: 0, toldMembers: 0 })
      await em.flush()
      const by = { actor: SYSTEM, commandId: input.commandId, accessVersion: null }
      const created = {
        ...by,
        streamId: room.id,
        type: 'room.created',
        deal: { kind: room.kind },
        personal: { title: input.title },
      } as const
      const joining: Joining[] = []
      for (const { userId, role } of input.members) joining.push(await join(em, room, userId, role))
      await append(em, ctx, by, [created], joining)
      return { roomId: room.id }
    }),
  )
}
