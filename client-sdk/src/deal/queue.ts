import type { Deal } from '../../contract/deals/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { Envelope } from '../../contract/events.ts'
import type { ActorKey, ApplicationId, CommandId } from '../../contract/ids.ts'
import type { Output } from '../../contract/index.ts'
import { newId } from '../../contract/uuid.ts'
import { unanswered } from '../errors.ts'
import { Orders } from '../market/orders.ts'
import { eventOf } from '../outbox.ts'
import type { Ports } from '../ports.ts'
import { heard, refused, type Settle } from '../promises.ts'
import { malformed } from '../shapes.ts'
import { type DealOrderName, isIn, type NewOrder, type Pending } from './pending.ts'
import { isPlace } from './shapes.ts'

/** The most that may wait. */
const MOST = 100

/** The orders of one deal: one goes after the other, under one command id until it is answered. */
export class Queue {
  readonly #ports: Ports
  readonly #deal: () => Deal | null
  readonly #changed: () => void
  readonly #asked = new Map<CommandId, Settle<Output<DealOrderName>>>()
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
    const pending = { ...order, commandId, at: new Date().toISOString(), eventId: eventOf(commandId, me), told: null, place: null }
    const done = new Promise<Output<DealOrderName>>((resolve, reject) => this.#asked.set(commandId, { resolve, reject }))
    this.#set([...this.#waiting, pending as Pending])
    void this.#run(applicationId)
    return heard(done as Promise<Output<N>>)
  }

  /** The deal has changed, by `news` or otherwise: what the log has told is expected no more. */
  told(news: readonly Envelope[]): void {
    if (this.#waiting.length === 0) return
    const seqs = new Map(news.map(({ id, seq }) => [id, seq]))
    this.#waiting = this.#waiting.map((pending) => ({ ...pending, told: seqs.get(pending.eventId) ?? pending.told }))
    this.#settle()
  }
  /** What is answered, and in the deal, waits no more: whoever ordered it finds it there. */
  #settle(): void {
    const deal = this.#deal()
    const isDone = (pending: Pending) => deal !== null && pending.place !== null && isIn(deal, pending)
    const done = this.#waiting.filter(isDone)
    if (done.length === 0) return
    this.#waiting = this.#waiting.filter((pending) => !isDone(pending))
    for (const { commandId, place } of done) this.#take(commandId)?.resolve(place!)
  }

  /** The connection is there again. */
  online(): void {
    this.#orders.online()
  }

  /** Nothing comes of what waits. */
  fail(reason: ParleyError): void {
    this.#orders.stop(reason)
    this.#orders = new Orders(this.#ports)
    for (const { commandId, place } of this.#waiting) if (place) this.#take(commandId)?.resolve(place)
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
    const orders = this.#orders // those of a later visit must not send it
    try {
      await ready?.()
      const input = { ...pending.input, applicationId, commandId } as never
      this.#answered(commandId, await orders.insist(async () => placeIn(await this.#ports.command(name, input))))
    } catch (error) {
      this.#refused(commandId, error)
    }
  }

  /** Those that are about what it proposed learn its number. */
  #answered(commandId: CommandId, place: Output<DealOrderName>): void {
    const offer = 'offer' in place ? place.offer : null
    const waiting = this.#waiting.map((pending) => {
      if (pending.commandId === commandId) return { ...pending, place } as Pending
      return isAbout(pending, commandId) ? ({ ...pending, input: { ...pending.input, offer } } as Pending) : pending
    })
    this.#waiting = waiting
    this.#settle()
    this.#changed()
  }

  /** With it go those that are about what it would have proposed. */
  #refused(commandId: CommandId, reason: unknown): void {
    this.#take(commandId)?.reject(reason)
    const isGone = (pending: Pending) => pending.commandId === commandId || isAbout(pending, commandId)
    const cause = new ParleyError('resource.notFound', 'That version was not proposed', { cause: reason })
    for (const pending of this.#waiting.filter(isGone)) this.#take(pending.commandId)?.reject(cause)
    this.#set(this.#waiting.filter((pending) => !isGone(pending)))
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

const isAbout = ({ input }: Pending, proposal: CommandId): boolean => 'offer' in input && input.offer === proposal
/** What answers nothing counts as no answer: it is asked again. */
function placeIn(answer: Output<DealOrderName>): Output<DealOrderName> {
  if (!isPlace(answer)) throw unanswered(malformed('answer'))
  return answer
}
