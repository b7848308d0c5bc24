import type { ListMessages, MessagePage } from '../../client-sdk/contract/index.ts'
import { messagesBefore } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from '../rooms/authorise.ts'

/** A page of history, newest first. */
export function listMessages(ctx: Ctx, { roomId, before, limit }: ListMessages): Promise<MessagePage> {
  return reading(ctx, 'read', roomId, () => messagesBefore(ctx.db.pool, roomId, before ?? null, limit))
}
