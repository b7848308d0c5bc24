import { createHash } from 'node:crypto'
import { canonical, type Json } from '../contract/canonical.ts'
import { genesis } from '../contract/chain.ts'
import type { Checkpoint } from '../contract/checkpoint.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import { Hidden } from '../contract/hidden.ts'
import { hashOf, type ProofEntry, type Seal, sealBytes } from '../contract/proof.ts'
import { digest } from './digest.ts'
import { Hashes } from './hashes.ts'
import { type Check, checkWith, thumbprint } from './keys.ts'
import { type Line, linesOf } from './lines.ts'
import { Names } from './names.ts'
import { decode, parseCanonical } from './parse.ts'
import type { Problem } from './problems.ts'
import { asEvent, Replay } from './replay.ts'
import { type Report, reportOf } from './report.ts'
import { counts, type Head, isDealPart, type Shaped, shaped } from './shape.ts'

/** The first thing that is wrong: in which line, from 1, and with which seq where there is one. */
export type Fault = { ok: false; problem: Problem; line: number; seq: number | null }
/** `pinned`: ids of the keys that are trusted. `seen`: checkpoints that were kept elsewhere. */
export type Trust = { pinned: readonly string[]; seen?: readonly { seq: number; hash: string }[] }

/**
 * Checks a proof (docs/proof.md), which comes in pieces of any length: all that it says must be what a hub with a pinned key exported.
 * Nothing is asked of anybody. Memory grows by 32 bytes for each entry, and with what was erased or taken back.
 */
export async function verifyProof(file: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, trust: Trust): Promise<Report | Fault> {
  const verifier = new Verifier(trust)
  for await (const line of linesOf(file)) {
    const fault = verifier.line(line)
    if (fault) return fault
  }
  return verifier.end()
}

type Wrong = { problem: Problem; seq?: number | null; line?: number } | null
const MALFORMED = { problem: 'file.malformed' } as const
/** What has begun once the header is read. */
type Begun = { head: Head; check: Check; replay: Replay }

class Verifier {
  readonly #trust: Trust
  readonly #hashes = new Hashes()
  readonly #hidden = new Hidden()
  readonly #names = new Names()
  readonly #sha256 = createHash('sha256')
  #lines = 0
  /** The kind of the line before. */
  #last: Shaped['kind'] | null = null
  #begun: Begun | null = null
  #hash: Uint8Array = new Uint8Array(32)
  #checkpoints = { count: 0, seq: 0 }
  #seal: Seal | null = null

  constructor(trust: Trust) {
    this.#trust = trust
  }

  line({ bytes, isWhole }: Line): Fault | null {
    this.#lines++
    const text = isWhole ? decode(bytes) : undefined
    const value = text === undefined ? undefined : parseCanonical(text)
    const line = value === undefined ? undefined : shaped(value)
    const wrong = line && this.#mayFollow(line) ? this.#check(line) : MALFORMED
    if (wrong) return this.#fault(wrong)
    this.#last = line!.kind
    this.#sha256.update(bytes).update('\n')
    return null
  }

  end(): Report | Fault {
    const { head, replay } = this.#begun ?? {}
    if (!this.#seal || !head || !replay) {
      this.#lines++
      return this.#fault(MALFORMED)
    }
    for (const { seq, hash } of this.#trust.seen ?? []) {
      if (seq > this.#hashes.length) return this.#fault({ problem: 'tail.cut', seq })
      if (hash !== this.#hashes.at(seq)) return this.#fault({ problem: 'checkpoint.differs', seq })
    }
    const { count: checkpoints } = this.#checkpoints
    return reportOf({ head, seal: this.#seal, checkpoints, deal: replay.deal, hidden: this.#hidden, names: this.#names })
  }

  #fault({ problem, seq = null, line = this.#lines }: NonNullable<Wrong>): Fault {
    return { ok: false, problem, line, seq }
  }

  #mayFollow({ kind, its }: Shaped): boolean {
    const last = this.#last
    if (kind === 'proof') return last === null
    if (kind === 'entry') return last === 'proof' || last === 'entry'
    if (kind === 'checkpoint') return (last === 'entry' || last === 'checkpoint') && its.seq > this.#checkpoints.seq
    return kind === 'deal' ? last === 'entry' || last === 'checkpoint' : last === 'deal'
  }

  #check(line: Shaped): Wrong {
    if (line.kind === 'proof') return this.#head(line.its)
    const begun = this.#begun!
    if (line.kind === 'entry') return this.#entry(begun, line.its)
    const missing = this.#last === 'entry' ? this.#hidden.missing() : null
    if (missing !== null) return { problem: 'payload.missing', seq: missing, line: missing + 1 } // line 1 is the header
    if (line.kind === 'checkpoint') return this.#checkpoint(begun, line.its)
    return line.kind === 'deal' ? this.#stated(begun, line.its) : this.#sealed(begun, line.its)
  }

  #head(head: Head): Wrong {
    if (head.keys.some(({ x, kid }) => thumbprint(x) !== kid)) return { problem: 'key.differs' }
    const check = checkWith(head.keys)
    this.#begun = { head, check, replay: new Replay(check) }
    this.#hash = genesis(digest, head.room)
    return null
  }

  #entry({ head: { room }, replay }: Begun, entry: ProofEntry): Wrong {
    const part = counts(entry.type) ? parseCanonical(entry.deal ?? '') : null
    if (counts(entry.type) && !isDealPart(entry.type, part)) return MALFORMED
    const { seq, personal, erased, withheld } = entry
    if (seq !== this.#hashes.length + 1) return { problem: 'seq.notNext', seq: this.#hashes.length + 1 }
    this.#hash = hashOf(digest, this.#hash, room, entry)
    this.#hashes.push(this.#hash)
    const isOneOf = [erased, withheld, personal].filter((it) => it !== null).length <= 1
    if (!isOneOf || this.#hashes.at(seq) !== entry.hash) return { problem: 'hash.differs', seq }
    const problem = replay.event(asEvent(room, entry, part))
    if (problem) return { problem, seq }
    this.#hidden.entry(entry, part)
    this.#names.entry(entry, part)
    return null
  }

  #checkpoint({ head, check }: Begun, checkpoint: Checkpoint): Wrong {
    const { stream, seq, hash, keyId, signature } = checkpoint
    if (stream !== head.room || !check(keyId, checkpointBytes(checkpoint), signature)) return { problem: 'checkpoint.badSignature', seq }
    if (seq > this.#hashes.length) return { problem: 'tail.cut', seq }
    if (hash !== this.#hashes.at(seq)) return { problem: 'checkpoint.differs', seq }
    this.#checkpoints = { count: this.#checkpoints.count + 1, seq }
    return null
  }

  #stated({ replay }: Begun, deal: object | null): Wrong {
    return canonical(deal as Json) === canonical(replay.deal as unknown as Json) ? null : { problem: 'deal.differs' }
  }

  #sealed({ head: { room }, check }: Begun, seal: Seal): Wrong {
    const { seq, hash, lines, sha256, keyId, signature } = seal
    const isEnd = seq === this.#hashes.length && hash === this.#hashes.at(seq)
    if (!isEnd || lines !== this.#lines || sha256 !== this.#sha256.copy().digest('hex')) return { problem: 'seal.differs' }
    if (!this.#trust.pinned.includes(keyId)) return { problem: 'key.notPinned' }
    if (!check(keyId, sealBytes({ room, ...seal }), signature)) return { problem: 'seal.badSignature' }
    this.#seal = seal
    return null
  }
}
