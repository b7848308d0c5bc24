import { type Changed, EDITS_MAX, type EditMessage, ParleyError, type UserId } from '../../client-sdk/contract/index.ts'
import { countEdits, saveEdit, saveMentions } from '../../persistence/message-changes.ts'
import { wordsAt } from '../../persistence/messages.ts'
import { membersByKeyIn } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { denied } from '../rooms/authorise.ts'
import { assertStands, changeMessage } from './change-message.ts'
import { mentionedIn } from './mentions.ts'

/** New words for one's own message; the old ones stay in its history. */
export async function editMessage(ctx: Ctx, { text, ...input }: EditMessage): Promise<Changed> {
  const { roomId, message: seq } = input
  let mentioned: readonly UserId[] = []
  const changed = await changeMessage(ctx, {
    name: 'chat.edit',
    input,
    decide: async (message, me, em) => {
      if (message.author !== me.actorKey) throw denied('Only its author edits a message')
      assertStands(message)
      if ((await countEdits(em, roomId, seq)) >= EDITS_MAX)
        throw new ParleyError('message.editsFull', `A message can be edited ${EDITS_MAX} times`)
      mentioned = [...(await mentionedIn(me, text, (room, keys) => membersByKeyIn(em, room, keys))).values()]
      return { type: 'chat.messageEdited', deal: { message: seq }, personal: { text } }
    },
    also: async (em, words) => {
      await saveEdit(em, roomId, seq, words)
      await saveMentions(em, roomId, seq, mentioned)
    },
  })
  // A repeat is known by its words in the log, since nothing else may keep them.
  const said = await wordsAt(ctx.db.pool, roomId, changed.seq)
  if (said !== null && said !== text) throw new ParleyError('command.reused', 'This command id was used for something else')
  return changed
}
