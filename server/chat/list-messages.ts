import { type ListMessages, type Message, type MessagePage, ParleyError, type Version } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import { messagesAt, messagesOf, seqAt, versionsOf } from '../../persistence/messages.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from '../rooms/authorise.ts'

type Place = { roomId: ListMessages['roomId']; message: number }

/** A part of the history, newest first. */
export async function listMessages(ctx: Ctx, { roomId, at, ...place }: ListMessages): Promise<MessagePage> {
  const places = [place.before, place.after, place.around, at].filter((given) => given !== undefined)
  if (places.length > 1) throw new ParleyError('request.invalid', 'Give one of before, after, around and at')
  return reading(ctx, 'read', roomId, async () => {
    const { pool } = ctx.db
    const { limit } = place
    if (at !== undefined) return messagesOf(pool, roomId, { around: await seqAt(pool, roomId, new Date(at)), limit, ...threadIn(place) })
    return messagesOf(pool, roomId, { ...defined(place), limit })
  })
}

const threadIn = ({ thread }: { thread?: number | undefined }) => (thread === undefined ? {} : { thread })
const defined = ({ before, after, around, thread }: Omit<ListMessages, 'roomId' | 'at' | 'limit'>) => ({
  ...(before !== undefined && { before }),
  ...(after !== undefined && { after }),
  ...(around !== undefined && { around }),
  ...threadIn({ thread }),
})

/** One message, as it stands. */
export const getMessage = (ctx: Ctx, { roomId, message }: Place): Promise<Message> =>
  reading(ctx, 'read', roomId, async () => {
    const [found] = await messagesAt(ctx.db.pool, roomId, [message])
    if (!found) throw notFound('message')
    return found
  })

/** What a message said before it was edited, the oldest first; empty once it was taken back. */
export const listVersions = (ctx: Ctx, { roomId, message }: Place): Promise<Version[]> =>
  reading(ctx, 'read', roomId, async () => {
    const [found] = await messagesAt(ctx.db.pool, roomId, [message])
    if (!found) throw notFound('message')
    return versionsOf(ctx.db.pool, roomId, message)
  })
