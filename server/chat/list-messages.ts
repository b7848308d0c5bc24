import type { ListMessages, MessagePage } from '../../client-sdk/contract/index.ts'
import { messagesBefore } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { authorise } from '../rooms/authorise.ts'

/** A page of history, newest first. */
export async function listMessages(ctx: Ctx, { roomId, before, limit }: ListMessages): Promise<MessagePage> {
  await authorise(ctx, 'read', roomId)
  return messagesBefore(ctx.db.pool, roomId, before ?? null, limit)
}
