import { createApp, type RestApp } from './http.ts'
import { createLog } from './log.ts'
import type { Engine } from './route.ts'
import { type TestPerson, type World, type WorldOptions, world } from './testing.ts'

type Request = { token?: string; body?: unknown; headers?: Record<string, string>; address?: string }
/** `body` is empty where the answer is no JSON. */
export type Answer = { status: number; body: Record<string, unknown>; headers: Headers; text: string }
export type Rest = World & {
  app: RestApp
  /** `body` goes as JSON, a string as it is. */
  call(method: string, path: string, request?: Request): Promise<Answer>
  /** An access token of a new session. */
  token(person: TestPerson): Promise<string>
  /** What was logged, parsed. */
  lines(): Record<string, unknown>[]
}

type Options = WorldOptions & { engines?: () => readonly Engine[]; trustedProxies?: number; embedded?: boolean }
export const ORIGIN = 'https://app.example.com'

/** A world with the REST side in front of it. */
export async function restWorld({ engines, trustedProxies, embedded, ...options }: Options = {}): Promise<Rest> {
  const w = await world(options)
  let written = ''
  const log = createLog({
    level: 'debug',
    write: (text) => {
      written += text
    },
  })
  const app = createApp(w.house, { log, isAllowedOrigin: (origin) => origin === ORIGIN, engines, trustedProxies, embedded })
  const call: Rest['call'] = async (method, path, { token, body, headers, address = '192.0.2.1' } = {}) => {
    const sent = new Headers(headers)
    if (token !== undefined) sent.set('Authorization', `Bearer ${token}`)
    if (body !== undefined && !sent.has('Content-Type')) sent.set('Content-Type', 'application/json')
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const bindings = { incoming: { socket: { remoteAddress: address } } }
    const response = await app.request(path, { method, headers: sent, ...(text === undefined ? {} : { body: text }) }, bindings)
    const answer = await response.text()
    const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '') && answer !== ''
    return { status: response.status, body: isJson ? JSON.parse(answer) : {}, headers: response.headers, text: answer }
  }
  const lines = () => {
    log.flush()
    return written.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }
  return { ...w, app, call, token: async (person) => (await w.session(person)).accessToken, lines }
}
