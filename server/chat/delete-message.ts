import { type Changed, type ChangeMessage, can } from '../../client-sdk/contract/index.ts'
import { saveMentions, savePin } from '../../persistence/message-changes.ts'
import type { Ctx } from '../ctx.ts'
import { denied } from '../rooms/authorise.ts'
import { changeMessage } from './change-message.ts'

/**
 * Takes a message back: its place stays, and its words are told to nobody any more. They stay in the log, as evidence;
 * `log.erased` takes them out of there too.
 */
export function deleteMessage(ctx: Ctx, input: ChangeMessage): Promise<Changed> {
  const { roomId, message: seq } = input
  return changeMessage(ctx, {
    name: 'chat.delete',
    input,
    decide: (message, me) => {
      if (message.author !== me.actorKey && !can('moderate', me))
        throw denied('Only its author, or who moderates the room, takes a message back')
      return message.deleted ? null : { type: 'chat.messageDeleted', deal: { message: seq }, personal: null }
    },
    also: async (em) => {
      await saveMentions(em, roomId, seq, [])
      await savePin(em, roomId, seq, null)
    },
  })
}
