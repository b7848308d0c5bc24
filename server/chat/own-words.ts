import type { Pool } from 'pg'
import type { RoomId, UserId } from '../../client-sdk/contract/index.ts'
import { readOwnWords, type OwnWords as Said } from '../../persistence/readings.ts'

/** Together, so that a chat message itself writes nothing more; in ms. */
const EVERY = 1_000

/**
 * Whoever has read all that others said has read their own words, too: nobody has to be told of what they said themselves. A
 * process that dies takes the last second's marks with it, and something of one's own shows as unread.
 */
export class OwnWords {
  readonly #pool: Pool
  #said = new Map<string, Said>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  add(roomId: RoomId, userId: UserId, seq: number): void {
    if (this.#said.size === 0) setTimeout(() => void this.flush(), EVERY).unref()
    this.#said.set(roomId + userId, { roomId, userId, seq })
  }

  async flush(): Promise<void> {
    const said = [...this.#said.values()]
    this.#said = new Map()
    if (said.length > 0) await readOwnWords(this.#pool, said).catch(() => {}) // the next words mark these, too
  }
}
