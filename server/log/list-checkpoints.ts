import type { Checkpoint, RoomId } from '../../client-sdk/contract/index.ts'
import { checkpointsOf } from '../../persistence/checkpoints.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from '../rooms/authorise.ts'

const MOST = 100

/** The room's newest checkpoints, newest first. */
export const listCheckpoints = (ctx: Ctx, roomId: RoomId): Promise<Checkpoint[]> =>
  reading(ctx, 'read', roomId, () => checkpointsOf(ctx.db.pool, roomId, MOST))
