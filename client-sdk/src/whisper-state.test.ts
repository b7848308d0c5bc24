import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeLog, me, other } from './testing.ts'
import { Typist, WhisperState } from './whisper-state.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('W3 who types does so until 6 s after they said so last', () => {
  const changed = vi.fn()
  const state = new WhisperState(changed)
  state.hearTyping(other, true)
  vi.advanceTimersByTime(5_000)
  state.hearTyping(other, true)
  vi.advanceTimersByTime(5_999)
  expect(state.typing).toEqual([other])
  vi.advanceTimersByTime(1)
  expect(state.typing).toEqual([])
  expect(changed).toHaveBeenCalledTimes(2) // said again, it is no news
})

test('W3 who said what they typed, or is gone, types no more', () => {
  const state = new WhisperState(() => {})
  const log = new FakeLog()
  state.hearTyping(other, true)
  state.hearTyping(me, true)
  state.heard([log.hear()])
  expect(state.typing).toEqual([me])
  state.end()
  expect([state.typing, vi.getTimerCount()]).toEqual([[], 0])
})

test('W4 our typing is told every 3 s at most, ends 5 s after the last stroke, and with the message by itself', () => {
  const said = vi.fn()
  const typist = new Typist(said)
  for (let stroke = 0; stroke < 35; stroke++) {
    typist.typing(true)
    vi.advanceTimersByTime(100)
  }
  expect(said.mock.calls).toEqual([[true], [true]])
  vi.advanceTimersByTime(5_000)
  expect(said.mock.calls.slice(2)).toEqual([[false]])
  typist.typing(true)
  typist.end()
  vi.advanceTimersByTime(10_000)
  typist.typing(false)
  expect(said.mock.calls.slice(3)).toEqual([[true]])
})
