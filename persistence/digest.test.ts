import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digest } from './digest.ts'

test('HMAC is what createHmac makes, for keys and messages of any length', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      expect(Buffer.from(digest.hmacSha256(key, message))).toEqual(createHmac('sha256', key).update(message).digest())
    }),
    { numRuns: 500 },
  )
})
