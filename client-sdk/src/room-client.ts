import type { Changed, Place } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { RoomSettings } from '../contract/rooms/schema.ts'
import { isText, MESSAGE_MAX } from '../contract/text.ts'
import { Commands } from './commands.ts'
import { unanswered } from './errors.ts'
import { Listeners } from './listeners.ts'
import type { OrderName, Orders, Target } from './outbox.ts'
import { Pauses } from './pauses.ts'
import { heard, refused, type Settle } from './promises.ts'
import type { MessageRef, Room, RoomHost } from './room.ts'
import * as rooms from './room-store.ts'
import { type RoomView, viewOf } from './room-view.ts'

const PAGE = 500
const REFETCHES = 5

const isMessageText = (text: unknown): boolean => typeof text === 'string' && text.length <= MESSAGE_MAX && isText(text)
const badText = () => new ParleyError('request.invalid', `A message is text of 1 to ${MESSAGE_MAX} characters`)

/** The shell of one room's store: it asks, and the store says what the answers mean. */
export class RoomClient implements Room {
  readonly id: RoomId
  readonly #host: RoomHost
  readonly #listeners: Listeners
  readonly #commands: Commands
  readonly pauses = new Pauses()
  #joins: Settle<Room>[] = []
  store: rooms.RoomStore
  #view: RoomView | null = null
  #shown: Parameters<typeof viewOf>[3] = new WeakMap()
  #online = false
  #wanted = false
  #left = false
  /** Why it takes nothing more; `final` where no new join can change that. */
  #over: ParleyError | null = null
  #final = false
  /** Rises with each connection won or lost: a loop of an older one stops at its next step. */
  run = 0
  #entering: Promise<void> = Promise.resolve()
  #catchingUp = -1
  #paging: Promise<boolean> | null = null

  constructor(id: RoomId, host: RoomHost) {
    this.id = id
    this.#host = host
    this.#listeners = new Listeners(host.onError)
    this.store = rooms.newStore(host.limits)
    this.#commands = new Commands(this, host)
  }

  get state(): RoomView {
    this.#view ??= viewOf(this.store, this.#commands.outbox, this.#left, this.#shown)
    return this.#view
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  join(): Promise<Room> {
    if (this.store.stage === 'removed' && !this.#final) this.#startOver()
    if (this.#over) return refused(this.#over)
    if (rooms.isLive(this.store)) return Promise.resolve(this)
    const live = new Promise<Room>((resolve, reject) => this.#joins.push({ resolve, reject }))
    if (!this.#wanted) {
      this.#wanted = true
      if (this.#online) this.online()
    }
    return heard(live)
  }

  send(text: string, { replyTo }: { replyTo?: MessageRef } = {}): Promise<Place> {
    if (!isMessageText(text)) return refused(badText())
    return replyTo === undefined
      ? this.#order('chat.send', { text })
      : this.#about(replyTo, (seq) => this.#order('chat.send', { text, replyTo: seq }))
  }
  edit(message: MessageRef, text: string): Promise<Changed> {
    return isMessageText(text) ? this.#about(message, (seq) => this.#order('chat.edit', { message: seq, text })) : refused(badText())
  }
  delete(message: MessageRef): Promise<Changed> {
    return this.#about(message, (seq) => this.#order('chat.delete', { message: seq }))
  }
  react(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#about(message, (seq) => this.#order('chat.react', { message: seq, emoji }))
  }
  unreact(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#about(message, (seq) => this.#order('chat.unreact', { message: seq, emoji }))
  }
  pin(message: MessageRef): Promise<Changed> {
    return this.#about(message, (seq) => this.#order('chat.pin', { message: seq }))
  }
  unpin(message: MessageRef): Promise<Changed> {
    return this.#about(message, (seq) => this.#order('chat.unpin', { message: seq }))
  }
  configure(settings: Partial<RoomSettings>): Promise<Changed> {
    return this.#order('room.configure', settings)
  }

  #order<N extends OrderName>(name: N, input: Orders[N]): Promise<Output<N>> {
    return this.#over ? refused(this.#over) : this.#commands.order(name, input)
  }
  #about<T>(message: MessageRef, run: (target: Target) => Promise<T>): Promise<T> {
    const target = this.#commands.targetOf(message)
    return target === null ? refused(new ParleyError('resource.notFound', 'No such message')) : run(target)
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
    const run = ++this.run
    if (this.#wanted) this.#entering = this.#host.quiet(this.id).then(() => this.#enter(run))
  }

  /** The connection is gone. */
  offline(): void {
    this.#online = false
    this.run++
    this.pauses.end()
    this.#commands.interrupted()
    this.#update(rooms.detached(this.store))
  }

  /** Every event of this room that comes in, in whatever order. */
  receive(events: readonly Envelope[]): void {
    if (this.#wanted) this.#update(rooms.received(this.store, events))
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
    this.run++
    this.pauses.end()
    for (const waiting of this.#joins.splice(0)) waiting.reject(reason)
    this.#commands.fail(reason)
    this.#update(rooms.detached(this.store))
  }

  /** The room has ended for us, while the client goes on. */
  #end(reason: ParleyError): void {
    this.store = { ...this.store, stage: reason.code === 'log.forked' ? 'forked' : 'removed' }
    this.#finish(reason)
  }

  #startOver(): void {
    this.#over = null
    this.store = rooms.newStore(this.#host.limits)
  }

  async #enter(run: number): Promise<void> {
    for (let failed = 0; run === this.run; failed++) {
      try {
        return await this.#enterOnce(run)
      } catch (error) {
        if (run !== this.run) return
        if (!this.#mayRepeat(error)) return this.#end(error as ParleyError)
        await this.pauses.pause(this.#host.backoff(failed))
      }
    }
  }

  async #enterOnce(run: number): Promise<void> {
    const { checkpoints, command } = this.#host
    const known = await checkpoints.known(this.id)
    if (run !== this.run) return
    const { rev } = this.store.room
    const since = { ...(rev > 0 && { after: rev }), ...(known && { known: known.seq }) }
    const reply = await command('room.join', { roomId: this.id, ...since })
    await checkpoints.judge(this.id, known, reply)
    if (run !== this.run) return
    const store = rooms.joined(this.store, reply)
    if (store.stage === 'forked') throw new ParleyError('log.forked', 'The room has lost events that were seen before')
    this.#commands.identified(reply.me.key)
    this.#update(store)
    void this.#commands.run()
  }

  /** Asks for what is missing, a page after the other, until nothing is. */
  async #catchUp(): Promise<void> {
    const run = this.run
    if (this.#catchingUp === run) return
    this.#catchingUp = run
    for (let failed = 0; run === this.run && rooms.isBehind(this.store); ) {
      try {
        const after = this.store.room.rev
        const page = await this.#host.command('room.sync', { roomId: this.id, after, limit: PAGE })
        if (run !== this.run) return
        this.#update(rooms.synced(this.store, page))
        failed = this.store.room.rev > after ? 0 : failed + 1
      } catch (error) {
        if (run !== this.run) return
        if (!this.#mayRepeat(error)) return this.#end(error as ParleyError)
        failed++
      }
      if (failed > 0) await this.pauses.pause(this.#host.backoff(failed - 1))
    }
    if (this.#catchingUp === run) this.#catchingUp = -1
  }

  async #loadOlder(limit: number): Promise<boolean> {
    for (let fetched = 0; fetched < REFETCHES; fetched++) {
      if (this.#over) throw this.#over
      if (!this.store.room.more) return false
      const before = rooms.oldest(this.store)
      const page = await this.#host.page(this.id, before, limit)
      if (this.#over) throw this.#over
      const store = rooms.withPage(this.store, before, page)
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

  /** Something that is shown has changed. */
  changed(): void {
    this.#view = null
    this.#listeners.notify()
  }

  /** The one place where the store changes: settles the commands that the room now shows, and tells who listens. */
  #update(store: rooms.RoomStore): void {
    this.store = store
    this.#commands.settle(store)
    if (rooms.isLive(store)) for (const join of this.#joins.splice(0)) join.resolve(this)
    if (rooms.isBehind(store)) void this.#catchUp()
    this.changed()
  }
}
