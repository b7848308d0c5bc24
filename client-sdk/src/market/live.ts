import type { ApplicationCard } from '../../contract/applications/schema.ts'
import type { CampaignCard } from '../../contract/campaigns/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { Backoff } from '../backoff.ts'
import { Listeners, type OnError } from '../listeners.ts'
import { heard } from '../promises.ts'

/** What every list shows of itself. */
export type Shown = { readonly loaded: boolean; readonly error: ParleyError | null }
/** What is said of a market: a card as it now is, a brand whose team or words changed, or what we did ourselves. */
export type Said =
  | { readonly campaign: CampaignCard }
  | { readonly application: ApplicationCard }
  | { readonly brand: string }
  | { readonly saved: boolean; readonly campaignId: string }
  | { readonly redeemed: string }
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
  place(now: H, said: Said): Placed<H>
}
export type LiveHost = {
  /** Lists that are followed hear of everything. */
  readonly followed: Set<Followed>
  readonly backoff: Backoff
  readonly onError: OnError
}
/** A list as the market sees it. */
export type Followed = { online(): void; hear(said: readonly Said[]): void; stop(): void }

/** After what a reading alone can tell, it is read again after so long, in ms; all of many clients not at once. */
const SOON = 1_000
/** And again after so long, where that did not work. */
const LATER = 15_000

/** What is read by REST and kept right by whispers, from its first `load()` until `close()`. */
export class Live<H extends Held> implements Followed {
  readonly #host: LiveHost
  readonly #source: Source<H>
  readonly #listeners: Listeners
  #now: H
  /** Readings go one after the other: each goes on where the one before has ended. */
  #queue: Promise<unknown> = Promise.resolve()
  /** What is said while a reading is on its way may be younger than the reading. */
  #heard: Said[] | null = null
  /** The newest version that was heard of each card, so that what comes late is known as old. */
  readonly #versions = new Map<string, number>()
  /** Rises with each `close()`: what was on its way by then changes nothing. */
  #run = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(host: LiveHost, source: Source<H>) {
    this.#host = host
    this.#source = source
    this.#now = source.empty
    this.#listeners = new Listeners(host.onError)
  }

  get state(): H['view'] {
    return this.#now.view
  }
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }
  load(): Promise<H['view']> {
    this.#host.followed.add(this)
    return heard(this.#read())
  }
  close(): void {
    this.stop()
    this.#run++
    this.#host.followed.delete(this)
  }

  /** Reads on: `fetch` says what to make of what is shown by then. */
  async extend(fetch: (now: H) => Promise<(now: H) => H>): Promise<H> {
    await this.#turn(fetch)
    return this.#now
  }

  online(): void {
    this.#reread()
  }
  hear(said: readonly Said[]): void {
    const news = said.filter((one) => this.#isNews(one))
    this.#heard?.push(...news)
    this.#place(news)
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
    const known = error instanceof ParleyError ? error : new ParleyError('server.failed', 'The list could not be read', { cause: error })
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
    const card = 'campaign' in said ? said.campaign : 'application' in said ? said.application : null
    if (!card) return true
    const id = 'applicationId' in card ? card.applicationId : card.campaignId
    if ((this.#versions.get(id) ?? 0) >= card.version) return false
    this.#versions.set(id, card.version)
    return true
  }

  #place(said: readonly Said[]): void {
    if (this.#now.view.loaded) this.#set(this.#now, said)
  }
  #set(now: H, said: readonly Said[] = []): void {
    let isStale = false
    let next = now
    for (const one of said) {
      const placed = this.#source.place(next, one)
      next = placed.now
      isStale ||= placed.stale
    }
    if (isStale) this.#soon(SOON + this.#host.backoff(2))
    if (next === this.#now) return
    this.#now = next
    this.#listeners.notify()
  }

  #reread(): void {
    this.#read().catch(() => {}) // shown, and tried again
  }
  #soon(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#reread()
    }, ms)
  }
}
