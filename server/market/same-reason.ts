import { type ActorKey, type CommandId, ParleyError, type RoomId } from '../../client-sdk/contract/index.ts'
import { saidWith } from '../../persistence/applications/details.ts'
import type { Ctx } from '../ctx.ts'

type Move = { roomId: RoomId; actor: ActorKey; commandId: CommandId; type: 'application.statusChanged' | 'campaign.statusChanged' }
/** A repeat is known by its words in the log, since nothing else may keep them. Those that are erased are compared with nothing. */
export async function assertSameReason(ctx: Ctx, { roomId: streamId, ...move }: Move, reason: string | null = null): Promise<void> {
  const said = await saidWith(ctx.db.pool, { streamId, ...move })
  if (said && said.reason !== reason) throw new ParleyError('command.reused', 'This command id was used for something else')
}
