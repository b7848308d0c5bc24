import { mentionsIn } from '../../client-sdk/contract/chat/markup.ts'
import { type ActorKey, ParleyError, type UserId } from '../../client-sdk/contract/index.ts'
import type { Standing } from '../rooms/standings.ts'

type Mentioned = Map<ActorKey, UserId>
type Find = (roomId: Standing['roomId'], keys: readonly ActorKey[]) => Promise<Mentioned>

/** The members whom a text names, without its author. Throws `mention.notMember` where one of them is none, as far as the room knows. */
export async function mentionedIn({ roomId, actorKey }: Standing, text: string, find: Find): Promise<Mentioned> {
  const keys = text.includes('<@') ? mentionsIn(text) : []
  if (keys.length === 0) return new Map()
  const members = await find(roomId, keys)
  if (members.size < keys.length) throw new ParleyError('mention.notMember', 'Somebody who is mentioned is no member of this room')
  members.delete(actorKey)
  return members
}
