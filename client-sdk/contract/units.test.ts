import { expect, test } from 'vitest'
import { WebAddress } from './units.ts'

test.each(['https://example.com', 'HTTPS://Example.com/path?q=a@b#c', 'https://example.com:8443/@someone', 'https://example.com/сторінка'])(
  '%s is a web address',
  (address) => expect(WebAddress.parse(address)).toBe(address),
)

test.each([
  'http://example.com',
  'javascript:alert(1)',
  'https:example.com',
  'https:\\\\example.com',
  'https://example.com@elsewhere.com/',
  'https://user:password@example.com/',
  'https://example.com/a b',
  'https://localhost/',
  'https://127.0.0.1/',
  'https://example.com/\u0000',
  'https://example.com/\ud800',
  'https://example.com/\u202egnp.exe',
])('%j is no web address that everybody reads alike', (address) => expect(WebAddress.safeParse(address).success).toBe(false))
