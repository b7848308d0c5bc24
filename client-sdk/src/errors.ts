import { type ErrorCode, errors, ParleyError, type WireError } from '../contract/errors.ts'

/** A failure that the hub answered with. `retryable` is what the hub says, so it holds for codes newer than this SDK. */
export class RemoteError extends ParleyError {
  readonly requestId: string
  readonly #retryable: boolean

  constructor({ code, message, retryable, requestId, retryAfter }: WireError) {
    super(code, message, { retryAfter })
    this.name = 'RemoteError'
    this.requestId = requestId
    this.#retryable = retryable
  }
  override get retryable(): boolean {
    return this.#retryable
  }
}

/** As it came, to be told to another tab. */
export const wireOf = ({ code, message, retryable, requestId }: RemoteError): WireError => ({ code, message, retryable, requestId })

/** No answer came: what was asked may have been done or not. Ask again with the same command id. */
export const unanswered = (cause?: unknown): ParleyError => new ParleyError('server.unavailable', 'No answer came', { cause })

export const isRetryable = (error: unknown): boolean => error instanceof ParleyError && error.retryable

/** The session itself was refused, not what was asked. */
export const isSessionError = (code: string): boolean => code === 'session.required' || code === 'session.ended'

/** The one who is here is not the one whose storage it is. */
export const isStranger = ({ code }: ParleyError): boolean => code === 'session.badCredentials'

/** What came as an error, if it is one of ours. */
export function asWireError(value: unknown): WireError | null {
  if (typeof value !== 'object' || value === null || !('code' in value) || typeof value.code !== 'string') return null
  const { code, message, retryable, requestId, retryAfter } = value as { [K in keyof WireError]: unknown } & { code: ErrorCode }
  return {
    code,
    message: typeof message === 'string' ? message : code,
    retryable: typeof retryable === 'boolean' ? retryable : Object.hasOwn(errors, code) && errors[code].retryable,
    requestId: typeof requestId === 'string' ? requestId : '',
    ...(typeof retryAfter === 'number' && { retryAfter }),
  }
}
