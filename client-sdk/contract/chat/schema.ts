import { z } from 'zod'
import { Command, type CommandDef, type EventDef, Instant, Moment, Seq, text } from '../define.ts'
import { ActorKey, MessageId, RoomId } from '../ids.ts'
import { MESSAGE_MAX } from '../text.ts'
import { emojiFrom } from './emoji.ts'

/** One emoji, as people see it: a flag or a family is one. ❤ without U+FE0F becomes the one with it. */
export const Emoji = z
  .string()
  .max(32)
  .overwrite(emojiFrom)
  .regex(/^\p{RGI_Emoji}$/v, 'is not one emoji')
/** Who reacted so, in the order in which they did. */
export const Reaction = z.object({ emoji: z.string(), by: z.array(ActorKey) })
export type Reaction = z.output<typeof Reaction>

/** Different emoji on one message, and how often people reacted in all. */
export const EMOJI_MAX = 20
export const REACTIONS_MAX = 500
/** How often a message can be edited. */
export const EDITS_MAX = 100
/** Pinned messages of one room. */
export const PINS_MAX = 50

/** A message as it now stands. `rev` is the seq of the last event that changed it. */
export const Message = z.object({
  id: MessageId,
  seq: Seq,
  rev: Seq,
  author: ActorKey,
  at: Instant,
  /** Markdown's basics and mentions (`markup.ts`). Null once deleted or erased. */
  text: z.string().nullable(),
  /** When its words were last changed. */
  editedAt: Instant.nullable(),
  /** Its author, or a moderator, took it back: only its place is left. */
  deleted: z.boolean(),
  /** The seq of the message that it answers. */
  replyTo: Seq.nullable(),
  /** The seq of the message that its thread began with; null for one that answers nothing. */
  thread: Seq.nullable(),
  /** How many messages its thread has, without itself. */
  replies: z.int().nonnegative(),
  reactions: z.array(Reaction),
})
export type Message = z.output<typeof Message>

/** Where a message came to stand. */
export const Place = z.object({ messageId: MessageId, seq: Seq, at: Instant })
export type Place = z.output<typeof Place>
/** From this seq of the room on the change is there, whether this command made it or it was so already. */
export const Changed = z.object({ seq: Seq })
export type Changed = z.output<typeof Changed>

const Text = z.object({ text: text(MESSAGE_MAX) })
/** A message of a room, by its seq. */
const Target = z.object({ message: Seq })

/** `replyTo`: the seq of the message that it answers. */
export const SendMessage = Command.extend({ roomId: RoomId, ...Text.shape, replyTo: Seq.optional() })
export type SendMessage = z.output<typeof SendMessage>
export const ChangeMessage = Command.extend({ roomId: RoomId, ...Target.shape })
export type ChangeMessage = z.output<typeof ChangeMessage>
export const EditMessage = ChangeMessage.extend(Text.shape)
export type EditMessage = z.output<typeof EditMessage>
export const React = ChangeMessage.extend({ emoji: Emoji })
export type React = z.output<typeof React>

export const chatCommands = {
  'chat.send': { input: SendMessage, output: Place, allow: 'speak' },
  /** One's own words only. */
  'chat.edit': { input: EditMessage, output: Changed, allow: 'speak' },
  /** One's own, or anybody's for who may `moderate`. */
  'chat.delete': { input: ChangeMessage, output: Changed, allow: 'read' },
  'chat.react': { input: React, output: Changed, allow: 'react' },
  'chat.unreact': { input: React, output: Changed, allow: 'react' },
  'chat.pin': { input: ChangeMessage, output: Changed, allow: 'pin' },
  'chat.unpin': { input: ChangeMessage, output: Changed, allow: 'pin' },
} as const satisfies Record<string, CommandDef>

/** `thread`: the seq of the message that the thread began with. */
const Reply = z.object({ replyTo: Seq, thread: Seq })
/** An emoji is one of a few thousand signs, no free text; who it was can be forgotten with their key. */
const Reacted = Target.extend({ emoji: z.string() })
export const chatEvents = {
  'chat.messageSent': { version: 1, deal: Reply.nullable(), personal: Text },
  'chat.messageEdited': { version: 1, deal: Target, personal: Text },
  'chat.messageDeleted': { version: 1, deal: Target, personal: null },
  'chat.reacted': { version: 1, deal: Reacted, personal: null },
  'chat.unreacted': { version: 1, deal: Reacted, personal: null },
  'chat.messagePinned': { version: 1, deal: Target, personal: null },
  'chat.messageUnpinned': { version: 1, deal: Target, personal: null },
} as const satisfies Record<string, EventDef>

/** A part of the history, newest first. `asOf`: the stream's seq at reading. `more`: older ones exist; `newer`: newer ones. */
export const MessagePage = z.object({
  asOf: z.int().nonnegative(),
  messages: z.array(Message),
  more: z.boolean(),
  newer: z.boolean(),
})
export type MessagePage = z.output<typeof MessagePage>

const seq = z.coerce.number().int().positive()
/**
 * One place in the history: messages of a lower seq than `before`, of a higher one than `after`, on both sides `around` one
 * (itself in the middle) or a moment `at`; without any the newest. `thread`: only the answers in the thread that
 * began with this message.
 */
export const ListMessages = z.object({
  roomId: RoomId,
  before: seq.optional(),
  after: z.coerce.number().int().nonnegative().optional(),
  around: seq.optional(),
  at: Moment.optional(),
  thread: seq.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type ListMessages = z.output<typeof ListMessages>

/** What a message said at some time; null once erased. */
export const Version = z.object({ seq: Seq, at: Instant, text: z.string().nullable() })
export type Version = z.output<typeof Version>
