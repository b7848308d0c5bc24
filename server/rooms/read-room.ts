import type { MarkRead, MuteRoom } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { type Marked, mark } from '../../persistence/readings.ts'
import { type Ctx, caller } from '../ctx.ts'

/** The caller has read this far. It is asked of members in the statement that writes it. */
export const markRead = (ctx: Ctx, { roomId, seq }: MarkRead): Promise<Marked> => change(ctx, { roomId, seq, muted: null })

/** Whether the caller wants to hear of the room. */
export const muteRoom = (ctx: Ctx, { roomId, muted }: MuteRoom): Promise<Marked> => change(ctx, { roomId, seq: null, muted })

async function change(ctx: Ctx, wanted: Omit<Parameters<typeof mark>[1], 'userId'>): Promise<Marked> {
  const marked = await mark(ctx.db.pool, { ...wanted, userId: caller(ctx).userId })
  if (!marked) throw notFound('room')
  return marked
}
