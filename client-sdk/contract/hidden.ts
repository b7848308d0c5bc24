// The verifier takes this, and does without zod.
import type { ProofEntry } from './proof.ts'

/** Words that were erased: which, why, and the entry that says so. */
export type Erased = { seqs: number[]; reason: string; by: number; at: string }
/** Words that their author took back, and the entry that says so. */
export type Withheld = { seq: number; by: number }

type Part = { seqs: number[]; reason: string; message: number }
/** Which words are not there, and what the log says of that. Grows with these, and with what was taken back. */
export class Hidden {
  /** Not named yet. */
  readonly #erased = new Set<number>()
  /** By seq, which message that is of. */
  readonly #withheld = new Map<number, number>()
  /** By message. */
  readonly #takenBack = new Map<number, number>()
  readonly erased: Erased[] = []

  /** `part`: the deal part, where it counts. */
  entry({ seq, type, at, erased, withheld }: ProofEntry, part: unknown): void {
    const { seqs, reason, message } = (part ?? {}) as Part
    if (erased !== null) this.#erased.add(seq)
    // Of another type it is of no message, and nobody can have taken it back.
    if (withheld !== null) this.#withheld.set(seq, type === 'chat.messageSent' ? seq : type === 'chat.messageEdited' ? message : 0)
    if (type === 'chat.messageDeleted' && !this.#takenBack.has(message)) this.#takenBack.set(message, seq)
    if (type !== 'log.erased') return
    const named = seqs.filter((one) => one < seq && this.#erased.delete(one))
    if (named.length > 0) this.erased.push({ seqs: named, reason, by: seq, at })
  }

  /** The first whose words are missing without a reason, or null. */
  missing(): number | null {
    const unexplained = Array.from(this.#withheld).flatMap(([seq, message]) => (this.#takenBack.has(message) ? [] : [seq]))
    const all = [...this.#erased, ...unexplained]
    return all.length > 0 ? all.reduce((least, seq) => Math.min(least, seq)) : null
  }

  get withheld(): Withheld[] {
    return Array.from(this.#withheld, ([seq, message]) => ({ seq, by: this.#takenBack.get(message) ?? 0 }))
  }
}
