import type { Pool } from 'pg'
import type { RoomId, UserId } from '../../client-sdk/contract/index.ts'
import { beat, type Changes, forgetRooms, type NodeId, type Open, registerNode } from '../../persistence/presence.ts'
import { openOf } from './elsewhere.ts'
import type { Here } from './here.ts'

/** Rooms, and people, in a call. */
const MOST = 1_000
/** How long a room that nobody here has open is kept for the other nodes to read so, in ms. See `reader.ts`. */
const KEPT = 60_000
const NOBODY: Open = { active: '', away: '' }
/** Whether it was written is unknown: like nothing that there can be, so it is written again. */
const UNCERTAIN: Open = { active: '?', away: '?' }

/** Writes what has changed on this node. What came back to what it was is not written at all. */
export class Writer {
  readonly #pool: Pool
  readonly #node: NodeId
  readonly #here: Here<object>
  readonly #rooms = new Set<RoomId>()
  readonly #people = new Set<UserId>()
  /** What the database has of this node's rooms. */
  readonly #written = new Map<RoomId, Open>()
  /** Those of them without anybody, and since when, by this process's clock; the oldest first. */
  readonly #empty = new Map<RoomId, number>()
  #isKnown = false
  #beats = 0
  readonly #now: () => number

  /** `now` in ms, never going back. */
  constructor(pool: Pool, node: NodeId, here: Here<object>, now = () => performance.now()) {
    this.#pool = pool
    this.#node = node
    this.#here = here
    this.#now = now
  }

  room(roomId: RoomId): void {
    this.#rooms.add(roomId)
  }

  person(userId: UserId): void {
    this.#people.add(userId)
  }

  /** Beats, and writes all that has changed. Returns the rooms that were written. */
  async write(): Promise<RoomId[]> {
    const all: RoomId[] = []
    let [isMore, isNew] = [true, false]
    while (isMore || !this.#isKnown) {
      if (!this.#isKnown && isNew) throw new Error('The database forgets this node as soon as it is told of it')
      if (!this.#isKnown) await this.#register()
      isNew ||= !this.#isKnown
      const changes = this.#take()
      isMore = this.#rooms.size > 0 || this.#people.size > 0 // what comes from now on is for the next time
      try {
        this.#isKnown = await beat(this.#pool, this.#node, changes)
      } catch (error) {
        this.#putBack(changes)
        for (const { roomId } of changes.rooms) this.#written.set(roomId, UNCERTAIN)
        throw error
      }
      if (this.#isKnown) all.push(...this.#confirm(changes))
      else this.#putBack(changes)
    }
    await this.#forget()
    return all
  }

  /** The database knows nothing of this node, so all of it is to be written. */
  async #register(): Promise<void> {
    await registerNode(this.#pool, this.#node)
    this.#written.clear()
    this.#empty.clear()
    for (const roomId of this.#here.rooms()) this.#rooms.add(roomId)
    for (const userId of this.#here.people()) this.#people.add(userId)
  }

  #take(): Changes {
    const rooms = take(this.#rooms, MOST).map((roomId) => ({ roomId, ...openOf(this.#here.in(roomId)) }))
    const people = take(this.#people, MOST).map((userId) => ({ userId, connected: this.#here.connected(userId) }))
    return {
      beat: ++this.#beats,
      rooms: rooms.filter((room) => !isSame(room, this.#written.get(room.roomId) ?? NOBODY)),
      online: people.flatMap(({ connected }) => connected ?? []),
      gone: people.flatMap(({ userId, connected }) => (connected ? [] : [userId])),
    }
  }

  #putBack({ rooms, online, gone }: Changes): void {
    for (const { roomId } of rooms) this.#rooms.add(roomId)
    for (const userId of [...online.map((one) => one.userId), ...gone]) this.#people.add(userId)
  }

  #confirm({ rooms }: Changes): RoomId[] {
    for (const { roomId, active, away } of rooms) {
      this.#written.set(roomId, { active, away })
      this.#empty.delete(roomId)
      if (isSame({ active, away }, NOBODY)) this.#empty.set(roomId, this.#now())
    }
    return rooms.map(({ roomId }) => roomId)
  }

  async #forget(): Promise<void> {
    const old: RoomId[] = []
    for (const [roomId, since] of this.#empty) {
      if (this.#now() - since < KEPT || old.length === MOST) break
      old.push(roomId)
    }
    if (old.length === 0) return
    await forgetRooms(this.#pool, this.#node, old)
    for (const roomId of old) {
      this.#empty.delete(roomId)
      this.#written.delete(roomId)
    }
  }
}

const isSame = (a: Open, b: Open) => a.active === b.active && a.away === b.away

function take<T>(set: Set<T>, most: number): T[] {
  const some = [...set].slice(0, most)
  for (const one of some) set.delete(one)
  return some
}
