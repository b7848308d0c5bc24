import { commands, type Input, type Output } from '../../client-sdk/contract/index.ts'
import { presenceOf } from '../../persistence/presence.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from '../rooms/authorise.ts'

/** Whether members of a room that the caller may read are online, and when they last were. */
export async function queryPresence(ctx: Ctx, { roomId, members }: Input<'presence.query'>): Promise<Output<'presence.query'>> {
  const { allow } = commands['presence.query']
  return { people: await reading(ctx, allow, roomId, () => presenceOf(ctx.db.pool, roomId, members)) }
}
