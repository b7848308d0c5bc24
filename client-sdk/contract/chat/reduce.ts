import type { Envelope } from '../events.ts'
import type { MessageId } from '../ids.ts'
import type { Message } from './schema.ts'

/** The loaded messages of a room. */
export type Messages = Readonly<Record<MessageId, Message>>

/** Event → messages, the same in the server's projection and in the SDK. Returns its input where nothing changes. */
export function reduceMessages(messages: Messages, event: Envelope): Messages {
  switch (event.type) {
    case 'chat.messageSent':
      return put(messages, [
        { id: event.id, seq: event.seq, rev: event.seq, author: event.actor, at: event.at, text: event.data.personal?.text ?? null },
      ])
    case 'log.erased': {
      const seqs = new Set(event.data.deal.seqs)
      const erased = Object.values(messages).filter((m) => seqs.has(m.seq))
      return put(
        messages,
        erased.map((m) => ({ ...m, text: null, rev: event.seq })),
      )
    }
    default:
      return messages
  }
}

/** Whether an event of this type may change a message of a lower seq. Every type that does must be named here. */
export const changesOlder = (type: string): boolean => type === 'log.erased'

/** Copies that a fold under way has made for itself: they alone are written in place. */
const drafts = new WeakSet<Messages>()

/** Runs a fold whose steps share one copy of `messages`, where each step alone would make its own. */
export function drafting<T>(messages: Messages, fold: (draft: Messages) => T): T {
  const draft = { ...messages }
  drafts.add(draft)
  try {
    return fold(draft)
  } finally {
    drafts.delete(draft)
  }
}

/** A message read later than the event was committed knows it already: its `rev` says so. */
function put(messages: Messages, changed: readonly Message[]): Messages {
  const news = changed.filter((m) => m.rev > (messages[m.id]?.rev ?? 0))
  if (news.length === 0) return messages
  const next: Record<MessageId, Message> = drafts.has(messages) ? messages : { ...messages }
  for (const message of news) next[message.id] = message
  return next
}
