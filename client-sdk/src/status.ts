import type { RoomId } from '../contract/ids.ts'
import type { Stage } from './connection-machine.ts'
import { RemoteError } from './errors.ts'

/**
 * `connecting`: the first attempt is under way. `online`. `degraded`: connected, but the hub cannot do its work right now.
 * `offline`: no connection, and it is tried again. Final are `outdated` (the app must be updated), `signedOut` (sign in, and
 * connect anew) and `closed`.
 */
export type Status = 'connecting' | 'online' | 'degraded' | 'offline' | 'outdated' | 'signedOut' | 'closed'

/** How long a room may wait for the hub before that is a fault, in ms. */
const LATE = 2_000
/** How long one `server.unavailable` speaks for the hub where nothing else is asked, in ms. */
const LASTING = 10_000

/** `tried`: an attempt has ended, well or not. */
export function statusOf(stage: Stage, tried: boolean, ailing: boolean): Status {
  if (stage === 'online') return ailing ? 'degraded' : 'online'
  if (stage === 'waiting') return 'offline'
  if (stage === 'authorising' || stage === 'connecting') return tried ? 'offline' : 'connecting'
  return stage
}

/** Whether the hub does its work, as far as this client sees. */
export class Health {
  readonly #changed: () => void
  /** Rooms that wait for the hub; null once they have waited too long. */
  readonly #waiting = new Map<RoomId, ReturnType<typeof setTimeout> | null>()
  #unavailable: ReturnType<typeof setTimeout> | null = null

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get ailing(): boolean {
    return this.#unavailable !== null || [...this.#waiting.values()].includes(null)
  }

  /** Passes an answer of the hub on. */
  async watch<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked
      this.#available()
      return answer
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'server.unavailable') this.#ail()
      else if (error instanceof RemoteError) this.#available()
      throw error
    }
  }

  waits(room: RoomId, isWaiting: boolean): void {
    const timer = this.#waiting.get(room)
    if (isWaiting === (timer !== undefined)) return
    if (isWaiting) {
      const late = setTimeout(() => {
        this.#waiting.set(room, null)
        this.#changed()
      }, LATE)
      this.#waiting.set(room, late)
    } else {
      clearTimeout(timer ?? undefined)
      this.#waiting.delete(room)
      this.#changed()
    }
  }

  /** The connection is gone: what was seen on it says nothing of the next. */
  forget(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer ?? undefined)
    this.#waiting.clear()
    this.#available()
  }

  #ail(): void {
    if (this.#unavailable !== null) clearTimeout(this.#unavailable)
    this.#unavailable = setTimeout(() => this.#available(), LASTING)
    this.#changed()
  }

  #available(): void {
    if (this.#unavailable === null) return
    clearTimeout(this.#unavailable)
    this.#unavailable = null
    this.#changed()
  }
}
