import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { Envelope, RoomId } from '../client-sdk/contract/index.ts'

/** How often the process's load is looked at, in ms. */
const SAMPLE = 100
/** Below this share of the time nothing is held back. */
const BUSY = 0.5
/** The longest that a frame is held back, in ms, when there is no time left at all. */
const LONGEST = 25

/**
 * Writing to sockets is most of a node's work, and a frame of three messages costs hardly more than a frame of one. So a busy
 * node holds a room's events back for a few milliseconds and sends what has come together; an idle one sends at once. Order
 * within a room stays; who gets a frame is decided when it is sent.
 */
export class Pacer {
  readonly #send: (roomId: RoomId, events: Envelope[]) => void
  readonly #held = new Map<RoomId, Envelope[]>()
  readonly #sampler: NodeJS.Timeout
  #last: EventLoopUtilization = performance.eventLoopUtilization()
  #pause = 0
  #timer: NodeJS.Timeout | null = null

  constructor(send: (roomId: RoomId, events: Envelope[]) => void, busy = busyShare) {
    this.#send = send
    this.#sampler = setInterval(() => {
      const now = performance.eventLoopUtilization()
      this.#pause = pauseAt(busy(now, this.#last))
      this.#last = now
    }, SAMPLE).unref()
  }

  emit(roomId: RoomId, events: Envelope[]): void {
    const held = this.#held.get(roomId)
    if (held) held.push(...events)
    else if (this.#pause < 1) this.#send(roomId, events)
    else {
      this.#held.set(roomId, [...events])
      this.#timer ??= setTimeout(() => this.flush(), this.#pause)
    }
  }

  /** Drops what is held back for a room. */
  forget(roomId: RoomId): void {
    this.#held.delete(roomId)
  }

  /** Sends all that is held back. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const held = [...this.#held]
    this.#held.clear()
    for (const [roomId, events] of held) this.#send(roomId, events)
  }

  close(): void {
    clearInterval(this.#sampler)
    this.flush()
  }
}

const busyShare = (now: EventLoopUtilization, last: EventLoopUtilization) => performance.eventLoopUtilization(now, last).utilization

/** In ms: none up to half of the time, then rising evenly. */
const pauseAt = (busy: number): number => Math.max(0, ((busy - BUSY) / (1 - BUSY)) * LONGEST)
