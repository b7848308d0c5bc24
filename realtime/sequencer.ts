import type { Envelope } from '../client-sdk/contract/index.ts'

/** At most this many events wait for a hole to be filled; beyond that all of them are read from the database. */
const EARLY = 1_000
const PAGE = 500
const RETRY_MS = 250

type Source = {
  /** Events after a seq, oldest first and without a hole. */
  read(after: number, limit: number): Promise<Envelope[]>
  /**
   * Gets every event once, in order. While its promise is open nothing more is delivered. Where it throws it gets the same again
   * as the log has it, one by one, since what was announced may be made up; an event that it cannot bear even so is passed over.
   */
  deliver(events: Envelope[]): Promise<void> | void
  failed(error: unknown): void
}

/**
 * Puts a stream's events in order: they may come early, late, twice or not at all. What is missing is read from the
 * database before anything after it is delivered.
 */
export class Sequencer {
  readonly #source: Source
  #delivered: number
  /** The highest seq known to exist. */
  #target: number
  /** Up to here only what the database says is delivered, one by one. */
  #doubted = 0
  readonly #early = new Map<number, Envelope>()
  #running = false
  #closed = false

  constructor(delivered: number, source: Source) {
    this.#delivered = delivered
    this.#target = delivered
    this.#source = source
  }

  /** The seq of the last event handed to `deliver`. */
  get delivered(): number {
    return this.#delivered
  }

  offer(events: readonly Envelope[]): void {
    for (const event of events) {
      if (event.seq <= this.#delivered) continue
      if (this.#early.size < EARLY && event.seq > this.#doubted) this.#early.set(event.seq, event)
      if (event.seq > this.#target) this.#target = event.seq
    }
    this.#start()
  }

  /** The stream is known to reach this far. */
  reach(seq: number): void {
    if (seq > this.#target) this.#target = seq
    this.#start()
  }

  close(): void {
    this.#closed = true
    this.#early.clear()
  }

  #start(): void {
    if (!this.#running && !this.#closed && this.#target > this.#delivered) void this.#run()
  }

  /** Without a hole and without a wait in `deliver` this runs to its end at once. */
  async #run(): Promise<void> {
    this.#running = true
    while (!this.#closed && this.#target > this.#delivered) {
      const next = this.#takeReady()
      if (next.length === 0) {
        await this.#fill()
        continue
      }
      try {
        const wait = this.#source.deliver(next)
        if (wait) await wait
      } catch (error) {
        this.#source.failed(error)
        this.#doubt(next)
      }
    }
    this.#running = false
  }

  #doubt(batch: readonly Envelope[]): void {
    const [first, last] = [batch[0]!.seq, batch.at(-1)!.seq]
    if (last <= this.#doubted) return // it was from the database
    this.#doubted = last
    this.#delivered = first - 1
    this.#early.clear()
  }

  #takeReady(): Envelope[] {
    const ready: Envelope[] = []
    for (let event = this.#early.get(this.#delivered + 1); event; event = this.#early.get(this.#delivered + 1)) {
      this.#early.delete(event.seq)
      this.#delivered = event.seq
      ready.push(event)
      if (event.seq <= this.#doubted) break
    }
    return ready
  }

  async #fill(): Promise<void> {
    try {
      const target = this.#target
      const missed = await this.#source.read(this.#delivered, PAGE)
      // It was announced, and it is not there: nothing to wait for, unless more was announced meanwhile.
      if (missed.length === 0 && this.#target === target) this.#target = this.#delivered
      if (missed[0] && missed[0].seq !== this.#delivered + 1) throw new Error(`The event ${this.#delivered + 1} of a stream is missing`)
      for (const event of missed) this.#early.set(event.seq, event)
    } catch (error) {
      this.#source.failed(error)
      await new Promise((done) => setTimeout(done, RETRY_MS))
    }
  }
}
