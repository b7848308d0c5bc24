import { type Envelope, type RoomId, SMALL_ROOM, type UserId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'
import { factsAfter, type Insider, type RoomFacts } from './room-facts.ts'
import { Sequencer } from './sequencer.ts'
import type { AppSocket } from './socket.ts'

/** What a gate needs of the house; a test gives it others. */
export type GatePorts = {
  /** Events after a seq, with the room's access version, no older than they are. */
  read(roomId: RoomId, after: number, limit: number): Promise<Omit<Committed, 'streamId'>>
  /** The room's access version now, and what those of these people are who are members by it. */
  membersAmong(roomId: RoomId, users: readonly UserId[]): Promise<{ accessVersion: number; members: ReadonlyMap<UserId, Insider> }>
  /** Sends to the gate's sockets on this node, all at once. */
  emit(roomId: RoomId, events: Envelope[]): void
  /** A socket came in, or was checked again and may be somebody else by now. */
  entered(roomId: RoomId, socket: AppSocket, insider: Insider): void
  /** A socket goes; it is still in the gate. */
  leaving(roomId: RoomId, socket: AppSocket): void
  /** The room has become small, or is no longer. */
  resized(roomId: RoomId): void
  /** Nobody here is in this room any more: what was to be sent to it must not reach who comes next. */
  forget(roomId: RoomId): void
  failed(error: unknown): void
}

/**
 * The one place in a node where a room's events become frames to its sockets: strictly by seq, without a hole, and never to
 * somebody whose access was not checked at least as late as the event. Each socket carries the access version it was checked
 * at; an event committed under a later one waits until the database has said who is still a member.
 */
export class Gate {
  readonly roomId: RoomId
  readonly #ports: GatePorts
  readonly #sequencer: Sequencer
  readonly #checkedAt = new Map<AppSocket, number>()
  readonly #insiders = new Map<AppSocket, Insider>()
  #facts: RoomFacts
  /** No version in `#checkedAt` is lower. */
  #checked = Number.POSITIVE_INFINITY
  #closed = false
  /** What every socket must have been checked at before the next event goes out. */
  #required = 0

  /** Has delivered everything up to what the facts know. */
  constructor(roomId: RoomId, facts: RoomFacts, ports: GatePorts) {
    this.roomId = roomId
    this.#ports = ports
    this.#facts = facts
    this.#sequencer = new Sequencer(facts.asOf, {
      read: async (after, limit) => {
        const { accessVersion, events } = await ports.read(roomId, after, limit)
        this.#require(accessVersion)
        return events
      },
      deliver: (events) => this.#deliver(events),
      failed: ports.failed,
    })
  }

  get isEmpty(): boolean {
    return this.#checkedAt.size === 0
  }

  /** How many sockets are in. */
  get size(): number {
    return this.#checkedAt.size
  }

  /** As of the last event delivered, or of the last socket let in. */
  get facts(): RoomFacts {
    return this.#facts
  }

  /** Few enough members that each may know of the others by name. */
  get isSmall(): boolean {
    return this.#facts.toldMembers <= SMALL_ROOM
  }

  /** What the socket's person is in the room; undefined for a socket that is not in. */
  insider(socket: AppSocket): Insider | undefined {
    return this.#insiders.get(socket)
  }

  /** Lets a socket in whose access was checked at this version. False if that is out of date: check again. */
  admit(socket: AppSocket, accessVersion: number, insider: Insider): boolean {
    if (accessVersion < this.#required || !socket.connected) return false
    this.#checked = Math.min(this.#checked, accessVersion)
    this.#enter(socket, accessVersion, insider)
    void socket.join(this.roomId)
    return true
  }

  leave(socket: AppSocket): void {
    if (!this.#checkedAt.has(socket)) return
    this.#ports.leaving(this.roomId, socket)
    this.#checkedAt.delete(socket)
    this.#insiders.delete(socket)
    void socket.leave(this.roomId)
  }

  /** The room as somebody read it who came in; older than what is known it changes nothing. */
  learn(facts: RoomFacts): void {
    const wasSmall = this.isSmall
    if (facts.asOf >= this.#facts.asOf) this.#facts = facts
    if (this.isSmall !== wasSmall) this.#ports.resized(this.roomId)
  }

  /** What was committed, here or elsewhere; in any order, any number of times. */
  offer({ accessVersion, events }: Omit<Committed, 'streamId'>): void {
    this.#require(accessVersion)
    this.#sequencer.offer(events)
  }

  reach(seq: number): void {
    this.#sequencer.reach(seq)
  }

  /** Somebody's membership ended in a way that the room's own events do not tell. */
  async recheck(): Promise<void> {
    await this.#check([...this.#checkedAt.keys()])
  }

  /** Whoever opens the room after this has a gate of their own, and a check of their own. */
  close(): void {
    this.#closed = true
    this.#sequencer.close()
    this.#ports.forget(this.roomId)
    for (const socket of this.#checkedAt.keys()) void socket.leave(this.roomId)
    this.#checkedAt.clear()
    this.#insiders.clear()
  }

  #enter(socket: AppSocket, accessVersion: number, insider: Insider): void {
    this.#checkedAt.set(socket, accessVersion)
    this.#insiders.set(socket, insider)
    this.#ports.entered(this.roomId, socket, insider)
  }

  #require(accessVersion: number): void {
    if (accessVersion > this.#required) this.#required = accessVersion
  }

  #deliver(events: Envelope[]): Promise<void> | void {
    this.learn(factsAfter(this.#facts, events))
    if (this.#checked < this.#required) return this.#deliverChecked(events)
    this.#ports.emit(this.roomId, events)
  }

  async #deliverChecked(events: Envelope[]): Promise<void> {
    for (;;) {
      const stale = [...this.#checkedAt].flatMap(([socket, version]) => (version < this.#required ? [socket] : []))
      if (stale.length === 0) break
      await this.#check(stale)
    }
    this.#checked = Array.from(this.#checkedAt.values()).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    if (!this.#closed) this.#ports.emit(this.roomId, events)
  }

  /** Until the database answers nobody gets anything: silence is safe, a leak is not. */
  async #check(sockets: readonly AppSocket[]): Promise<void> {
    try {
      const users = [...new Set(sockets.map((socket) => socket.data.session.userId))]
      const required = this.#required
      const { accessVersion, members } = await this.#ports.membersAmong(this.roomId, users)
      // What was asked for was committed before it was asked for, unless somebody made it up.
      if (accessVersion < required && this.#required === required) this.#required = accessVersion
      this.#require(accessVersion)
      for (const socket of sockets) {
        if (!this.#checkedAt.has(socket)) continue // it left meanwhile
        const insider = members.get(socket.data.session.userId)
        if (insider) this.#enter(socket, accessVersion, insider)
        else this.#expel(socket)
      }
    } catch (error) {
      this.#ports.failed(error)
      await new Promise((done) => setTimeout(done, 250))
    }
  }

  #expel(socket: AppSocket): void {
    this.leave(socket)
    socket.emit('room.closed', { roomId: this.roomId })
  }
}
