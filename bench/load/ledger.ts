import type { Client, Ear } from './client.ts'

/** A stamp is the trial's number times this, plus the message's. */
export const STAMP_BASE = 100_000_000

/** Keeps account of every message of a trial: when it was due, sent, answered and heard, by whom and in which order. */
export class Ledger implements Ear {
  /** When the schedule began, by `performance.now()`. */
  begin = 0
  refused = 0
  /** The first message that counts; those before it warm up. */
  readonly first: number
  readonly sentAt: Float64Array
  readonly #name: string
  readonly #trial: number
  readonly #due: { at: Float64Array; who: Uint16Array }
  readonly #clients: readonly Client[]
  /** How many others are in the room with each client. */
  readonly #others: Map<string, number>
  readonly #answeredAt: Float64Array
  /** -1: refused. */
  readonly #answeredSeq: Int32Array
  readonly #heardSeq: Int32Array
  readonly #hearings: Uint16Array
  /** When it was last heard: by then all have it. */
  readonly #heardAt: Float64Array
  readonly #latencies: Float64Array
  #samples = 0
  #oldest = 0
  #fault: string | null = null

  constructor(name: string, clients: readonly Client[], trial: number, due: { at: Float64Array; who: Uint16Array }, first: number) {
    const total = due.at.length
    this.#name = name
    this.#trial = trial
    this.#due = due
    this.#clients = clients
    this.first = first
    this.#others = new Map()
    for (const { seat } of clients) this.#others.set(seat.roomId, (this.#others.get(seat.roomId) ?? -1) + 1)
    this.sentAt = new Float64Array(total)
    this.#answeredAt = new Float64Array(total)
    this.#answeredSeq = new Int32Array(total)
    this.#heardSeq = new Int32Array(total)
    this.#hearings = new Uint16Array(total)
    this.#heardAt = new Float64Array(total)
    this.#latencies = new Float64Array((total - first) * Math.max(...this.#others.values()))
  }

  heard(client: Client, stamp: number, seq: number): void {
    const n = stamp - this.#trial * STAMP_BASE
    const sender = this.#clients[this.#due.who[n] ?? -1]
    if (!sender) {
      this.#accuse(`stamp ${stamp} is of no message of this trial: it came twice, or very late`)
      return
    }
    if (sender.seat.roomId !== client.seat.roomId) this.#accuse(`message ${n} was heard in another room`)
    if (seq <= client.seq) this.#accuse(`a client heard seq ${seq} after ${client.seq}`)
    client.seq = seq
    this.#heardSeq[n] ||= seq
    if (this.#heardSeq[n] !== seq) this.#accuse(`message ${n} has the seqs ${this.#heardSeq[n]} and ${seq}`)
    if (sender === client) return // whether senders hear themselves is the server's choice
    this.#hearings[n]!++
    const now = performance.now()
    this.#heardAt[n] = now
    if (n >= this.first) this.#latencies[this.#samples++] = now - this.begin - this.#due.at[n]!
  }

  answered(n: number, seq: number | null): void {
    if (this.#answeredSeq[n]) this.#accuse(`message ${n} was answered twice`)
    this.#answeredAt[n] = performance.now()
    this.#answeredSeq[n] = seq ?? -1
    if (seq === null) this.refused++
  }

  broken(error: Error): void {
    this.#accuse(error.message)
  }

  get isBroken(): boolean {
    return this.#fault !== null
  }

  /** When the oldest unanswered message was due; that of the next one where all are answered. */
  oldestDue(sent: number): number {
    while (this.#oldest < sent && this.#answeredSeq[this.#oldest] !== 0) this.#oldest++
    return this.begin + (this.#due.at[this.#oldest] ?? Number.POSITIVE_INFINITY)
  }

  isComplete(sent: number): boolean {
    if (this.#fault) return true
    this.oldestDue(sent)
    if (this.#oldest < sent) return false
    for (let n = 0; n < sent; n++) if (this.#missing(n) > 0) return false
    return true
  }

  /** Throws if an acknowledged message did not reach each other member exactly once, in order, where it was said to stand. */
  audit(sent: number): void {
    for (let n = 0; n < sent && !this.#fault; n++) {
      if (this.#answeredSeq[n] === 0) this.#accuse(`message ${n} was never answered`)
      else if (this.#missing(n) !== 0) this.#accuse(`message ${n} was acknowledged, and ${this.#missing(n)} of its members did not hear it`)
      else if (this.#answeredSeq[n]! > 0 && this.#answeredSeq[n] !== this.#heardSeq[n])
        this.#accuse(`message ${n} was acknowledged as seq ${this.#answeredSeq[n]} and heard as ${this.#heardSeq[n]}`)
    }
    if (this.#fault) throw new Error(`${this.#name} broke a promise: ${this.#fault}`)
  }

  /** In ms, of the messages that count. */
  samples(sent: number): Record<'latencies' | 'lastLatencies' | 'ackLatencies' | 'lateness', Float64Array> {
    const since = (at: Float64Array) =>
      Float64Array.from(at.subarray(this.first, sent), (t, i) => t - this.begin - this.#due.at[this.first + i]!)
    return {
      latencies: this.#latencies.subarray(0, this.#samples),
      lastLatencies: since(this.#heardAt),
      ackLatencies: since(this.#answeredAt),
      lateness: since(this.sentAt),
    }
  }

  /** Members who have not heard an acknowledged message; below 0 if somebody heard it twice. */
  #missing(n: number): number {
    const others = this.#others.get(this.#clients[this.#due.who[n]!]!.seat.roomId)!
    return this.#answeredSeq[n]! > 0 ? others - this.#hearings[n]! : 0
  }

  #accuse(fault: string): void {
    this.#fault ??= fault
  }
}
