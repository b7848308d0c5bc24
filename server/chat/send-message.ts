import { commands, type Place, type SendMessage } from '../../client-sdk/contract/index.ts'
import { type Ctx, caller } from '../ctx.ts'
import { authorised } from '../rooms/authorise.ts'
import type { Standing } from '../rooms/standings.ts'

/** The hot path: one fact, no other state. Authorised first, so that a repeat answers only the one who may ask. */
export function sendMessage(ctx: Ctx, { commandId, roomId, text }: SendMessage): Promise<Place> {
  const send = async ({ actorKey: actor, accessVersion }: Standing): Promise<Place> => {
    const entry = { streamId: roomId, type: 'chat.messageSent', deal: null, personal: { text }, actor, commandId, accessVersion } as const
    const { id: messageId, seq, at } = await ctx.log.submit(entry)
    return { messageId, seq, at }
  }
  return authorised(ctx, commands['chat.send'].allow, roomId, send, ctx.standings.get(roomId, caller(ctx).userId))
}
