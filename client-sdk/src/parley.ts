import type { RoomSummary } from '../contract/rooms/schema.ts'
import type { SearchPage } from '../contract/search/schema.ts'
import type { CheckpointKey } from './checkpoints.ts'
import type { Inbox } from './inbox.ts'
import type { OnError } from './listeners.ts'
import type { Fetch } from './rest.ts'
import type { Room } from './room.ts'
import type { Search } from './search.ts'
import type { OpenSocket } from './socket.ts'
import type { Status } from './status.ts'
import type { ClientStorage } from './storage.ts'
import type { GetToken } from './token.ts'

/** What `connect` takes. Times are in ms. */
export type ConnectOptions = {
  /** Where the hub is, such as `https://parley.example.com`. */
  url: string
  /** Asked anew for each connection, and again before a token ends. Rejects with `session.ended` when all is over. */
  getToken: GetToken
  /**
   * Where the last checkpoint of each room is kept, and, of a `user`, the rooms and what waits to be sent: `indexedDbStorage()`
   * in browsers, `fileStorage(folder)` of `parley-client/node`. In memory where none is given.
   */
  storage?: ClientStorage
  /** Whose storage it is: the id of the person that `getToken` signs in. What another has left there is wiped at once,
   * and the token of another ends the client with `session.badCredentials`. */
  user?: string
  /** The hub's checkpoint keys, if known from elsewhere: then the hub is not asked for them. */
  checkpointKeys?: readonly CheckpointKey[]
  /** Hears what has nobody else to tell: listeners and storages that throw. Never a refused command. */
  onError?: OnError
  /** Socket.IO's path on the server. */
  path?: string
  /** How long a command may stay unanswered, in ms. */
  ackTimeout?: number
  /** The most sends of a room that may wait. */
  maxPending?: number
  /** The most messages of a room in memory, unless older ones are asked for. */
  maxMessages?: number
  /** The most events kept beyond a hole in a room's events. */
  maxHeld?: number
  /** After how long without a touch, a key or a call this device is away, in ms; 5 minutes where nothing is given. */
  idleAfter?: number
  /** In place of `Math.random`, for the waits between two attempts. */
  random?: () => number
  openSocket?: OpenSocket
  fetch?: Fetch
}

/** A client: one connection, and the rooms on it. */
export interface Parley {
  readonly status: Status
  /** Calls the listener after each change of `status`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** The room of this id, always the same until it is left. It is joined by its `join()`, or by what is first sent there. */
  room(roomId: string): Room
  /** The person's rooms, the last active first. Rejects with `server.unavailable` offline. */
  rooms(): Promise<RoomSummary[]>
  /** The person's rooms as a live store, with what is unread in each. */
  readonly inbox: Inbox
  /** Looks for words in all rooms, or in one. Rejects with `server.unavailable` offline. */
  search(query: Search): Promise<SearchPage>
  /** Whether nobody is at this device; found out by itself where nothing is done for `idleAfter`. */
  setAway(away: boolean): void
  /** Ends all of it, and settles every promise. Idempotent. What is kept in `storage` goes on at the next visit. */
  close(): void
  /**
   * Wipes what is kept of this person, in every tab, as after signing out. From then on nothing is written. Rejects where the
   * storage does.
   */
  forget(): Promise<void>
}
