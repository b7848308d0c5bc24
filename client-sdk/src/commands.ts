import { ParleyError } from '../contract/errors.ts'
import type { ActorKey, CommandId, EventId, RoomId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import { newId } from '../contract/uuid.ts'
import { isRetryable } from './errors.ts'
import * as out from './outbox.ts'
import type { Pauses } from './pauses.ts'
import { heard, refused, type Settle } from './promises.ts'
import type { MessageRef, RoomHost } from './room.ts'
import type { RoomStore } from './room-store.ts'

/** What the commands of a room need of it. */
export type CommandsRoom = {
  readonly id: RoomId
  readonly store: RoomStore
  readonly pauses: Pauses
  /** Rises with each connection won or lost. */
  readonly run: number
  changed(): void
}

/** The shell of a room's outbox: it gives each command its turn, and tells whoever ordered it how it went. */
export class Commands {
  readonly #room: CommandsRoom
  readonly #host: RoomHost
  readonly #open = new Map<CommandId, Settle<Output<out.OrderName>>>()
  #outbox: out.Outbox = []
  #running = -1

  constructor(room: CommandsRoom, host: RoomHost) {
    this.#room = room
    this.#host = host
  }

  get outbox(): out.Outbox {
    return this.#outbox
  }

  order<N extends out.OrderName>(name: N, input: out.Orders[N]): Promise<Output<N>> {
    const commandId = newId<CommandId>()
    const order = { commandId, name, input, at: new Date().toISOString() } as Parameters<typeof out.queued>[2]
    const outbox = out.queued(this.#outbox, this.#host.maxPending, order, this.#room.store.me?.key ?? null)
    if (!outbox) return refused(new ParleyError('client.queueFull', 'Too much of this room waits to be sent'))
    const done = new Promise<Output<out.OrderName>>((resolve, reject) => this.#open.set(commandId, { resolve, reject }))
    this.#change(outbox)
    void this.run()
    return heard(done as Promise<Output<N>>)
  }

  /** What a command says for this message; null for one that is not there. */
  targetOf(message: MessageRef): out.Target | null {
    if (typeof message === 'number') return message
    if (message.seq !== null) return message.seq
    const { id } = message
    const pending = this.#outbox.find(({ eventId, commandId }) => eventId === id || commandId === id)
    return pending ? pending.commandId : this.#placeOf(id)
  }

  /** The seq of a loaded message, by its own id or by that of the command that sent it. */
  #placeOf(id: EventId | CommandId): number | null {
    const { me, room } = this.#room.store
    const own = me && out.eventOf(id as CommandId, me.key)
    return room.messages.findLast((m) => m.id === id || m.id === own)?.seq ?? null
  }

  /** We are known in the room by this key. */
  identified(me: ActorKey): void {
    this.#outbox = out.identified(this.#outbox, me)
  }

  interrupted(): void {
    this.#outbox = out.interrupted(this.#outbox)
  }

  /** Whatever the room now shows is done. */
  settle({ room, news }: RoomStore): void {
    const { outbox, done } = out.settled(this.#outbox, room, news)
    this.#outbox = outbox
    for (const [commandId, place] of done) this.#take(commandId)?.resolve(place)
  }

  fail(reason: ParleyError): void {
    this.#outbox = []
    for (const open of this.#open.values()) open.reject(reason)
    this.#open.clear()
  }

  /** One after the other. What may have arrived goes again under its own command id. */
  async run(): Promise<void> {
    const { run, store } = this.#room
    if (this.#running === run || store.stage !== 'attached') return
    this.#running = run
    let failed = 0
    for (let next = this.#next(run); next; next = this.#next(run)) {
      const { commandId, name } = next
      const input = this.#aimed(next)
      this.#change(out.sending(this.#outbox, commandId))
      try {
        if (!input) throw new ParleyError('resource.notFound', 'The message was never sent')
        const place = await this.#host.command(name, { ...input, commandId, roomId: this.#room.id } as never)
        this.#take(commandId)?.resolve(place)
        this.#change(out.acknowledged(this.#outbox, commandId, place))
        failed = 0
      } catch (error) {
        if (run !== this.#room.run) return
        if (!isRetryable(error)) this.#refuse(commandId, error)
        else await this.#wait(failed++, (error as ParleyError).retryAfter)
      }
    }
    if (this.#running === run) this.#running = -1
  }

  #next(run: number): out.Pending | undefined {
    return run === this.#room.run ? out.nextInTurn(this.#outbox) : undefined
  }

  /** Said when to come again, it is not under way until then. */
  async #wait(failed: number, retryAfter: number | undefined): Promise<void> {
    if (retryAfter !== undefined) this.#change(out.interrupted(this.#outbox))
    await this.#room.pauses.pause(Math.max(this.#host.backoff(failed), 1_000 * (retryAfter ?? 0)))
  }

  /** The input with every message by its seq; null where it is of one that never came to be. */
  #aimed(pending: out.Pending): object | null {
    const input: Record<string, unknown> = { ...pending.input }
    for (const name of ['message', 'replyTo'] as const) {
      const target = out.targetOf(pending, name)
      if (typeof target !== 'string') continue
      input[name] = this.#placeOf(target)
      if (input[name] === null) return null
    }
    return input
  }

  #refuse(commandId: CommandId, reason: unknown): void {
    const { outbox, gone } = out.without(this.#outbox, commandId)
    this.#take(commandId)?.reject(reason)
    for (const id of gone) this.#take(id)?.reject(new ParleyError('resource.notFound', 'The message was not sent', { cause: reason }))
    this.#change(outbox)
  }

  #take(commandId: CommandId): Settle<Output<out.OrderName>> | undefined {
    const open = this.#open.get(commandId)
    this.#open.delete(commandId)
    return open
  }

  #change(outbox: out.Outbox): void {
    this.#outbox = outbox
    this.settle(this.#room.store)
    this.#room.changed()
  }
}
