import { mentionsIn } from '../../client-sdk/contract/chat/markup.ts'
import { ParleyError, type UserId } from '../../client-sdk/contract/index.ts'
import { membersByKey } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import type { Standing } from '../rooms/standings.ts'

/** The members whom a text names, without its author. Throws `mention.notMember` where one of them is none, as far as the room knows. */
export async function mentionedIn(ctx: Ctx, { roomId, actorKey }: Standing, text: string): Promise<UserId[]> {
  if (!text.includes('<@')) return []
  const keys = mentionsIn(text)
  if (keys.length === 0) return []
  const members = await membersByKey(ctx.db.pool, roomId, keys)
  if (members.size < keys.length) throw new ParleyError('mention.notMember', 'Somebody who is mentioned is no member of this room')
  return [...members].flatMap(([key, userId]) => (key === actorKey ? [] : [userId]))
}
