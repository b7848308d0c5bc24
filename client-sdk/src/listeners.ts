/** Hears what went wrong with nobody else to tell. */
export type OnError = (error: unknown) => void

/** Who wants to hear of a change. What a listener throws goes to `onError`, and neither the others nor the store notice. */
export class Listeners {
  readonly #listeners = new Map<symbol, () => void>()
  readonly #onError: OnError

  constructor(onError: OnError) {
    this.#onError = onError
  }

  /** The same function added twice is called twice. */
  add(listener: () => void): () => void {
    const key = Symbol()
    this.#listeners.set(key, listener)
    return () => void this.#listeners.delete(key)
  }

  notify(): void {
    for (const listener of [...this.#listeners.values()]) guarded(listener, this.#onError)
  }
}

/** Runs what belongs to the app. Even an `onError` that throws breaks nothing. */
export function guarded(run: () => void, onError: OnError): void {
  try {
    run()
  } catch (error) {
    try {
      onError(error)
    } catch {
      // There is nobody left to tell.
    }
  }
}
