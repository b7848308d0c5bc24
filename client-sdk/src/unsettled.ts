/** Promises that must settle when their ground falls away: a socket that is cut, a client that is closed. */
export class Unsettled {
  readonly #open = new Set<(reason: unknown) => void>()

  /** Settles as `promise` does, or rejects at the next `fail()`, whichever comes first. */
  track<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#open.add(reject)
      promise.then(resolve, reject).finally(() => this.#open.delete(reject))
    })
  }

  fail(reason: unknown): void {
    const open = [...this.#open]
    this.#open.clear()
    for (const reject of open) reject(reason)
  }
}
