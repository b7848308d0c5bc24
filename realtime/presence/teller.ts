import type { RoomId } from '../../client-sdk/contract/index.ts'

/**
 * Says who is in a room when that has changed: at once, and then no more often than `tell` wants, in ms. "At once" is after
 * what is under way in this turn of the event loop: the answer to a join must not come after what is newer.
 */
export class Teller {
  readonly #tell: (roomId: RoomId) => number
  readonly #resting = new Map<RoomId, NodeJS.Timeout>()
  readonly #changed = new Set<RoomId>()
  #next: NodeJS.Immediate | null = null

  constructor(tell: (roomId: RoomId) => number) {
    this.#tell = tell
  }

  changed(roomId: RoomId): void {
    this.#changed.add(roomId)
    if (!this.#resting.has(roomId)) this.#next ??= setImmediate(() => this.#flush())
  }

  close(): void {
    if (this.#next) clearImmediate(this.#next)
    for (const timer of this.#resting.values()) clearTimeout(timer)
    this.#resting.clear()
    this.#changed.clear()
  }

  #flush(): void {
    this.#next = null
    for (const roomId of [...this.#changed]) if (!this.#resting.has(roomId)) this.#say(roomId)
  }

  #say(roomId: RoomId): void {
    this.#changed.delete(roomId)
    const rest = () => {
      this.#resting.delete(roomId)
      if (this.#changed.has(roomId)) this.#say(roomId)
    }
    this.#resting.set(roomId, setTimeout(rest, this.#tell(roomId)))
  }
}
