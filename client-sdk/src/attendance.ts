import { ParleyError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { RoomId } from '../contract/ids.ts'
import type { Joined } from '../contract/rooms/schema.ts'
import { isStranger } from './errors.ts'
import { Pauses } from './pauses.ts'
import { heard, refused, type Settle } from './promises.ts'
import type { RoomHost } from './room.ts'
import * as rooms from './room-store.ts'

const PAGE = 500

/** What the rest of a room makes of it. */
export type AttendanceEvents = {
  /** The hub has let us in, and `store` is about to say so. */
  entered(joined: Joined): void
  /** After each change of the store. */
  updated(store: rooms.RoomStore): void
  /** The connection is gone, and `store` is about to say so. */
  detached(): void
  /** Nothing more will come of what is open, and `store` is about to say so. `givenUp`: nor at a later visit. */
  ended(reason: ParleyError, givenUp: boolean): void
}

/** Being in one room: the shell of its store, which joins, stays, catches up and leaves. The store says what the answers mean. */
export class Attendance {
  readonly id: RoomId
  readonly pauses = new Pauses()
  readonly #host: RoomHost
  readonly #on: AttendanceEvents
  #joins: Settle<void>[] = []
  #store: rooms.RoomStore
  #online = false
  #wanted = false
  #left = false
  #over: ParleyError | null = null
  /** No new join can change that it is over. */
  #final = false
  #run = 0
  #entering: Promise<void> = Promise.resolve()
  #catchingUp = -1
  #ready: Promise<unknown> = Promise.resolve()

  constructor(id: RoomId, host: RoomHost, on: AttendanceEvents) {
    this.id = id
    this.#host = host
    this.#on = on
    this.#store = rooms.newStore(host.limits)
  }

  get store(): rooms.RoomStore {
    return this.#store
  }
  get left(): boolean {
    return this.#left
  }
  get wanted(): boolean {
    return this.#wanted
  }
  /** What needs no join can be told to the hub; of a room that is to be joined, once it is. */
  get reachable(): boolean {
    return this.#online && !this.#over && (!this.#wanted || this.#store.stage === 'attached')
  }
  /** Why it takes nothing more. */
  get over(): ParleyError | null {
    return this.#over
  }
  /** Rises with each connection won or lost: a loop of an older one stops at its next step. */
  get run(): number {
    return this.#run
  }

  /** No join before this, so that it says from where on; it never rejects. */
  holdUntil(ready: Promise<unknown>): void {
    this.#ready = ready
  }

  /** What is known from an earlier visit, unless the hub was first. */
  recall(store: rooms.RoomStore): void {
    if (this.#store.stage === 'new' && !this.#over) this.update(store)
  }

  join(): Promise<void> {
    if (this.#store.stage === 'removed' && !this.#final) this.#startOver()
    if (this.#over) return refused(this.#over)
    if (rooms.isLive(this.#store)) return Promise.resolve()
    const live = new Promise<void>((resolve, reject) => this.#joins.push({ resolve, reject }))
    this.want()
    return heard(live)
  }

  /** As `join()`, where nobody asks how it went. */
  want(): void {
    if (this.#wanted || this.#over) return
    this.#wanted = true
    if (this.#online) this.online()
  }

  async leave(): Promise<void> {
    if (this.#left) return
    const { id } = this
    const known = this.#online && this.#wanted
    this.#left = true
    this.#final = true
    this.#finish(new ParleyError('client.closed', 'The room was left'), true)
    // A join that is still under way could otherwise arrive after the leave.
    const done = this.#entering.then(() => (known ? this.#host.command('room.leave', { roomId: id }) : undefined)).catch(() => {})
    this.#host.left(id, done)
    await done
  }

  /** The connection is there. */
  online(): void {
    this.#online = true
    const run = ++this.#run
    this.#tellWaiting()
    if (this.#wanted) this.#entering = Promise.all([this.#host.quiet(this.id), this.#ready]).then(() => this.#enter(run))
  }

  /** The connection is gone. */
  offline(): void {
    this.#online = false
    this.#run++
    this.pauses.end()
    this.#on.detached()
    this.update(rooms.detached(this.#store))
  }

  /** Every event of this room that comes in, in whatever order. */
  receive(events: readonly Envelope[]): void {
    if (this.#wanted) this.update(rooms.received(this.#store, events))
  }

  /** The hub says that we are in this room no longer. */
  closed(): void {
    if (this.#wanted) this.#end(new ParleyError('resource.notFound', 'You are no longer in this room'))
  }

  /** Nothing more will come: whatever is open is settled with this reason. */
  stop(reason: ParleyError): void {
    this.#final = true
    if (isStranger(reason)) this.#store = rooms.newStore(this.#host.limits)
    this.#finish(reason, false)
  }

  /** The one place where the store changes. */
  update(store: rooms.RoomStore): void {
    this.#store = store
    if (rooms.isBehind(store)) void this.#catchUp()
    this.#on.updated(store)
    this.#tellWaiting()
    if (rooms.isLive(store)) for (const join of this.#joins.splice(0)) join.resolve()
  }

  #tellWaiting(): void {
    this.#host.waits(this.id, this.#online && this.#wanted && !rooms.isLive(this.#store))
  }

  #finish(reason: ParleyError, givenUp: boolean): void {
    this.#over = reason
    this.#wanted = false
    this.#run++
    this.pauses.end()
    for (const join of this.#joins.splice(0)) join.reject(reason)
    this.#on.ended(reason, givenUp)
    this.update(rooms.detached(this.#store))
  }

  /** The room has ended for us, while the client goes on. */
  #end(reason: ParleyError): void {
    this.#store = { ...this.#store, stage: reason.code === 'log.forked' ? 'forked' : 'removed' }
    this.#finish(reason, reason.code !== 'log.forked')
  }

  #startOver(): void {
    this.#over = null
    this.#store = rooms.newStore(this.#host.limits)
  }

  async #enter(run: number): Promise<void> {
    for (let failed = 0; run === this.#run; failed++) {
      try {
        return await this.#enterOnce(run)
      } catch (error) {
        if (run !== this.#run) return
        if (!this.#mayRepeat(error)) return this.#end(error as ParleyError)
        await this.pauses.pause(this.#host.backoff(failed))
      }
    }
  }

  async #enterOnce(run: number): Promise<void> {
    const { checkpoints, command } = this.#host
    const known = await checkpoints.known(this.id)
    if (run !== this.#run) return
    const { rev } = this.#store.room
    const since = { ...(rev > 0 && { after: rev }), ...(known && { known: known.seq }) }
    const reply = await command('room.join', { roomId: this.id, ...since })
    await checkpoints.judge(this.id, known, reply)
    if (run !== this.#run) return
    const store = rooms.joined(this.#store, reply)
    if (store.stage === 'forked') throw new ParleyError('log.forked', 'The room has lost events that were seen before')
    this.#on.entered(reply)
    this.update(store)
  }

  /** Asks for what is missing, a page after the other, until nothing is. */
  async #catchUp(): Promise<void> {
    const run = this.#run
    if (this.#catchingUp === run) return
    this.#catchingUp = run
    for (let failed = 0; run === this.#run && rooms.isBehind(this.#store); ) {
      try {
        const after = this.#store.room.rev
        const page = await this.#host.command('room.sync', { roomId: this.id, after, limit: PAGE })
        if (run !== this.#run) return
        this.update(rooms.synced(this.#store, page))
        failed = this.#store.room.rev > after ? 0 : failed + 1
      } catch (error) {
        if (run !== this.#run) return
        if (!this.#mayRepeat(error)) return this.#end(error as ParleyError)
        failed++
      }
      if (failed > 0) await this.pauses.pause(this.#host.backoff(failed - 1))
    }
    if (this.#catchingUp === run) this.#catchingUp = -1
  }

  /** Reading again harms nothing, so it also outlasts what the hub did not foresee. */
  #mayRepeat(error: unknown): boolean {
    if (!(error instanceof ParleyError)) this.#host.onError(error)
    return !(error instanceof ParleyError) || error.retryable || error.code === 'server.failed'
  }
}
