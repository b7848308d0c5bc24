import { type ErrorCode, ParleyError } from '../contract/errors.ts'
import { PROTOCOL_VERSION } from '../contract/version.ts'
import { asWireError, RemoteError, unanswered } from './errors.ts'

/** Milliseconds. */
const REQUEST = 15_000
const DOWNLOAD = 300_000

/** What stands in for the platform’s `fetch`. */
export type Fetch = typeof globalThis.fetch
/** `cache: 'reload'` goes past the browser's cache, and asks those on the way to look again. */
export type Request = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  token?: string
  body?: unknown
  cache?: 'reload'
  /** How to read an answer that is no JSON, and may be long. */
  read?: (response: Response) => Promise<unknown>
}

/**
 * One call of the REST API, its answer as JSON. Rejects with the `RemoteError` of the problem details (RFC 9457) that the
 * hub answered with, or with a retryable `server.unavailable` where none came.
 */
export async function rest<T>(fetch: Fetch, url: string, path: string, request: Request = {}): Promise<T> {
  const { method = 'GET', token, body, cache, read } = request
  const headers: Record<string, string> = { accept: read ? '*/*' : 'application/json', 'parley-protocol': String(PROTOCOL_VERSION) }
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(read ? DOWNLOAD : REQUEST) }
  if (body !== undefined) init.body = JSON.stringify(body)
  if (cache !== undefined) init.cache = cache
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, init)
    if (response.ok) return (read ? await read(response) : response.status === 204 ? undefined : await response.json()) as T
    throw problem(response.status, await response.json().catch(() => null))
  } catch (error) {
    throw error instanceof ParleyError ? error : unanswered(error)
  }
}

/** A proxy in between answers in words of its own: then the status has to do. */
function problem(status: number, details: unknown): ParleyError {
  const wire = asWireError(details)
  const { detail } = (details ?? {}) as { detail?: unknown }
  if (wire) return new RemoteError({ ...wire, message: typeof detail === 'string' ? detail : wire.code })
  return new ParleyError(byStatus[status] ?? (status >= 500 ? 'server.unavailable' : 'request.invalid'), `The server answered ${status}`)
}

const byStatus: Record<number, ErrorCode> = {
  401: 'session.required',
  403: 'access.denied',
  404: 'resource.notFound',
  413: 'request.tooLarge',
  429: 'rate.limited',
}
