const SIZE = 32

/** The hash at each seq, in 32 bytes each: a log may have millions. */
export class Hashes {
  #bytes = Buffer.alloc(SIZE * 1_024)
  length = 0

  push(hash: Uint8Array): void {
    const end = this.length * SIZE
    if (end === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(end)])
    this.#bytes.set(hash, end)
    this.length++
  }

  /** In hexadecimal; undefined beyond the last. */
  at(seq: number): string | undefined {
    if (seq < 1 || seq > this.length) return undefined
    return this.#bytes.toString('hex', (seq - 1) * SIZE, seq * SIZE)
  }
}
