import type { ActorKey } from '../contract/ids.ts'
import type { ReadMark } from '../contract/whispers.ts'
import type { Attendance } from './attendance.ts'
import { isRetryable } from './errors.ts'
import type { RoomHost } from './room.ts'
import type { RoomStore } from './room-store.ts'

/** Read marks are told at most so often, in ms. */
const PACE = 500

export type Reads = Readonly<Record<ActorKey, number>>
/** How far the members of a room have read, and how far we have: that never goes back, and is told until the hub has heard it. */
export class Reading {
  readonly #room: Attendance
  readonly #host: RoomHost
  readonly #changed: () => void
  #reads: Reads = {}
  #mine = 0
  /** What the hub is known to know. */
  #told = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #telling = false
  #failed = 0

  constructor(room: Attendance, host: RoomHost, changed: () => void) {
    this.#room = room
    this.#host = host
    this.#changed = changed
  }

  /** Of the members whose marks the room tells, ours as we have made it. */
  get reads(): Reads {
    return this.#reads
  }
  get mine(): number {
    return this.#mine
  }

  hear(marks: readonly ReadMark[], me = this.#room.store.me?.key): void {
    const later = marks.filter(({ member, seq }) => seq > (this.#reads[member] ?? -1))
    if (later.length > 0) this.#reads = { ...this.#reads, ...Object.fromEntries(later.map(({ member, seq }) => [member, seq])) }
    for (const { member, seq } of later) if (member === me) this.known(seq)
    if (later.length > 0) this.#changed()
  }

  /** The hub says how far we have read, on this device or another. */
  known(seq: number): void {
    this.#told = Math.max(this.#told, seq)
    if (seq <= this.#mine) return
    this.#mine = seq
    this.#changed()
  }

  mark(seq = this.#room.store.room.rev): void {
    if (seq <= this.#mine) return
    this.#mine = seq
    const me = this.#room.store.me?.key
    if (me && me in this.#reads) this.#reads = { ...this.#reads, [me]: seq }
    this.#host.inbox.marked(this.#room.id, seq, null)
    this.#changed()
    this.tell()
  }

  /** What we say ourselves is read, if all before it was. */
  saidByMe({ me, room, news }: RoomStore): void {
    const last = news.findLast(({ type, actor }) => type === 'chat.messageSent' && actor === me?.key)
    if (!last || last.seq <= this.#mine) return
    const isWhole = !room.more || (room.messages[0]?.seq ?? Number.POSITIVE_INFINITY) <= this.#mine + 1
    if (isWhole && room.messages.every(({ seq, author }) => seq <= this.#mine || seq > last.seq || author === me?.key)) this.mark(last.seq)
  }

  /** At once, or as soon as it may be; what was lost goes again once the room is joined again. */
  tell(): void {
    if (this.#timer === undefined && !this.#telling) void this.#tell()
  }

  async #tell(): Promise<void> {
    const { id, reachable } = this.#room
    const seq = this.#mine
    if (seq <= this.#told || !reachable) return
    this.#telling = true
    try {
      const unread = await this.#host.command('room.read', { roomId: id, seq })
      this.known(Math.max(seq, unread.read))
      this.#failed = 0
      this.#host.inbox.marked(id, seq, unread)
    } catch (error) {
      if (isRetryable(error)) this.#failed++
      else this.#told = seq
    }
    this.#telling = false
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        void this.#tell()
      },
      PACE + (this.#failed && this.#host.backoff(this.#failed)),
    )
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
