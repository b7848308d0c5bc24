import { z } from 'zod'
import { Command, type CommandDef, type EventDef, Instant, Seq, text } from '../define.ts'
import { ActorKey, MessageId, RoomId } from '../ids.ts'
import { MESSAGE_MAX } from '../text.ts'

/** A message as it now stands. `rev` is the seq of the last event that changed it. */
export const Message = z.object({
  id: MessageId,
  seq: Seq,
  rev: Seq,
  author: ActorKey,
  at: Instant,
  /** Null once erased. */
  text: z.string().nullable(),
})
export type Message = z.output<typeof Message>

/** Where a message came to stand. */
export const Place = z.object({ messageId: MessageId, seq: Seq, at: Instant })
export type Place = z.output<typeof Place>
const Text = z.object({ text: text(MESSAGE_MAX) })
export const SendMessage = Command.extend({ roomId: RoomId, ...Text.shape })
export type SendMessage = z.output<typeof SendMessage>

export const chatCommands = {
  'chat.send': { input: SendMessage, output: Place, allow: 'speak' },
} as const satisfies Record<string, CommandDef>

export const chatEvents = {
  'chat.messageSent': { version: 1, deal: null, personal: Text },
} as const satisfies Record<string, EventDef>

/** A page of history, newest first. `asOf` is the stream's seq at reading. */
export const MessagePage = z.object({ asOf: z.int().nonnegative(), messages: z.array(Message), more: z.boolean() })
export type MessagePage = z.output<typeof MessagePage>
/** `before`: only messages of a lower seq. */
export const ListMessages = z.object({
  roomId: RoomId,
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type ListMessages = z.output<typeof ListMessages>
