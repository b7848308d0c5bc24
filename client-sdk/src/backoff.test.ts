import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullJitter } from './backoff.ts'

test('C3 the ceiling doubles from 250 ms and stays at 15 s', () => {
  const longest = fullJitter(() => 1)
  expect([0, 1, 2, 5, 6, 50, 5_000].map(longest)).toEqual([250, 500, 1_000, 8_000, 15_000, 15_000, 15_000])
})

test('C3 full jitter: any wait between nothing and the ceiling', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), (random, failed) => {
      const wait = fullJitter(() => random)(failed)
      expect(wait).toBeGreaterThanOrEqual(0)
      expect(wait).toBeLessThanOrEqual(Math.min(15_000, 250 * 2 ** failed))
    }),
  )
})
