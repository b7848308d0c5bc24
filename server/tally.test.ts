import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tally } from './tally.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a flood is one line a second and name, and none is lost', () => {
  const told: [string, number][] = []
  const count = tally((name, n) => told.push([name, n]))
  for (let i = 0; i < 1_000; i++) count('chat.send')
  count('unknown')
  expect(told).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual([
    ['chat.send', 1_000],
    ['unknown', 1],
  ])
  vi.advanceTimersByTime(5_000)
  count('unknown')
  vi.advanceTimersByTime(1_000)
  expect(told.slice(2)).toEqual([['unknown', 1]])
})
