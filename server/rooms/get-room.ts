import type { RoomDetails, RoomId } from '../../client-sdk/contract/index.ts'
import { doorOf, peopleOf } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from './authorise.ts'

/** A room and who is in it, as its caller may know: whose keys the authors of its messages are. */
export const getRoom = (ctx: Ctx, { roomId }: { roomId: RoomId }): Promise<RoomDetails> =>
  reading(ctx, 'read', roomId, async ({ kind, userId, role, actorKey }) => {
    const { title, members, asOf: head } = await peopleOf(ctx.db.pool, roomId)
    const door = await doorOf(ctx.db.pool, { roomId, userId, known: null })
    const me = door?.me ?? { key: actorKey, role, since: 0, name: null }
    return { roomId, kind, title, head, me, members }
  })
