import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ParleyError } from '../client-sdk/contract/index.ts'
import { createLog } from './log.ts'

function record(level?: 'debug' | 'warn') {
  const writes: string[] = []
  const log = createLog({ write: (text) => void writes.push(text), now: () => new Date(0), ...(level ? { level } : {}) })
  const lines = () => {
    log.flush()
    const written = writes.join('').split('\n').filter(Boolean)
    return written.map((line) => JSON.parse(line))
  }
  return { log, writes, lines }
}

test('a line is one JSON object with its fields', () => {
  const { log, lines } = record()
  log.child({ node: 'a' }).info('rest', { code: 'ok', ms: 1.5, big: 10n })
  expect(lines()).toEqual([{ at: '1970-01-01T00:00:00.000Z', level: 'info', message: 'rest', node: 'a', code: 'ok', ms: 1.5, big: '10' }])
})

test('lines below the level are left out', () => {
  const { log, lines } = record('warn')
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  expect(lines().map((line) => line.message)).toEqual(['c', 'd'])
})

test('lines are written together, within 100 ms', async () => {
  const { log, writes } = record()
  for (let i = 0; i < 50; i++) log.info('x')
  expect(writes).toEqual([])
  await sleep(150)
  expect(writes).toHaveLength(1)
})

test('an error says its name, message, stack and code, and its cause', () => {
  const { log, lines } = record()
  const cause = Object.assign(new TypeError('inner'), { code: '23505', row: 'private' })
  log.error('failed', { error: new ParleyError('server.unavailable', 'outer', { cause }) })
  const [{ error }] = lines()
  expect(error).toMatchObject({
    name: 'ParleyError',
    message: 'outer',
    code: 'server.unavailable',
    cause: { name: 'TypeError', code: '23505' },
  })
  expect(error.stack).toContain('log.test.ts')
  expect(JSON.stringify(error)).not.toContain('private')
})

test('what was thrown need not be an error', () => {
  const { log, lines } = record()
  const loop: Record<string, unknown> = {}
  loop.self = loop
  for (const error of ['text', 7, null, undefined, { a: 1 }, loop]) log.error('failed', { error })
  expect(lines()).toHaveLength(6)
})

test('secrets and what people wrote are kept out, by name and by look', () => {
  const { log, lines } = record()
  const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  const quoting = new Error(
    `bad ${jwt}; Authorization: Bearer hush-1; postgres://parley:hush-2@db/x\n - detail: Key (email)=(hush-3) exists.`,
  )
  log.error('failed', {
    error: quoting,
    accessToken: 'hush-4',
    password: 'hush-5',
    nested: { personal: { text: 'hush-6' }, body: 'hush-7' },
  })
  log.error('failed', { error: `-----BEGIN PRIVATE KEY-----\nhush-8\n-----END PRIVATE KEY-----`, headers: { cookie: 'hush-9' } })
  const text = JSON.stringify(lines())
  expect(text).not.toMatch(/hush|eyJ/)
  expect(text).toContain('postgres://[hidden]@db/x')
})
