import { createHash } from 'node:crypto'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import { genesis, hex } from '../../client-sdk/contract/chain.ts'
import { Hidden } from '../../client-sdk/contract/hidden.ts'
import { type Deal, type Envelope, ParleyError, type RoomId, reduceDeal } from '../../client-sdk/contract/index.ts'
import { hashOf, type ProofEntry, type ProofLine } from '../../client-sdk/contract/proof.ts'
import { digest } from '../../persistence/digest.ts'

/** A proof as it is written: what its seal and its statement will say of the lines so far. Of these it keeps nothing. */
export class Writing {
  lines = 0
  seq = 0
  deal: Deal | null = null
  readonly #hidden = new Hidden()
  readonly #sha256 = createHash('sha256')
  readonly #roomId: RoomId
  readonly #keyIds: readonly string[]
  #hash: Uint8Array

  /** `keyIds`: of the keys that the proof lists. */
  constructor(roomId: RoomId, keyIds: readonly string[]) {
    this.#roomId = roomId
    this.#keyIds = keyIds
    this.#hash = genesis(digest, roomId)
  }

  line(line: ProofLine): string {
    const text = `${canonical(line as unknown as Json)}\n`
    this.#sha256.update(text)
    this.lines++
    return text
  }

  /** Throws for one that is not as it was written: what the hub seals has to verify. */
  entry(entry: ProofEntry): string {
    const { seq, id, type, version, actor, at } = entry
    this.#hash = hashOf(digest, this.#hash, this.#roomId, entry)
    if (seq !== this.seq + 1 || this.hash !== entry.hash) throw new Error(`The log of ${this.#roomId} is not whole at ${seq}`)
    this.seq = seq
    const part = entry.deal === null ? null : JSON.parse(entry.deal)
    const event = { roomId: this.#roomId, seq, id, type, version, actor, at, data: { deal: part, personal: null } } as Envelope
    if (event.type === 'offer.accepted' && !this.#keyIds.includes(event.data.deal.attestation.keyId))
      throw new ParleyError('access.changed', 'The hub began to sign with another key; ask again')
    this.deal = reduceDeal(this.deal, event)
    this.#hidden.entry(entry, part)
    return this.line({ entry })
  }

  /** The last entry's. */
  get hash(): string {
    return hex(this.#hash)
  }
  /** Are words missing that no entry so far speaks of? They were erased or taken back while this was written. */
  get isShort(): boolean {
    return this.#hidden.missing() !== null
  }
  /** Of all lines so far. */
  get sha256(): string {
    return this.#sha256.copy().digest('hex')
  }
}
