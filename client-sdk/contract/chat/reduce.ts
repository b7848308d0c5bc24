import type { Envelope } from '../events.ts'
import type { ActorKey } from '../ids.ts'
import type { Message, Reaction } from './schema.ts'

/** The loaded messages of a room, in order of seq. */
export type Messages = readonly Message[]

/** Event → messages, the same in the server's projection and in the SDK. Returns its input where nothing changes. */
export function reduceMessages(messages: Messages, event: Envelope): Messages {
  switch (event.type) {
    case 'chat.messageSent': {
      const answered = event.data.deal
      const sent = put(messages, newMessage(event))
      return answered ? change(sent, answered.thread, event.seq, (root) => ({ replies: root.replies + 1 })) : sent
    }
    case 'chat.messageEdited':
      return change(messages, event.data.deal.message, event.seq, () => ({
        text: event.data.personal?.text ?? null,
        editedAt: event.at,
      }))
    case 'chat.messageDeleted':
      return change(messages, event.data.deal.message, event.seq, () => ({ text: null, deleted: true, reactions: [] }))
    case 'chat.reacted':
      return change(messages, event.data.deal.message, event.seq, (m) => ({
        reactions: reacted(m.reactions, event.data.deal.emoji, event.actor),
      }))
    case 'chat.unreacted':
      return change(messages, event.data.deal.message, event.seq, (m) => ({
        reactions: unreacted(m.reactions, event.data.deal.emoji, event.actor),
      }))
    case 'log.erased':
      return event.data.deal.seqs.reduce((now, seq) => change(now, seq, event.seq, () => ({ text: null })), messages)
    default:
      return messages
  }
}

const newMessage = ({ id, seq, actor: author, at, data }: Envelope<'chat.messageSent'>): Message => ({
  id,
  seq,
  rev: seq,
  author,
  at,
  text: data.personal?.text ?? null,
  editedAt: null,
  deleted: false,
  replyTo: data.deal?.replyTo ?? null,
  thread: data.deal?.thread ?? null,
  replies: 0,
  reactions: [],
})

function reacted(reactions: readonly Reaction[], emoji: string, who: ActorKey): Reaction[] {
  const others = reactions.map((r) => (r.emoji === emoji && !r.by.includes(who) ? { emoji, by: [...r.by, who] } : r))
  return reactions.some((r) => r.emoji === emoji) ? others : [...others, { emoji, by: [who] }]
}

const unreacted = (reactions: readonly Reaction[], emoji: string, who: ActorKey): Reaction[] =>
  reactions.map((r) => (r.emoji === emoji ? { emoji, by: r.by.filter((key) => key !== who) } : r)).filter((r) => r.by.length > 0)

const CHANGES_OLDER = new Set(['chat.messageEdited', 'chat.messageDeleted', 'chat.reacted', 'chat.unreacted', 'log.erased'])
/** Whether this event may change a message of a lower seq. Every type that does must be named here. */
export const changesOlder = ({ type, data }: Envelope): boolean =>
  CHANGES_OLDER.has(type) || (type === 'chat.messageSent' && Boolean(data?.deal)) // an answer counts in its thread's first

/** Pinned messages, by seq, in the order in which they were pinned. What was taken back is pinned no longer. */
export function reducePins(pins: readonly number[], event: Envelope): readonly number[] {
  switch (event.type) {
    case 'chat.messagePinned':
      return [...pins.filter((seq) => seq !== event.data.deal.message), event.data.deal.message]
    case 'chat.messageUnpinned':
    case 'chat.messageDeleted':
      return pins.includes(event.data.deal.message) ? pins.filter((seq) => seq !== event.data.deal.message) : pins
    default:
      return pins
  }
}

/** Copies that a fold under way has made for itself: they alone are written in place. */
const drafts = new WeakSet<Messages>()

/** Runs a fold whose steps share one copy of `messages`, where each step alone would make its own. */
export function drafting<T>(messages: Messages, fold: (draft: Messages) => T): T {
  const draft = messages.slice()
  drafts.add(draft)
  try {
    return fold(draft)
  } finally {
    drafts.delete(draft)
  }
}

/** Where the message of this seq is, or would be. */
export function placeOf(messages: Messages, seq: number): number {
  let low = 0
  let high = messages.length
  if (high === 0 || messages[high - 1]!.seq < seq) return high // what comes, mostly comes at the end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (messages[middle]!.seq < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The loaded message of this seq. */
export const messageOf = (messages: Messages, seq: number): Message | undefined => {
  const message = messages[placeOf(messages, seq)]
  return message?.seq === seq ? message : undefined
}

/** A message read later than the event was committed knows it already: its `rev` says so. */
function put(messages: Messages, message: Message): Messages {
  const place = placeOf(messages, message.seq)
  const known = messages[place]?.seq === message.seq ? messages[place] : undefined
  if (known && known.rev >= message.rev) return messages
  const next = drafts.has(messages) ? (messages as Message[]) : messages.slice()
  next.splice(place, known ? 1 : 0, message)
  return next
}

/** Changes a message if it is loaded and has not seen the event yet. What was taken back changes no more, but for its thread. */
function change(messages: Messages, seq: number, rev: number, made: (message: Message) => Partial<Message>): Messages {
  const message = messageOf(messages, seq)
  return message && message.rev < rev ? put(messages, { ...message, ...made(message), rev }) : messages
}
