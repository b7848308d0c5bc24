import type { InboxChange, RoomId, StreamId, UserId } from '../client-sdk/contract/index.ts'

/** At most so often does a person hear that a room has grown, in ms. */
const EVERY = 1_000
/** Of whom a room does not know there can be thousands: a campaign's creators hear of it every so many turns. */
const TURNS = 5

type Ports = {
  /** Whoever spoke has read what they said, before anybody is told of it. */
  before(): Promise<void>
  /** Who is connected to this node. */
  users(): UserId[]
  /** What has become of these rooms for those of these people whom they know, or do not know. */
  inboxOf(rooms: readonly RoomId[], users: readonly UserId[], told: boolean): Promise<Map<UserId, InboxChange[]>>
  tell(userId: UserId, rooms: InboxChange[]): void
  failed(error: unknown): void
}

/**
 * Tells the people of this node what has become of their rooms, whether they have them open or not. One query a second, however
 * many rooms have grown; none where none has.
 */
export class Inbox {
  readonly #ports: Ports
  /** What has grown, for those whom the rooms know, and for the others. */
  readonly #grown = { told: new Set<StreamId>(), untold: new Set<StreamId>() }
  readonly #timer: NodeJS.Timeout
  #turn = 0
  #running = false

  constructor(ports: Ports) {
    this.#ports = ports
    this.#timer = setInterval(() => void this.#flush(), EVERY).unref()
  }

  grew(streamId: StreamId): void {
    this.#grown.told.add(streamId)
    this.#grown.untold.add(streamId)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #flush(): Promise<void> {
    if (this.#running) return
    this.#running = true
    this.#turn++
    await this.#tell(this.#grown.told, true)
    if (this.#turn % TURNS === 0) await this.#tell(this.#grown.untold, false)
    this.#running = false
  }

  async #tell(grown: Set<StreamId>, told: boolean): Promise<void> {
    const [rooms, users] = [[...grown] as RoomId[], this.#ports.users()]
    grown.clear()
    if (rooms.length === 0 || users.length === 0) return
    try {
      await this.#ports.before()
      for (const [userId, changes] of await this.#ports.inboxOf(rooms, users, told)) this.#ports.tell(userId, changes)
    } catch (error) {
      this.#ports.failed(error)
    }
  }
}
