import { type Changed, EMOJI_MAX, type Message, ParleyError, REACTIONS_MAX, type React } from '../../client-sdk/contract/index.ts'
import type { Ctx } from '../ctx.ts'
import type { Standing } from '../rooms/standings.ts'
import { assertStands, changeMessage } from './change-message.ts'

const hasReacted = ({ reactions }: Message, { actorKey }: Standing, emoji: string) =>
  reactions.some((reaction) => reaction.emoji === emoji && reaction.by.includes(actorKey))

/** A message comes with all who reacted, in every page and every join. */
function assertRoomForOneMore({ reactions }: Message, emoji: string): void {
  const isNew = reactions.every((reaction) => reaction.emoji !== emoji)
  const count = reactions.reduce((sum, { by }) => sum + by.length, 0)
  if (count >= REACTIONS_MAX || (isNew && reactions.length >= EMOJI_MAX))
    throw new ParleyError('message.reactionsFull', `A message has at most ${EMOJI_MAX} different emoji and ${REACTIONS_MAX} reactions`)
}

export function react(ctx: Ctx, input: React): Promise<Changed> {
  const { message: seq, emoji } = input
  return changeMessage(ctx, {
    name: 'chat.react',
    input,
    decide: (message, me) => {
      assertStands(message)
      if (hasReacted(message, me, emoji)) return null
      assertRoomForOneMore(message, emoji)
      return { type: 'chat.reacted', deal: { message: seq, emoji }, personal: null }
    },
  })
}

export function unreact(ctx: Ctx, input: React): Promise<Changed> {
  const { message: seq, emoji } = input
  return changeMessage(ctx, {
    name: 'chat.unreact',
    input,
    decide: (message, me) =>
      hasReacted(message, me, emoji) ? { type: 'chat.unreacted', deal: { message: seq, emoji }, personal: null } : null,
  })
}
