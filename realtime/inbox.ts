import { type InboxChange, type RoomId, SMALL_ROOM, type StreamId, type UserId } from '../client-sdk/contract/index.ts'

/** At most so often does a person hear that a room has grown, in ms. */
const EVERY = 1_000

type Ports = {
  /** Whoever spoke has read what they said, before anybody is told of it. */
  before(): Promise<void>
  /** Who is connected to this node. */
  users(): UserId[]
  /** What has become of these rooms for those of these people who are in them; big rooms are left out. */
  inboxOf(rooms: readonly RoomId[], users: readonly UserId[], most: number): Promise<Map<UserId, InboxChange[]>>
  tell(userId: UserId, rooms: InboxChange[]): void
  failed(error: unknown): void
}

/**
 * Tells the people of this node what has become of their rooms, whether they have them open or not. One query a second, however
 * many rooms have grown; none where none has.
 */
export class Inbox {
  readonly #ports: Ports
  #grown = new Set<StreamId>()
  readonly #timer: NodeJS.Timeout
  #running = false

  constructor(ports: Ports) {
    this.#ports = ports
    this.#timer = setInterval(() => void this.#flush(), EVERY).unref()
  }

  grew(streamId: StreamId): void {
    this.#grown.add(streamId)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #flush(): Promise<void> {
    const users = this.#ports.users()
    const grown = this.#grown
    if (this.#running || grown.size === 0) return
    this.#grown = new Set()
    if (users.length === 0) return
    this.#running = true
    try {
      await this.#ports.before()
      const changes = await this.#ports.inboxOf([...grown] as RoomId[], users, SMALL_ROOM)
      for (const [userId, rooms] of changes) this.#ports.tell(userId, rooms)
    } catch (error) {
      this.#ports.failed(error)
    }
    this.#running = false
  }
}
