import { ParleyError } from '../contract/errors.ts'
import { isSessionError, unanswered } from './errors.ts'
import { heard } from './promises.ts'
import { type Fetch, type Request, rest } from './rest.ts'
import { malformed } from './shapes.ts'
import { Unsettled } from './unsettled.ts'

/** What a client asks by REST; all of it is settled when the client stops. */
export class Requests {
  readonly #fetch: Fetch
  readonly #url: string
  /** A token, or another in place of a refused one. */
  readonly #token: (stale?: string) => Promise<string>
  readonly #open = new Unsettled()
  #over: ParleyError | null = null

  constructor(fetch: Fetch, url: string, token: (stale?: string) => Promise<string>) {
    this.#fetch = fetch
    this.#url = url
    this.#token = token
  }

  /** Rejects with `server.unavailable` for an answer of another shape. */
  get<T>(path: string, is: (answer: unknown) => answer is T, read?: Request['read']): Promise<T> {
    return heard(this.#open.track(this.#ask(path, is, read && { read })))
  }

  /** In place of what is there. */
  put<T>(path: string, body: object, is: (answer: unknown) => answer is T): Promise<T> {
    return heard(this.#open.track(this.#ask(path, is, { method: 'PUT', body })))
  }

  /** The hub's checkpoint keys; with `reload`, past every cache on the way. */
  keys(cache?: 'reload'): Promise<unknown> {
    return this.#open.track(rest(this.#fetch, this.#url, '/.well-known/parley-checkpoint-keys.json', cache ? { cache } : {}))
  }

  stop(reason: ParleyError): void {
    this.#over = reason
    this.#open.fail(reason)
  }

  /** With the token at hand, and once more with a new one if that was refused. */
  async #ask<T>(path: string, is: (answer: unknown) => answer is T, request?: Request): Promise<T> {
    if (this.#over) throw this.#over
    const ask = (token: string) => rest<unknown>(this.#fetch, this.#url, path, { ...request, token })
    const token = await this.#token()
    const answer = await ask(token).catch(async (error: unknown) => {
      if (!(error instanceof ParleyError) || !isSessionError(error.code)) throw error
      return ask(await this.#token(token))
    })
    if (!is(answer)) throw unanswered(malformed('answer'))
    return answer
  }
}
