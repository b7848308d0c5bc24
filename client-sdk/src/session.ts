import { ParleyError } from '../contract/errors.ts'
import type { CommandId } from '../contract/ids.ts'
import type { Proved, Session } from '../contract/sessions/schema.ts'
import { newId } from '../contract/uuid.ts'
import { isRetryable, isSessionError, unanswered } from './errors.ts'
import { type Fetch, rest } from './rest.ts'
import { isSession, malformed } from './shapes.ts'
import { type GetToken, renewIn } from './token.ts'

/** What a session may be given. */
export type SessionOptions = {
  fetch?: Fetch
  /** Called with each new session, so that the app can keep it, and with null once it is over. */
  onChange?: (session: Session | null) => void
}
/** A person signed in. `getToken` is what `connect` wants: it renews the session when that is due. */
export interface SignedIn {
  readonly session: Session
  readonly getToken: GetToken
  /**
   * Ends the session on the server, and then here. Idempotent. Where it rejects, as with `server.unavailable` offline,
   * the session goes on, and it can be called again.
   */
  signOut(): Promise<void>
  /**
   * Proves again who this is, as accepting terms takes it (`session.stepUpRequired`). Good for this session until `until`. Rejects with
   * `session.badCredentials` for a wrong password.
   */
  stepUp(password: string): Promise<Proved>
}

/** Rejects with `session.badCredentials` where e-mail and password do not match. */
export async function signIn(url: string, who: { email: string; password: string }, options: SessionOptions = {}): Promise<SignedIn> {
  const session = await rest<Session>(options.fetch ?? globalThis.fetch, url, '/api/v1/sessions', { method: 'POST', body: who })
  options.onChange?.(session)
  return resume(url, session, options)
}

/** Goes on with a session that the app has kept. */
export function resume(url: string, session: Session, options: SessionOptions = {}): SignedIn {
  const renewal = new Renewal(url, session, options)
  return {
    get session() {
      return renewal.session
    },
    getToken: (stale) => renewal.token(stale),
    signOut: () => renewal.end(),
    stepUp: (password) => renewal.stepUp(password),
  }
}

class Renewal {
  session: Session
  readonly #url: string
  readonly #fetch: Fetch
  readonly #onChange: NonNullable<SessionOptions['onChange']>
  #due: number
  #over: ParleyError | null = null
  #running: Promise<string> | null = null
  #ending: Promise<void> | null = null
  /** Kept until it is answered: a refresh token is good once, and a retry under another id would look like a thief's. */
  #commandId: CommandId | null = null

  constructor(url: string, session: Session, { fetch, onChange }: SessionOptions) {
    this.session = session
    this.#url = url
    this.#fetch = fetch ?? globalThis.fetch
    this.#onChange = onChange ?? (() => {})
    this.#due = dueAt(session)
  }

  async token(stale?: string): Promise<string> {
    if (this.#over) throw this.#over
    const { accessToken } = this.session
    if (stale !== accessToken && Date.now() < this.#due) return accessToken
    this.#running ??= this.#renew().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #renew(): Promise<string> {
    this.#commandId ??= newId<CommandId>()
    const body = { refreshToken: this.session.refreshToken, commandId: this.#commandId }
    try {
      const session = await rest<unknown>(this.#fetch, this.#url, '/api/v1/sessions/renew', { method: 'POST', body })
      if (!isSession(session)) throw unanswered(malformed('session'))
      if (this.#over) throw this.#over
      this.session = session
      this.#commandId = null
      this.#due = dueAt(session)
      this.#onChange(session)
      return session.accessToken
    } catch (error) {
      if (isRetryable(error) || !(error instanceof ParleyError) || !error.code.startsWith('session.')) throw error
      this.#finish(new ParleyError('session.ended', error.message, { cause: error }))
      throw this.#over
    }
  }

  end(): Promise<void> {
    this.#ending ??= this.#end().finally(() => {
      this.#ending = null
    })
    return this.#ending
  }

  /** The refresh token lives until the server has said otherwise, so nothing less ends the session. */
  async #end(): Promise<void> {
    if (this.#over) return
    try {
      await this.#withToken((token) => rest(this.#fetch, this.#url, '/api/v1/sessions/current', { method: 'DELETE', token }))
    } catch (error) {
      if (!(error instanceof ParleyError) || !isSessionError(error.code)) throw error
    }
    this.#finish(new ParleyError('session.ended', 'Signed out'))
  }

  /** With a token that is not due, and once more with a new one if that was refused. */
  async #withToken<T>(run: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token()
    try {
      return await run(token)
    } catch (error) {
      if (!(error instanceof ParleyError) || !isSessionError(error.code)) throw error
      return run(await this.token(token))
    }
  }

  stepUp(password: string): Promise<Proved> {
    const request = { method: 'POST', body: { password } } as const
    return this.#withToken((token) => rest(this.#fetch, this.#url, '/api/v1/sessions/current/step-up', { ...request, token }))
  }

  #finish(reason: ParleyError): void {
    if (this.#over) return
    this.#over = reason
    this.#onChange(null)
  }
}

const dueAt = ({ accessToken }: Session): number => Date.now() + (renewIn(accessToken, Date.now()) ?? Number.POSITIVE_INFINITY)
