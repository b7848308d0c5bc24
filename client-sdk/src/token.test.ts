import { expect, test } from 'vitest'
import { jwt } from './testing.ts'
import { renewIn } from './token.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const at = (seconds: number) => now / 1_000 + seconds

test('T1 a token is renewed at 80 % of what is left of it', () => {
  expect(renewIn(jwt({ iat: at(0), exp: at(600) }), now)).toBe(480_000)
  expect(renewIn(jwt({ iat: at(-300), exp: at(300) }), now)).toBe(240_000)
  expect(renewIn(jwt({ exp: at(10) }), now)).toBe(8_000)
})

test.each([
  ['ahead', 3_600],
  ['behind', -3_600],
])('T2 with our clock an hour %s, the whole life counts from now', (_, error) => {
  expect(renewIn(jwt({ iat: at(0) - error, exp: at(600) - error }), now)).toBe(480_000)
})

test('T3 a token that does not say when it ends is never renewed', () => {
  for (const token of ['', 'opaque', 'a.b.c', 'a.bnVsbA.c', jwt({}), jwt({ exp: 'soon' })]) expect(renewIn(token, now)).toBeNull()
})

test('T1 a life longer than a timer can wait is renewed early, not at once', () => {
  expect(renewIn(jwt({ iat: at(0), exp: at(10 * 365 * 86_400) }), now)).toBe(2 ** 31 - 1)
})
