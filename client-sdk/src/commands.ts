import { ParleyError } from '../contract/errors.ts'
import type { ActorKey, CommandId, EventId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import { newId } from '../contract/uuid.ts'
import type { Attendance } from './attendance.ts'
import { isRetryable, RemoteError, wireOf } from './errors.ts'
import type { KeptCommand } from './kept-format.ts'
import * as out from './outbox.ts'
import { heard, refused, type Settle } from './promises.ts'
import type { MessageRef, RoomHost } from './room.ts'
import type { RoomKeep } from './room-keep.ts'
import type { RoomStore } from './room-store.ts'
import type { News } from './tabs.ts'

/** Another tab's commands are left to it for so long, in ms, before they are sent from here, too. */
const COURTESY = 2_000
/** How often it is looked whether they are done, in ms. */
const GLANCE = 100

/** The shell of a room's outbox: it gives each command its turn, and tells whoever ordered it how it went. */
export class Commands {
  readonly #room: Attendance
  readonly #changed: () => void
  readonly #host: RoomHost
  /** Where commands outlive the page. */
  readonly #keep: RoomKeep | null
  readonly #open = new Map<CommandId, Settle<Output<out.OrderName>>>()
  #outbox: out.Outbox = []
  #running = -1
  /** Ordered in another tab, and when we heard of it. */
  readonly #others = new Map<CommandId, number>()
  #connected = { run: -1, at: 0 }

  constructor(room: Attendance, host: RoomHost, keep: RoomKeep | null, changed: () => void) {
    this.#keep = keep
    this.#room = room
    this.#changed = changed
    this.#host = host
  }

  get outbox(): out.Outbox {
    return this.#outbox
  }

  order<N extends out.OrderName>(name: N, input: out.Orders[N]): Promise<Output<N>> {
    const commandId = newId<CommandId>()
    const order = { commandId, name, input, at: this.#now() } as Parameters<typeof out.queued>[2]
    const outbox = out.queued(this.#outbox, this.#host.maxPending, order, this.#room.store.me?.key ?? null)
    if (!outbox) return refused(new ParleyError('client.queueFull', 'Too much of this room waits to be sent'))
    const done = new Promise<Output<out.OrderName>>((resolve, reject) => this.#open.set(commandId, { resolve, reject }))
    this.#change(outbox)
    void this.run()
    return heard(done as Promise<Output<N>>)
  }

  /** Later than all that waits, also where that is of another tab, or of a clock that ran ahead. */
  #now(): string {
    const last = this.#outbox.at(-1)
    return new Date(Math.max(Date.now(), last ? Date.parse(last.at) + 1 : 0)).toISOString()
  }

  /** Takes up what an earlier visit has left, or another tab has ordered: it goes in the order of its time. */
  takeUp(commands: readonly KeptCommand[], from: 'before' | 'otherTab'): void {
    if (commands.length === 0) return
    this.#outbox = out.joinedBy(this.#outbox, commands, this.#room.store.me?.key ?? null)
    if (from === 'otherTab') for (const { commandId } of commands) this.#others.set(commandId, Date.now())
    this.settle(this.#room.store) // the room may show some of it already
    this.#changed()
    void this.run()
  }

  /** How another tab fared with a command. */
  hear(news: Extract<News, { commandId: CommandId }>): void {
    if (!this.#outbox.some(({ commandId }) => commandId === news.commandId)) return
    if (news.do === 'refused') this.#refuse(news.commandId, new RemoteError(news.error))
    else {
      this.#take(news.commandId)?.resolve(news.place)
      this.#change(out.acknowledged(this.#outbox, news.commandId, news.place))
    }
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
    this.#set(outbox)
    for (const [commandId, place] of done) this.#take(commandId)?.resolve(place)
  }

  /** `givenUp`: for good. Otherwise what is kept goes at the next visit. */
  fail(reason: ParleyError, givenUp: boolean): void {
    this.#outbox = []
    if (givenUp) this.#keep?.outbox([], 'givenUp')
    for (const open of this.#open.values()) open.reject(reason)
    this.#open.clear()
  }

  /** One after the other. What may have arrived goes again under its own command id. */
  async run(): Promise<void> {
    const { run, store } = this.#room
    if (this.#running === run || store.stage !== 'attached') return
    this.#running = run
    if (this.#connected.run !== run) this.#connected = { run, at: Date.now() }
    let failed = 0
    for (let next = this.#next(run); next; next = this.#next(run)) {
      const courtesy = this.#courtesy(next)
      if (courtesy > 0) {
        await this.#room.pauses.pause(Math.min(courtesy, GLANCE))
        continue
      }
      const { commandId, name } = next
      const input = this.#aimed(next)
      this.#change(out.sending(this.#outbox, commandId))
      try {
        if (!input) throw new ParleyError('resource.notFound', 'The message was never sent')
        const place = await this.#host.command(name, { ...input, commandId, roomId: this.#room.id } as never)
        this.#take(commandId)?.resolve(place)
        this.#change(out.acknowledged(this.#outbox, commandId, place))
        this.#host.tell({ do: 'done', roomId: this.#room.id, commandId, place })
        failed = 0
      } catch (error) {
        if (run !== this.#room.run) return
        if (!isRetryable(error)) this.#refusedBy(commandId, error)
        else await this.#wait(failed++, (error as ParleyError).retryAfter)
      }
    }
    if (this.#running === run) this.#running = -1
  }

  /** How much longer a command is left to the tab in which it was ordered. */
  #courtesy({ commandId }: out.Pending): number {
    const heardOf = this.#others.get(commandId)
    return heardOf === undefined ? 0 : Math.max(heardOf, this.#connected.at) + COURTESY - Date.now()
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

  #refusedBy(commandId: CommandId, error: unknown): void {
    if (error instanceof RemoteError) this.#host.tell({ do: 'refused', roomId: this.#room.id, commandId, error: wireOf(error) })
    this.#refuse(commandId, error)
  }

  #refuse(commandId: CommandId, reason: unknown): void {
    const { outbox, gone } = out.without(this.#outbox, commandId)
    this.#take(commandId)?.reject(reason)
    for (const id of gone) this.#take(id)?.reject(new ParleyError('resource.notFound', 'The message was not sent', { cause: reason }))
    this.#change(outbox, 'givenUp')
  }

  #take(commandId: CommandId): Settle<Output<out.OrderName>> | undefined {
    const open = this.#open.get(commandId)
    this.#open.delete(commandId)
    this.#others.delete(commandId)
    return open
  }

  #set(outbox: out.Outbox, gone: 'done' | 'givenUp' = 'done'): void {
    if (outbox === this.#outbox) return
    this.#outbox = outbox
    this.#keep?.outbox(outbox, gone)
  }

  #change(outbox: out.Outbox, gone?: 'done' | 'givenUp'): void {
    this.#set(outbox, gone)
    this.settle(this.#room.store)
    this.#changed()
  }
}
