import { ParleyError, type UserId } from '../client-sdk/contract/index.ts'
import type { AppSocket } from './socket.ts'

/** How many sockets each person has on this node: each holds memory, and gets every frame of its rooms. */
export class Seats {
  readonly #most: number
  readonly #taken = new Map<UserId, number>()

  /** `most`: of one person. */
  constructor(most: number) {
    this.#most = most
  }

  /** Until the connection closes. `elsewhere`: how many are known to be on other nodes. Throws `client.tooManySockets`. */
  take(userId: UserId, connection: AppSocket['conn'], elsewhere: number): void {
    const taken = this.#taken.get(userId) ?? 0
    if (taken + elsewhere >= this.#most) {
      throw new ParleyError('client.tooManySockets', `You have ${this.#most} connections already (MAX_SOCKETS_PER_PERSON); close one`)
    }
    if (connection.readyState !== 'open') throw new ParleyError('session.ended', 'The connection is gone')
    this.#taken.set(userId, taken + 1)
    connection.once('close', () => this.#release(userId))
  }

  #release(userId: UserId): void {
    const left = (this.#taken.get(userId) ?? 0) - 1
    if (left > 0) this.#taken.set(userId, left)
    else this.#taken.delete(userId)
  }
}
