import { ParleyError } from '../../contract/errors.ts'
import type { Backoff } from '../backoff.ts'
import { Listeners, type OnError } from '../listeners.ts'
import { heard } from '../promises.ts'
import type { Expected } from './expected.ts'
import { cardIn, rankOf, type Said } from './said.ts'

/** What every list shows of itself. */
export type Shown = { readonly loaded: boolean; readonly error: ParleyError | null }
/** What is shown, and beside it what is for nobody to see, such as where to read on. */
export type Held = { readonly view: Shown }
/** `stale`: only the hub knows what it is like now. */
export type Placed<H> = { readonly now: H; readonly stale: boolean }
/** What there is to read, and what is made of that which is said meanwhile. */
export type Source<H extends Held> = {
  readonly empty: H
  /** All anew, as far as it was read before. */
  read(before: H): Promise<H>
  /** The same object where nothing of it changes. */
  readonly place: (now: H, said: Said) => Placed<H>
  items(now: H): readonly unknown[]
}
export type LiveHost = {
  /** Lists that are followed hear of everything. */
  readonly followed: Set<Followed>
  readonly expected: Expected
  readonly backoff: Backoff
  readonly onError: OnError
}
/** A list as the market sees it. */
export type Followed = {
  readonly items: readonly unknown[]
  /** All anew; rejects if that failed. */
  reread(): Promise<unknown>
  hear(said: readonly Said[]): void
  /** What is expected has changed. */
  show(): void
  stop(): void
}

/** After what a reading alone can tell, it is read again after so long, in ms; all of many clients not at once. */
const SOON = 1_000
/** And again after so long, where that did not work. */
const LATER = 15_000

/** What is read by REST and kept right by whispers, from its first `load()` until `close()`. */
export class Live<H extends Held> implements Followed {
  readonly #host: LiveHost
  readonly #source: Source<H>
  readonly #listeners: Listeners
  /** What is known. */
  #now: H
  /** And as it is expected to be. */
  #shown: H
  /** Readings go one after the other: each goes on where the one before has ended. */
  #queue: Promise<unknown> = Promise.resolve()
  /** What is said while a reading is on its way may be younger than the reading. */
  #heard: Said[] | null = null
  /** The newest that was heard of each card, so that what comes late is known as old. */
  readonly #ranks = new Map<string, number>()
  /** Rises with each `close()`: what was on its way by then changes nothing. */
  #run = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(host: LiveHost, source: Source<H>) {
    this.#host = host
    this.#source = source
    this.#now = source.empty
    this.#shown = source.empty
    this.#listeners = new Listeners(host.onError)
  }

  get state(): H['view'] {
    return this.#shown.view
  }
  get items(): readonly unknown[] {
    return this.#source.items(this.#shown)
  }
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }
  load(): Promise<H['view']> {
    this.#host.followed.add(this)
    return this.reread()
  }
  close(): void {
    this.stop()
    this.#run++
    this.#host.followed.delete(this)
  }

  /** Reads on: `fetch` says what to make of what is known by then, and `result` what to tell of that. */
  extend<R>(fetch: (now: H) => Promise<(now: H) => H>, result: (now: H) => R): Promise<R> {
    return heard(this.#turn(fetch).then(() => result(this.#now)))
  }

  /** A failure is shown, and it is tried again. */
  reread(): Promise<H['view']> {
    return heard(this.#read())
  }
  hear(said: readonly Said[]): void {
    const news = said.filter((one) => this.#isNews(one))
    this.#heard?.push(...news)
    this.#set(this.#now, this.#now.view.loaded ? news : [])
  }
  show(): void {
    let shown = this.#now
    if (shown.view.loaded) shown = this.#host.expected.over(shown, this.#source.place)
    if (shown === this.#shown) return
    this.#shown = shown
    this.#listeners.notify()
  }
  /** Nothing more happens by itself. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #read(): Promise<H['view']> {
    const run = this.#run
    try {
      await this.#turn(async (before) => {
        const now = await this.#source.read(before)
        return () => now
      })
    } catch (error) {
      if (run === this.#run) this.#failed(error)
      throw error
    }
    return this.state
  }

  /** What is out of reach is shown no more; otherwise what is shown stays, and is read again where that can help. */
  #failed(error: unknown): void {
    const known = error instanceof ParleyError ? error : new ParleyError('server.failed', 'Reading failed', { cause: error })
    const isGone = known.code === 'resource.notFound' || known.code === 'access.denied'
    const held = isGone ? this.#source.empty : this.#now
    this.#set({ ...held, view: { ...held.view, error: known } })
    if (known.retryable || known.code === 'server.failed') this.#soon(LATER)
  }

  #turn(fetch: (now: H) => Promise<(now: H) => H>): Promise<void> {
    const turn = this.#queue.then(() => this.#take(fetch))
    this.#queue = turn.catch(() => {})
    return turn
  }
  async #take(fetch: (now: H) => Promise<(now: H) => H>): Promise<void> {
    const run = this.#run
    this.#heard = []
    try {
      const apply = await fetch(this.#now)
      if (run !== this.#run) return
      const said = this.#heard
      this.#heard = null
      this.#set(apply(this.#now), said)
    } finally {
      this.#heard = null
    }
  }

  #isNews(said: Said): boolean {
    const card = cardIn(said)
    if (!card) return true
    if ((this.#ranks.get(card.id) ?? 0) >= rankOf(card)) return false
    this.#ranks.set(card.id, rankOf(card))
    return true
  }

  #set(now: H, said: readonly Said[] = []): void {
    this.#now = now
    for (const one of said) {
      const placed = this.#source.place(this.#now, one)
      this.#now = placed.now
      if (placed.stale) this.#soon('done' in one || 'saved' in one ? 0 : SOON + this.#host.backoff(2))
    }
    this.show()
  }

  /** At once, or when a reading is due anyway. */
  #soon(ms: number): void {
    if (ms > 0 && this.#timer) return
    this.stop()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.reread()
    }, ms)
  }
}
