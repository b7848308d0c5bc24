import { heard } from '../promises.ts'
import { cardIn, type Said } from './said.ts'

/** What an order is to change. `version`: the one that it leads to. */
export type Change = {
  readonly id: string
  readonly version: number
  /** As if it were so already, with what else is known of it. */
  say(more: object): Said
}
type Waiting = Change & { readonly sent: Promise<unknown> }
type Lists = {
  /** They are to show it. */
  show(): void
  /** From now on they know it. */
  tell(said: Said): void
  /** All anew. */
  reread(): void
}
/** What the answer says of a thing; nothing where its change was refused. */
type Outcome<T> = (answer: T, id: string) => object | undefined

/**
 * What we ordered, until it is answered or told: what lists show is what they know, and this said on top of it. So nothing is ever
 * undone: what is refused is no longer expected. An order made for a version leads to the next one, or to nothing; so what is known
 * in that version, or a later one, is not expected any more either.
 */
export class Expected {
  readonly #lists: Lists
  #waiting: readonly Waiting[] = []

  constructor(lists: Lists) {
    this.#lists = lists
  }

  /** What is known, as it will be. */
  over<H>(known: H, place: (now: H, said: Said) => { now: H }): H {
    return this.#waiting.reduce((now, { say }) => place(now, say({ pending: true })).now, known)
  }

  /** The last order that is to change this, while it waits. */
  last(id: string): Promise<unknown> | undefined {
    return this.#waiting.findLast((one) => one.id === id)?.sent
  }

  /** Expects these until `sent` is answered; then what the answer says is known. */
  order<T>(changes: readonly Change[], sent: Promise<T>, outcome: Outcome<T>): Promise<T> {
    this.#show([...this.#waiting, ...changes.map((change) => ({ ...change, sent }))])
    const settle = (answer: T) => {
      for (const one of this.#waiting) {
        const more = one.sent === sent && outcome(answer, one.id)
        if (more) this.#lists.tell(one.say({ ...more, pending: false }))
      }
      return answer
    }
    return heard(sent.then(settle).finally(() => this.#show(this.#waiting.filter((one) => one.sent !== sent))))
  }

  /** What lists are told right after this is not expected any more. */
  hear(said: readonly Said[]): void {
    const cards = said.map(cardIn)
    this.#waiting = this.#waiting.filter(({ id, version }) => !cards.some((card) => card?.id === id && card.version >= version))
  }
  /** What was whispered is lost: what is answered from now on may be older than what was read. */
  online(): void {
    for (const { sent } of this.#waiting) heard(sent.then(this.#lists.reread))
  }
  #show(waiting: readonly Waiting[]): void {
    this.#waiting = waiting
    this.#lists.show()
  }
}
