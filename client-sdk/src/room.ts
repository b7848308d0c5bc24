import type { Changed, MessagePage, Place } from '../contract/chat/schema.ts'
import type { RoomId } from '../contract/ids.ts'
import type { RoomSettings } from '../contract/rooms/schema.ts'
import type { Backoff } from './backoff.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Connection } from './connection.ts'
import type { OnError } from './listeners.ts'
import type { Limits } from './room-store.ts'
import type { RoomMessage, RoomView } from './room-view.ts'

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
   * Shown at once, sent as soon as possible and in order; resolves with its place in the log. A rejection means that it
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
  unreact(message: MessageRef, emoji: string): Promise<Changed>
  /** Rejects with `room.pinsFull`. */
  pin(message: MessageRef): Promise<Changed>
  unpin(message: MessageRef): Promise<Changed>
  configure(settings: Partial<RoomSettings>): Promise<Changed>
  /** Adds a page of history; resolves with whether there is still more. Rejects with `server.unavailable` offline. */
  loadOlder(limit?: number): Promise<boolean>
  /** What has not been sent is given up, as `client.closed`. Idempotent. */
  leave(): Promise<void>
}

/** What a room needs of its client. */
export type RoomHost = {
  command: Connection['command']
  page(roomId: RoomId, before: number | undefined, limit: number): Promise<MessagePage>
  /** The room has been left; `done` settles when the hub knows. */
  left(roomId: RoomId, done: Promise<unknown>): void
  /** Resolves once no leave of this room is under way: a join must not overtake it. */
  quiet(roomId: RoomId): Promise<unknown>
  checkpoints: Checkpoints
  backoff: Backoff
  limits: Limits
  maxPending: number
  onError: OnError
}
