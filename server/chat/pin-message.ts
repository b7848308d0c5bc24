import { type Changed, type ChangeMessage, type Message, ParleyError, PINS_MAX } from '../../client-sdk/contract/index.ts'
import { lockedPins, savePin } from '../../persistence/message-changes.ts'
import { messagesAt } from '../../persistence/messages.ts'
import { peopleOf } from '../../persistence/rooms.ts'
import type { Ctx } from '../ctx.ts'
import { reading } from '../rooms/authorise.ts'
import { assertStands, changeMessage } from './change-message.ts'

export function pinMessage(ctx: Ctx, input: ChangeMessage): Promise<Changed> {
  const { roomId, message: seq } = input
  return changeMessage(ctx, {
    name: 'chat.pin',
    input,
    decide: async (message, _me, em) => {
      assertStands(message)
      const pins = await lockedPins(em, roomId)
      if (pins.includes(seq)) return null
      if (pins.length >= PINS_MAX) throw new ParleyError('room.pinsFull', `A room has at most ${PINS_MAX} pinned messages`)
      return { type: 'chat.messagePinned', deal: { message: seq }, personal: null }
    },
    also: (em, since) => savePin(em, roomId, seq, since),
  })
}

export function unpinMessage(ctx: Ctx, input: ChangeMessage): Promise<Changed> {
  const { roomId, message: seq } = input
  return changeMessage(ctx, {
    name: 'chat.unpin',
    input,
    decide: async (_message, _me, em) =>
      (await lockedPins(em, roomId)).includes(seq) ? { type: 'chat.messageUnpinned', deal: { message: seq }, personal: null } : null,
    also: (em) => savePin(em, roomId, seq, null),
  })
}

/** The room's pinned messages, in the order in which they were pinned. */
export const listPins = (ctx: Ctx, { roomId }: Pick<ChangeMessage, 'roomId'>): Promise<Message[]> =>
  reading(ctx, 'read', roomId, async () => {
    const { pins } = await peopleOf(ctx.db.pool, roomId)
    const messages = new Map((await messagesAt(ctx.db.pool, roomId, pins)).map((message) => [message.seq, message]))
    return pins.flatMap((seq) => messages.get(seq) ?? [])
  })
