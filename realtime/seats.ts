import { ParleyError, type UserId } from '../client-sdk/contract/index.ts'
import type { AppSocket } from './socket.ts'

type Options = {
  /** Sockets of one person. */
  most: number
  /** How many of them are known to be on other nodes. */
  elsewhere?: ((userId: UserId) => number) | undefined
}

/** How many sockets each person has on this node: each holds memory, and gets every frame of its rooms. */
export class Seats {
  readonly #options: Options
  readonly #taken = new Map<UserId, number>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Until the connection closes. Throws `client.tooManySockets`. */
  take(userId: UserId, connection: AppSocket['conn']): void {
    const { most, elsewhere } = this.#options
    const taken = this.#taken.get(userId) ?? 0
    if (taken + (elsewhere?.(userId) ?? 0) >= most) {
      throw new ParleyError('client.tooManySockets', `You have ${most} connections already (MAX_SOCKETS_PER_PERSON); close one`)
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
