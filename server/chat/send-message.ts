import { can, commands, ParleyError, type Place, type SendMessage } from '../../client-sdk/contract/index.ts'
import { type Appended, type Entry, notFound } from '../../persistence/event-log.ts'
import { isCommitted, isCommittedIn, lockStream, mayWaitToSpeak } from '../../persistence/message-changes.ts'
import { threadOf } from '../../persistence/messages.ts'
import { membersByKey } from '../../persistence/rooms.ts'
import { type Ctx, caller } from '../ctx.ts'
import { authorised } from '../rooms/authorise.ts'
import type { Standing } from '../rooms/standings.ts'
import { mentionedIn } from './mentions.ts'

type Said = Entry & { type: 'chat.messageSent' }

/** The hot path: one fact, no other state. Authorised first, so that a repeat answers only the one who may ask. */
export function sendMessage(ctx: Ctx, { commandId, roomId, text, replyTo }: SendMessage): Promise<Place> {
  const send = async (me: Standing): Promise<Place> => {
    const { actorKey: actor, accessVersion } = me
    const deal = replyTo === undefined ? null : await replyOf(ctx, me, replyTo)
    const entry = { streamId: roomId, type: 'chat.messageSent', deal, personal: { text }, actor, commandId, accessVersion } as const
    const isPlain = !text.includes('<@') && isFree(me)
    const { id: messageId, seq, at } = isPlain ? await ctx.log.submit(entry) : await sayChecked(ctx, me, entry)
    ctx.ownWords.add(roomId, me.userId, seq)
    return { messageId, seq, at }
  }
  return authorised(ctx, commands['chat.send'].allow, roomId, send, ctx.standings.get(roomId, caller(ctx).userId))
}

/** A message belongs to the thread of the one that it answers; that never changes, so it is looked at without a lock. */
async function replyOf(ctx: Ctx, { roomId }: Standing, replyTo: number) {
  const thread = await threadOf(ctx.db.pool, roomId, replyTo)
  if (thread === undefined) throw notFound('message')
  return { replyTo, thread }
}

/** What may be refused for what was said or when. A repeat of what is in the log already is not: it gets its first answer. */
async function sayChecked(ctx: Ctx, me: Standing, entry: Said): Promise<Appended> {
  if (await isCommitted(ctx.db.pool, entry)) return ctx.log.submit(entry)
  const mentioned = await mentionedIn(me, entry.personal.text, (room, keys) => membersByKey(ctx.db.pool, room, keys))
  const said = { ...entry, mentions: [...mentioned.keys()] }
  return isFree(me) ? ctx.log.submit(said) : ((await saySlowly(ctx, me, said)) ?? ctx.log.submit(said))
}

const isFree = (me: Standing) => me.slowMode === 0 || can('announce', me)

/** Null where another try of the same command was quicker. */
async function saySlowly(ctx: Ctx, { roomId, actorKey, slowMode }: Standing, entry: Said): Promise<Appended | null> {
  return ctx.em.transactional(async (em) => {
    await lockStream(em, roomId)
    if (await isCommittedIn(em, entry)) return null
    const retryAfter = await mayWaitToSpeak(em, roomId, actorKey, slowMode)
    if (retryAfter > 0) throw new ParleyError('chat.slowMode', `In this room you may speak every ${slowMode} s`, { retryAfter })
    const [appended] = await ctx.log.append(em, [entry])
    return appended!
  })
}
