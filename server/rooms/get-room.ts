import type { RoomDetails, RoomId } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { doorOf, peopleOf } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from './authorise.ts'

/** A room and who is in it, as its caller may know: whose keys the authors of its messages are. */
export const getRoom = (ctx: Ctx, { roomId }: { roomId: RoomId }): Promise<RoomDetails> =>
  reading(ctx, 'read', roomId, async ({ kind, userId }) => {
    const { asOf: head, ...people } = await peopleOf(ctx.db.pool, roomId)
    const door = await doorOf(ctx.db.pool, { roomId, userId, known: null })
    if (!door) throw notFound('room') // removed meanwhile
    return { roomId, kind, head, me: door.me, ...people }
  })
