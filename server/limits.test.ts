import { expect, test } from 'vitest'
import { addressKey } from './address.ts'
import { limited, TokenBuckets, unlimited } from './limits.ts'

const takes = (buckets: TokenBuckets, key: string, times: number) =>
  Array.from({ length: times }, () => buckets.take(key)).filter(Boolean).length

test('a burst passes at once, and so many come back each second', () => {
  let now = 0
  const buckets = new TokenBuckets({ perSecond: 2, burst: 5 }, () => now)
  expect(takes(buckets, 'a', 9)).toBe(5)
  now += 1_000
  expect(takes(buckets, 'a', 9)).toBe(2)
  now += 250
  expect(takes(buckets, 'a', 9)).toBe(0)
  now += 250
  expect(takes(buckets, 'a', 9)).toBe(1)
  now += 3_600_000
  expect(takes(buckets, 'a', 9)).toBe(5)
})

test('one key spends nothing of another', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => 0)
  expect([buckets.take('a'), buckets.take('b'), buckets.take('a')]).toEqual([true, true, false])
})

test('beyond the most keys the one asked about longest ago is forgotten, and no other', () => {
  const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, () => 0, 3)
  for (const key of ['a', 'b', 'c', 'a', 'd']) buckets.take(key) // forgets b
  expect(['a', 'c', 'd'].map((key) => buckets.take(key))).toEqual([false, false, false])
  expect(buckets.take('b')).toBe(true)
})

test('what was spent elsewhere is spent here, and a debt ends when the bucket would have been full', () => {
  let now = 0
  const buckets = new TokenBuckets({ perSecond: 2, burst: 10 }, () => now)
  buckets.charge('a', 3) // nobody asked here yet: nothing is remembered
  expect(takes(buckets, 'a', 6)).toBe(6)
  buckets.charge('a', 3)
  expect(takes(buckets, 'a', 6)).toBe(1)
  buckets.charge('a', 1_000)
  expect(buckets.wait('a')).toBe(6) // from -10 to 1, at 2 a second
  now += 5_000
  expect(takes(buckets, 'a', 1)).toBe(0)
  now += 1_000
  expect(takes(buckets, 'a', 5)).toBe(2)
})

test('whoever is refused is told which limit it was and when to come again, in whole seconds', () => {
  const commands = new TokenBuckets({ perSecond: 0.25, burst: 1 }, () => 0)
  commands.take('a')
  const error = limited({ ...unlimited(), commands }, 'commands', 'a')
  expect(error).toMatchObject({ code: 'rate.limited', retryable: true, retryAfter: 4 })
  expect(error.message).toContain('RATE_PER_SECOND')
  expect(new TokenBuckets({ perSecond: 100, burst: 1 }).wait('a')).toBe(1)
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('the address %s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
