import type { Changed, Place } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { RoomSettings } from '../contract/rooms/schema.ts'
import { isText, MESSAGE_MAX } from '../contract/text.ts'
import { Attendance } from './attendance.ts'
import { Commands } from './commands.ts'
import { unanswered } from './errors.ts'
import { Listeners } from './listeners.ts'
import type { OrderName, Orders, Target } from './outbox.ts'
import { heard, refused } from './promises.ts'
import type { MessageRef, Room, RoomHost } from './room.ts'
import * as rooms from './room-store.ts'
import { type RoomView, viewOf } from './room-view.ts'

const REFETCHES = 5

const isMessageText = (text: unknown): boolean => typeof text === 'string' && text.length <= MESSAGE_MAX && isText(text)
const badText = () => new ParleyError('request.invalid', `A message is text of 1 to ${MESSAGE_MAX} characters`)

/** One room, put together: what an app sees and does. */
export class RoomClient implements Room {
  readonly id: RoomId
  readonly attendance: Attendance
  readonly #host: RoomHost
  readonly #listeners: Listeners
  readonly #commands: Commands
  #view: RoomView | null = null
  readonly #shown: Parameters<typeof viewOf>[3] = new WeakMap()
  #paging: Promise<boolean> | null = null

  constructor(id: RoomId, host: RoomHost) {
    this.id = id
    this.#host = host
    this.#listeners = new Listeners(host.onError)
    this.attendance = new Attendance(id, host, {
      entered: ({ me }) => this.#commands.identified(me.key),
      updated: (store) => {
        this.#commands.settle(store)
        this.#changed()
        void this.#commands.run()
      },
      detached: () => this.#commands.interrupted(),
      ended: (reason) => this.#commands.fail(reason),
    })
    this.#commands = new Commands(this.attendance, host, () => this.#changed())
  }

  get state(): RoomView {
    this.#view ??= viewOf(this.attendance.store, this.#commands.outbox, this.attendance.left, this.#shown)
    return this.#view
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  join(): Promise<Room> {
    return heard(this.attendance.join().then(() => this))
  }
  leave(): Promise<void> {
    return this.attendance.leave()
  }

  send(text: string, { replyTo }: { replyTo?: MessageRef } = {}): Promise<Place> {
    if (!isMessageText(text)) return refused(badText())
    if (replyTo === undefined) return this.#order('chat.send', { text })
    return this.#about(replyTo, (message) => this.#order('chat.send', { text, replyTo: message }))
  }
  edit(message: MessageRef, text: string): Promise<Changed> {
    return isMessageText(text) ? this.#change('chat.edit', message, { text }) : refused(badText())
  }
  delete(message: MessageRef): Promise<Changed> {
    return this.#change('chat.delete', message)
  }
  react(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#change('chat.react', message, { emoji })
  }
  unreact(message: MessageRef, emoji: string): Promise<Changed> {
    return this.#change('chat.unreact', message, { emoji })
  }
  pin(message: MessageRef): Promise<Changed> {
    return this.#change('chat.pin', message)
  }
  unpin(message: MessageRef): Promise<Changed> {
    return this.#change('chat.unpin', message)
  }
  configure(settings: Partial<RoomSettings>): Promise<Changed> {
    return this.#order('room.configure', settings)
  }

  loadOlder(limit = 50): Promise<boolean> {
    this.#paging ??= this.#loadOlder(limit).finally(() => {
      this.#paging = null
    })
    return heard(this.#paging)
  }

  #change(name: Exclude<OrderName, 'chat.send' | 'room.configure'>, message: MessageRef, more: object = {}): Promise<Changed> {
    return this.#about(message, (target) => this.#order(name, { message: target, ...more } as Orders[typeof name]))
  }
  #about<T>(message: MessageRef, run: (target: Target) => Promise<T>): Promise<T> {
    const target = this.#commands.targetOf(message)
    return target === null ? refused(new ParleyError('resource.notFound', 'No such message')) : run(target)
  }
  #order<N extends OrderName>(name: N, input: Orders[N]): Promise<Output<N>> {
    const { over } = this.attendance
    return over ? refused(over) : this.#commands.order(name, input)
  }

  async #loadOlder(limit: number): Promise<boolean> {
    const { attendance } = this
    for (let fetched = 0; fetched < REFETCHES; fetched++) {
      if (attendance.over) throw attendance.over
      if (!attendance.store.room.more) return false
      const before = rooms.oldest(attendance.store)
      const page = await this.#host.page(this.id, before, limit)
      if (attendance.over) throw attendance.over
      const store = rooms.withPage(attendance.store, before, page)
      if (!store) continue
      attendance.update(store)
      return store.room.more
    }
    throw unanswered()
  }

  #changed(): void {
    this.#view = null
    this.#listeners.notify()
  }
}
