import type { Deal } from '../../contract/deals/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { Envelope } from '../../contract/events.ts'
import type { ActorKey, ApplicationId, CommandId } from '../../contract/ids.ts'
import type { Output } from '../../contract/index.ts'
import { newId } from '../../contract/uuid.ts'
import { Orders } from '../market/orders.ts'
import { eventOf } from '../outbox.ts'
import type { Ports } from '../ports.ts'
import { heard, refused, type Settle } from '../promises.ts'
import type { DealOrderName, NewOrder, Pending } from './pending.ts'

/** The most that may wait. */
const MOST = 100

/** The orders of one deal: one goes after the other, under one command id until it is answered. */
export class Queue {
  readonly #ports: Ports
  readonly #deal: () => Deal | null
  readonly #changed: () => void
  readonly #asked = new Map<CommandId, Settle<Output<DealOrderName>>>()
  /** The numbers that proposals of ours were given. */
  readonly #numbers = new Map<CommandId, number>()
  #orders: Orders
  #waiting: readonly Pending[] = []
  #running = false

  /** `deal`: what the log says of it, as far as it is known. */
  constructor(ports: Ports, deal: () => Deal | null, changed: () => void) {
    this.#ports = ports
    this.#deal = deal
    this.#changed = changed
    this.#orders = new Orders(ports)
  }

  get waiting(): readonly Pending[] {
    return this.#waiting
  }

  add<N extends DealOrderName>(order: NewOrder<N>, me: ActorKey, applicationId: ApplicationId): Promise<Output<N>> {
    if (this.#waiting.length >= MOST) return refused(new ParleyError('client.queueFull', 'Too much of this deal waits to be sent'))
    const commandId = newId<CommandId>()
    const pending = { ...order, commandId, at: new Date().toISOString(), eventId: eventOf(commandId, me), seen: false, place: null }
    const done = new Promise<Output<DealOrderName>>((resolve, reject) => this.#asked.set(commandId, { resolve, reject }))
    this.#set([...this.#waiting, pending as Pending])
    void this.#run(applicationId)
    return heard(done as Promise<Output<N>>)
  }

  /** The deal has changed, by `news` or otherwise: what the log has told is expected no more. */
  told(news: readonly Envelope[]): void {
    if (this.#waiting.length === 0) return
    const ids = new Set(news.map(({ id }) => id))
    this.#waiting = this.#open(this.#waiting.map((pending) => (ids.has(pending.eventId) ? { ...pending, seen: true } : pending)))
  }
  #open(waiting: readonly Pending[]): readonly Pending[] {
    const deal = this.#deal()
    return waiting.filter((pending) => !isDone(pending, deal))
  }

  /** The connection is there again. */
  online(): void {
    this.#orders.online()
  }

  /** Nothing comes of what waits. */
  fail(reason: ParleyError): void {
    this.#orders.stop(reason)
    this.#orders = new Orders(this.#ports)
    this.#waiting = []
    for (const { reject } of this.#asked.values()) reject(reason)
    this.#asked.clear()
  }

  async #run(applicationId: ApplicationId): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let next = this.#next(); next; next = this.#next()) await this.#send(next, applicationId)
    this.#running = false
  }
  #next(): Pending | undefined {
    return this.#waiting.find(({ place }) => place === null)
  }

  async #send(pending: Pending, applicationId: ApplicationId): Promise<void> {
    const { commandId, name, ready } = pending
    try {
      await ready?.()
      const input = { ...this.#aimed(pending), applicationId, commandId }
      const orders = this.#orders
      this.#answered(commandId, await orders.insist(() => this.#ports.command(name, input as never)))
    } catch (error) {
      this.#refused(commandId, error)
    }
  }

  /** With the number of a version that was itself on its way. */
  #aimed({ input }: Pending): object {
    if (!('offer' in input) || typeof input.offer === 'number') return input
    const offer = this.#numbers.get(input.offer)
    if (offer === undefined) throw notProposed()
    return { ...input, offer }
  }

  #answered(commandId: CommandId, place: Output<DealOrderName>): void {
    if ('offer' in place) this.#numbers.set(commandId, place.offer)
    this.#take(commandId)?.resolve(place)
    this.#set(this.#open(this.#waiting.map((pending) => (pending.commandId === commandId ? ({ ...pending, place } as Pending) : pending))))
  }

  /** With it go those that are about what it would have proposed. */
  #refused(commandId: CommandId, reason: unknown): void {
    this.#take(commandId)?.reject(reason)
    const isAbout = ({ input }: Pending) => 'offer' in input && input.offer === commandId
    for (const pending of this.#waiting.filter(isAbout)) this.#take(pending.commandId)?.reject(notProposed(reason))
    this.#set(this.#waiting.filter((pending) => pending.commandId !== commandId && !isAbout(pending)))
  }

  #take(commandId: CommandId): Settle<Output<DealOrderName>> | undefined {
    const asked = this.#asked.get(commandId)
    this.#asked.delete(commandId)
    return asked
  }

  #set(waiting: readonly Pending[]): void {
    this.#waiting = waiting
    this.#changed()
  }
}

const notProposed = (cause?: unknown) => new ParleyError('resource.notFound', 'That version was not proposed', { cause })

/** Answered, and what is shown has it. A move of an application is known by the version that it led to. */
function isDone({ place, seen }: Pending, deal: Deal | null): boolean {
  if (!place || !deal) return false
  return seen || ('seq' in place ? place.seq <= deal.asOf : place.version <= deal.version)
}
