import type { Place } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { CommandId, RoomId } from '../contract/ids.ts'
import { isText, MESSAGE_MAX } from '../contract/text.ts'
import { newId } from '../contract/uuid.ts'
import { isRetryable, unanswered } from './errors.ts'
import { Listeners } from './listeners.ts'
import * as out from './outbox.ts'
import { Pauses } from './pauses.ts'
import type { Room, RoomHost } from './room.ts'
import * as rooms from './room-store.ts'
import { type RoomView, viewOf } from './room-view.ts'

type Settle<T> = { resolve(value: T): void; reject(reason: unknown): void }

const PAGE = 500
const REFETCHES = 5

/** A caller that looks away is no crash (an unhandled rejection ends Node); one that waits hears of it. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
const refused = (reason: ParleyError): Promise<never> => heard(Promise.reject(reason))

/** The shell of the store and the outbox of one room: it asks, and they say what the answers mean. */
export class RoomClient implements Room {
  readonly id: RoomId
  readonly #host: RoomHost
  readonly #listeners: Listeners
  readonly #pauses = new Pauses()
  readonly #sends = new Map<CommandId, Settle<Place>>()
  #joins: Settle<Room>[] = []
  #store: rooms.RoomStore
  #outbox: out.Outbox = []
  #view: RoomView | null = null
  #shown: Parameters<typeof viewOf>[3] = new WeakMap()
  #online = false
  #wanted = false
  #left = false
  /** Why it takes nothing more; `final` where no new join can change that. */
  #over: ParleyError | null = null
  #final = false
  /** Rises with each connection won or lost: a loop of an older one stops at its next step. */
  #run = 0
  #entering: Promise<void> = Promise.resolve()
  #catchingUp = -1
  #sending = -1
  #paging: Promise<boolean> | null = null

  constructor(id: RoomId, host: RoomHost) {
    this.id = id
    this.#host = host
    this.#listeners = new Listeners(host.onError)
    this.#store = rooms.newStore(host.limits)
  }

  get state(): RoomView {
    this.#view ??= viewOf(this.#store, this.#outbox, this.#left, this.#shown)
    return this.#view
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  join(): Promise<Room> {
    if (this.#store.stage === 'removed' && !this.#final) this.#startOver()
    if (this.#over) return refused(this.#over)
    if (rooms.isLive(this.#store)) return Promise.resolve(this)
    const live = new Promise<Room>((resolve, reject) => this.#joins.push({ resolve, reject }))
    if (!this.#wanted) {
      this.#wanted = true
      if (this.#online) this.online()
    }
    return heard(live)
  }

  send(text: string): Promise<Place> {
    if (this.#over) return refused(this.#over)
    if (typeof text !== 'string' || text.length > MESSAGE_MAX || !isText(text)) {
      return refused(new ParleyError('request.invalid', `A message is text of 1 to ${MESSAGE_MAX} characters`))
    }
    const say = { commandId: newId<CommandId>(), text, at: new Date().toISOString() }
    const outbox = out.queued(this.#outbox, this.#host.maxPending, say, this.#store.me?.key ?? null)
    if (!outbox) return refused(new ParleyError('client.queueFull', 'Too many messages wait to be sent'))
    const placed = new Promise<Place>((resolve, reject) => this.#sends.set(say.commandId, { resolve, reject }))
    this.#update(this.#store, outbox)
    void this.#sendAll()
    return heard(placed)
  }

  loadOlder(limit = 50): Promise<boolean> {
    this.#paging ??= this.#loadOlder(limit).finally(() => {
      this.#paging = null
    })
    return heard(this.#paging)
  }

  async leave(): Promise<void> {
    if (this.#left) return
    const { id } = this
    const known = this.#online && this.#wanted
    this.#left = true
    this.stop(new ParleyError('client.closed', 'The room was left'))
    // A join that is still under way could otherwise arrive after the leave.
    const done = this.#entering.then(() => (known ? this.#host.command('room.leave', { roomId: id }) : undefined)).catch(() => {})
    this.#host.left(id, done)
    await done
  }

  /** The connection is there. */
  online(): void {
    this.#online = true
    const run = ++this.#run
    if (this.#wanted) this.#entering = this.#host.quiet(this.id).then(() => this.#enter(run))
  }

  /** The connection is gone. */
  offline(): void {
    this.#online = false
    this.#run++
    this.#pauses.end()
    this.#update(rooms.detached(this.#store), out.interrupted(this.#outbox))
  }

  /** Every event of this room that comes in, in whatever order. */
  receive(events: readonly Envelope[]): void {
    if (this.#wanted) this.#update(rooms.received(this.#store, events))
  }

  /** The hub says that we are in this room no longer. */
  closed(): void {
    if (this.#wanted) this.#end(new ParleyError('resource.notFound', 'You are no longer in this room'))
  }

  /** Nothing more will come: whatever is open is settled with this reason. */
  stop(reason: ParleyError): void {
    this.#final = true
    this.#finish(reason)
  }

  #finish(reason: ParleyError): void {
    this.#over = reason
    this.#wanted = false
    this.#run++
    this.#pauses.end()
    for (const waiting of [...this.#joins, ...this.#sends.values()]) waiting.reject(reason)
    this.#joins = []
    this.#sends.clear()
    this.#update(rooms.detached(this.#store), [])
  }

  /** The room has ended for us, while the client goes on. */
  #end(reason: ParleyError): void {
    this.#store = { ...this.#store, stage: reason.code === 'log.forked' ? 'forked' : 'removed' }
    this.#finish(reason)
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
        await this.#pauses.pause(this.#host.backoff(failed))
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
    this.#update(store, out.identified(this.#outbox, reply.me.key))
    void this.#sendAll()
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
        this.#update(rooms.synced(this.#store, page))
        failed = this.#store.room.rev > after ? 0 : failed + 1
      } catch (error) {
        if (run !== this.#run) return
        if (!this.#mayRepeat(error)) return this.#end(error as ParleyError)
        failed++
      }
      if (failed > 0) await this.#pauses.pause(this.#host.backoff(failed - 1))
    }
    if (this.#catchingUp === run) this.#catchingUp = -1
  }

  /** Sends what is queued, one after the other. What may have arrived goes again under its own command id. */
  async #sendAll(): Promise<void> {
    const run = this.#run
    if (this.#sending === run || this.#store.stage !== 'attached') return
    this.#sending = run
    let failed = 0
    for (let send = out.nextToSend(this.#outbox); send; send = run === this.#run ? out.nextToSend(this.#outbox) : undefined) {
      const { commandId, text } = send
      this.#update(this.#store, out.sending(this.#outbox, commandId))
      try {
        const place = await this.#host.command('chat.send', { commandId, roomId: this.id, text })
        this.#acknowledged(commandId, place)
        failed = 0
      } catch (error) {
        if (run !== this.#run) return
        if (isRetryable(error)) await this.#pauses.pause(this.#host.backoff(failed++))
        else this.#refused(commandId, error)
      }
    }
    if (this.#sending === run) this.#sending = -1
  }

  #acknowledged(commandId: CommandId, place: Place): void {
    this.#sends.get(commandId)?.resolve(place)
    this.#sends.delete(commandId)
    this.#update(this.#store, out.acknowledged(this.#outbox, commandId, place))
  }

  #refused(commandId: CommandId, reason: unknown): void {
    this.#sends.get(commandId)?.reject(reason)
    this.#sends.delete(commandId)
    this.#update(this.#store, out.without(this.#outbox, commandId))
  }

  async #loadOlder(limit: number): Promise<boolean> {
    for (let fetched = 0; fetched < REFETCHES; fetched++) {
      if (this.#over) throw this.#over
      if (!this.#store.room.more) return false
      const before = rooms.oldest(this.#store)
      const page = await this.#host.page(this.id, before, limit)
      if (this.#over) throw this.#over
      const store = rooms.withPage(this.#store, before, page)
      if (!store) continue
      this.#update(store)
      return store.room.more
    }
    throw unanswered()
  }

  /** Reading again harms nothing, so it also outlasts what the hub did not foresee. */
  #mayRepeat(error: unknown): boolean {
    if (!(error instanceof ParleyError)) this.#host.onError(error)
    return !(error instanceof ParleyError) || error.retryable || error.code === 'server.failed'
  }

  /** The one place where anything changes: settles the sends that the room now shows, and tells who listens. */
  #update(store: rooms.RoomStore, outbox: out.Outbox = this.#outbox): void {
    const { outbox: open, places } = out.settled(outbox, store.room)
    this.#store = store
    this.#outbox = open
    this.#view = null
    for (const [commandId, place] of places) {
      this.#sends.get(commandId)?.resolve(place)
      this.#sends.delete(commandId)
    }
    if (rooms.isLive(store)) for (const join of this.#joins.splice(0)) join.resolve(this)
    if (rooms.isBehind(store)) void this.#catchUp()
    this.#listeners.notify()
  }
}
