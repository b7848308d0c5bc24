import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digest } from './digest.ts'

const byNode = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
const ours = (bytes: Uint8Array): string => Buffer.from(digest.sha1(bytes)).toString('hex')

test('our SHA-1 is Node’s, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(ours(bytes)).toBe(byNode(bytes))
    }),
    { numRuns: 500 },
  )
})

test('our SHA-1 is Node’s at every length around the end of a block', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = new Uint8Array(length).fill(length)
    expect(ours(bytes)).toBe(byNode(bytes))
  }
})

test('our SHA-1 takes the part of a buffer that it is given, and changes nothing of it', () => {
  const whole = Uint8Array.from({ length: 100 }, (_, i) => i)
  expect(ours(whole.subarray(10, 60))).toBe(byNode(whole.subarray(10, 60)))
  expect(whole[59]).toBe(59)
})
