import type { Changed, Place, Version } from '../contract/chat/schema.ts'
import type { ActorKey, RoomId } from '../contract/ids.ts'
import type { RoomRule } from '../contract/permissions.ts'
import type { PersonPresence } from '../contract/presence/schema.ts'
import type { Member, RoomSettings } from '../contract/rooms/schema.ts'
import type { SearchPage } from '../contract/search/schema.ts'
import type { Backoff } from './backoff.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Connection } from './connection.ts'
import type { HistoryPage, HistoryPlace } from './history.ts'
import type { InboxClient } from './inbox.ts'
import type { OnError } from './listeners.ts'
import type { Mentionable } from './mentions.ts'
import type { Request } from './rest.ts'
import type { RoomKeep } from './room-keep.ts'
import type { Limits } from './room-store.ts'
import type { RoomMessage, RoomView, SentMessage } from './room-view.ts'
import type { RoomSearch } from './search.ts'
import type { News } from './tabs.ts'
import type { Thread } from './threads.ts'

/** A message as `state` shows it, or its seq. One that is still on its way is changed once it is there. */
export type MessageRef = RoomMessage | number

/** A room as an app holds it. Failures are `ParleyError`s. */
export interface Room {
  readonly id: RoomId
  /** The same object until something changes. */
  readonly state: RoomView
  /** Calls the listener after each change of `state`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /**
   * Resolves once the room is live, and keeps it joined through every reconnect until `leave()`. Rejects with
   * `resource.notFound` (not there, or not yours), `log.forked`, or the reason why the client has stopped.
   */
  join(): Promise<Room>
  /**
   * Shown at once, sent as soon as possible and in order; resolves with its place in the log. A room that was never joined is
   * joined by this, as by all that changes something in it, as if by `join()`. A rejection means that it
   * is not in the log and is shown no more: the hub's refusal, `client.queueFull`, or the reason why the room or the
   * client has ended; then alone its outcome may be unknown.
   */
  send(text: string, about?: { replyTo?: MessageRef }): Promise<Place>
  /**
   * New words for one's own message. This and all that follows is shown at once as it will be, goes in the order in which it was
   * done, and resolves once it is in the log; refused, it is shown no more.
   */
  edit(message: MessageRef, text: string): Promise<Changed>
  /** Takes a message back; others' where `can('moderate')`. */
  delete(message: MessageRef): Promise<Changed>
  /** Rejects with `request.invalid` where it is not one emoji, and with `message.reactionsFull`. */
  react(message: MessageRef, emoji: string): Promise<Changed>
  /** Takes a reaction of ours back. */
  unreact(message: MessageRef, emoji: string): Promise<Changed>
  /** Rejects with `room.pinsFull`. */
  pin(message: MessageRef): Promise<Changed>
  /** Pins it no more. */
  unpin(message: MessageRef): Promise<Changed>
  /** Changes the settings that are named; the others stay. Needs the right to `configure`. */
  configure(settings: Partial<RoomSettings>): Promise<Changed>
  /** May we do this here, as far as is known: `speak`, `react`, `pin`, `moderate`, `configure` and the like. */
  can(rule: RoomRule): boolean
  /** The thread that began with this message, or that it belongs to. Throws `resource.notFound` for one that is still on its way. */
  thread(message: MessageRef): Thread
  /** All that a message has said, the oldest first. */
  versions(message: MessageRef): Promise<readonly Version[]>
  /** The pinned messages themselves, loaded here or not, in the order in which they were pinned. */
  pinned(): Promise<readonly SentMessage[]>
  /** A part of the history as it is now, around any place in it. `state.messages` stay as they are. */
  history(place?: HistoryPlace): Promise<HistoryPage>
  /** Looks for words in this room. */
  search(query: RoomSearch): Promise<SearchPage>
  /** Members whom what was typed after an @ may mean, the likeliest first, with what to put into the text instead. */
  mentionable(prefix: string, limit?: number): readonly Mentionable[]
  /**
   * We have read up to this seq, or all that is shown; of a room that is not joined, all that the inbox knows of. Told now and then,
   * and again until the hub has heard it.
   */
  markRead(seq?: number): void
  /** Whether `unread` of the inbox counts this room. */
  mute(muted: boolean): Promise<void>
  /** The members, but for its author, who have read a message, where the room is small. By its seq alone, its author is known once it is loaded. */
  seenBy(message: SentMessage | number): readonly Member[]
  /** To be called at each stroke, and with false where the text was given up. */
  typing(typing?: boolean): void
  /** Whether these members, at most 100, are online, and when they last were. */
  presenceOf(members: readonly ActorKey[]): Promise<readonly PersonPresence[]>
  /** Adds a page of history; resolves with whether there is still more. Rejects with `server.unavailable` offline. */
  loadOlder(limit?: number): Promise<boolean>
  /** What has not been sent is given up, as `client.closed`. Idempotent. */
  leave(): Promise<void>
}

/** What a room needs of its client. */
export type RoomHost = {
  command: Connection['command']
  /** By REST; rejects with `server.unavailable` for an answer of another shape. `read`: where it is no JSON. */
  get<T>(path: string, is: (answer: unknown) => answer is T, read?: Request['read']): Promise<T>
  inbox: InboxClient
  /** Somebody is at this device. */
  stirred(): void
  /** The room has been left; `done` settles when the hub knows. */
  left(roomId: RoomId, done: Promise<unknown>): void
  /** Resolves once no leave of this room is under way: a join must not overtake it. */
  quiet(roomId: RoomId): Promise<unknown>
  checkpoints: Checkpoints
  /** What outlives the page; null without a storage and a person whose it is. */
  keep(roomId: RoomId, changed: () => void): RoomKeep | null
  /** To the other tabs. */
  tell(news: News): void
  /** Whether the room should be live on this connection, and is not. */
  waits(roomId: RoomId, isWaiting: boolean): void
  backoff: Backoff
  limits: Limits
  maxPending: number
  onError: OnError
}
