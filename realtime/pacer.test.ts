import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Envelope, newId, type RoomId } from '../client-sdk/contract/index.ts'
import { Pacer } from './pacer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const [one, two] = [newId<RoomId>(), newId<RoomId>()]
const event = (seq: number) => ({ seq }) as Envelope

/** A pacer on a node that is as busy as `load.busy` says. */
function paced(load: { busy: number }) {
  const sent: [RoomId, number[]][] = []
  const pacer = new Pacer(
    (roomId, events) => sent.push([roomId, events.map((e) => e.seq)]),
    () => load.busy,
  )
  vi.advanceTimersByTime(100)
  return { pacer, sent }
}

test('an idle node sends at once', () => {
  const { pacer, sent } = paced({ busy: 0.5 })
  pacer.emit(one, [event(1)])
  pacer.emit(one, [event(2), event(3)])
  expect(sent).toEqual([
    [one, [1]],
    [one, [2, 3]],
  ])
})

test('a busy node sends what has come together, each room’s in order, within 25 ms', () => {
  const { pacer, sent } = paced({ busy: 1 })
  pacer.emit(one, [event(1)])
  pacer.emit(two, [event(7)])
  pacer.emit(one, [event(2), event(3)])
  expect(sent).toEqual([])
  vi.advanceTimersByTime(25)
  expect(sent).toEqual([
    [one, [1, 2, 3]],
    [two, [7]],
  ])
})

test('when the node is idle again, nothing overtakes what is still held back', () => {
  const load = { busy: 1 }
  const { pacer, sent } = paced(load)
  vi.advanceTimersByTime(95)
  pacer.emit(one, [event(1)])
  load.busy = 0
  vi.advanceTimersByTime(6)
  pacer.emit(one, [event(2)])
  pacer.emit(two, [event(7)])
  vi.advanceTimersByTime(25)
  expect(sent).toEqual([
    [two, [7]],
    [one, [1, 2]],
  ])
})

test('what is held back is sent before the pacer closes', () => {
  const { pacer, sent } = paced({ busy: 1 })
  pacer.emit(one, [event(1)])
  pacer.close()
  expect(sent).toEqual([[one, [1]]])
})
