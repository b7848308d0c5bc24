import type { ActorKey, Role, RoomId, RoomKind, RoomSettings, UserId } from '../../client-sdk/contract/index.ts'

/** What a person is in a room, and how that is to be used, as of `accessVersion`. */
export type Standing = RoomSettings & {
  roomId: RoomId
  userId: UserId
  actorKey: ActorKey
  role: Role
  kind: RoomKind
  accessVersion: number
}

const MOST = 50_000

/**
 * Standings of those who write, kept so that a chat message needs no look-up. Being out of date does no harm: the log
 * refuses what was checked against an older access version, and the caller looks again. Never used for reading.
 */
export class Standings {
  readonly #known = new Map<string, Standing>()

  get(roomId: RoomId, userId: UserId): Standing | undefined {
    return this.#known.get(roomId + userId)
  }

  set(standing: Standing): void {
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value!) // the one known longest
    this.#known.set(standing.roomId + standing.userId, standing)
  }

  forget(roomId: RoomId, userId: UserId): void {
    this.#known.delete(roomId + userId)
  }
}
