/** Waits that end early together, so that nothing sleeps past a `close()`. */
export class Pauses {
  readonly #sleeping = new Map<ReturnType<typeof setTimeout>, () => void>()

  /** Resolves after `ms`, or at the next `end()`. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#sleeping.delete(timer)
        resolve()
      }, ms)
      this.#sleeping.set(timer, resolve)
    })
  }

  end(): void {
    const sleeping = [...this.#sleeping]
    this.#sleeping.clear()
    for (const [timer, resolve] of sleeping) {
      clearTimeout(timer)
      resolve()
    }
  }
}
