import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Idle } from './idle.ts'

const listeners = new Map<string, () => void>()
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener))
  vi.stubGlobal('removeEventListener', (name: string) => listeners.delete(name))
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('W7 away after a while without a touch, and back at once', () => {
  const tell = vi.fn()
  const idle = new Idle(300_000, tell)
  vi.advanceTimersByTime(299_999)
  listeners.get('keydown')?.()
  vi.advanceTimersByTime(299_999)
  expect(tell).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  listeners.get('pointerdown')?.()
  idle.stirred()
  expect(tell.mock.calls).toEqual([[true], [false]])
  idle.end()
  vi.advanceTimersByTime(900_000)
  expect([tell.mock.calls.length, listeners.size, vi.getTimerCount()]).toEqual([2, 0, 0])
})

test('W7 a page that is hidden is no touch', () => {
  const tell = vi.fn()
  const idle = new Idle(1_000, tell)
  vi.advanceTimersByTime(1_000)
  vi.stubGlobal('document', { visibilityState: 'hidden' })
  listeners.get('visibilitychange')?.()
  expect(idle.away).toBe(true)
  vi.stubGlobal('document', { visibilityState: 'visible' })
  listeners.get('visibilitychange')?.()
  expect(idle.away).toBe(false)
  idle.end()
})

test('W7 what the app says stays until the app takes it back', () => {
  const tell = vi.fn()
  const idle = new Idle(1_000, tell)
  idle.setAway(true)
  idle.stirred()
  vi.advanceTimersByTime(5_000)
  expect(idle.away).toBe(true)
  idle.setAway(false)
  expect(tell.mock.calls).toEqual([[true], [false]])
  idle.end()
})
