import type { RoomSummary } from '../../client-sdk/contract/index.ts'
import { roomsOf } from '../../persistence/rooms.ts'
import { type Ctx, caller } from '../ctx.ts'

/** The caller's rooms, the last active first. */
export const listRooms = (ctx: Ctx): Promise<RoomSummary[]> => roomsOf(ctx.db.pool, caller(ctx).userId)
