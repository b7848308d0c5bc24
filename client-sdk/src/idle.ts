/** A hand on the device, as browsers tell of it. */
const STIRS = ['pointerdown', 'keydown', 'visibilitychange']

/** Tells whether somebody is at this device: away after a while in which nothing was done, and back at once. */
export class Idle {
  readonly #after: number
  readonly #tell: (away: boolean) => void
  readonly #stir = () => {
    if (globalThis.document?.visibilityState !== 'hidden') this.stirred()
  }
  #timer: ReturnType<typeof setTimeout> | undefined
  #idle = false
  /** Said by the app, and left to it to take back. */
  #said = false
  #told = false
  #ended = false

  /** `after` in ms; `tell` is called with each change. */
  constructor(after: number, tell: (away: boolean) => void) {
    this.#after = after
    this.#tell = tell
    if (typeof globalThis.addEventListener === 'function') for (const name of STIRS) globalThis.addEventListener(name, this.#stir, true)
    this.stirred()
  }

  get away(): boolean {
    return this.#said || this.#idle
  }

  setAway(away: boolean): void {
    this.#said = away
    this.stirred()
  }

  stirred(): void {
    if (this.#ended) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#become(true), Math.min(this.#after, 2 ** 31 - 1))
    ;(this.#timer as { unref?(): void }).unref?.() // Node: it keeps no process alive
    this.#become(false)
  }

  #become(idle: boolean): void {
    this.#idle = idle
    if (this.away === this.#told) return
    this.#told = this.away
    this.#tell(this.away)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    if (typeof globalThis.removeEventListener === 'function')
      for (const name of STIRS) globalThis.removeEventListener(name, this.#stir, true)
  }
}
