import type { Checkpoint, RoomId } from '../../client-sdk/contract/index.ts'
import { checkpointsOf } from '../../persistence/checkpoints.ts'
import type { Ctx } from '../ctx.ts'
import { authorise } from '../rooms/authorise.ts'

const MOST = 100

/** The room's newest checkpoints, newest first. */
export async function listCheckpoints(ctx: Ctx, roomId: RoomId): Promise<Checkpoint[]> {
  await authorise(ctx, 'read', roomId)
  return checkpointsOf(ctx.db.pool, roomId, MOST)
}
