import { expect, test } from 'vitest'
import { emptyRoom } from '../contract/reduce.ts'
import { newId } from '../contract/uuid.ts'
import * as out from './outbox.ts'
import { FakeLog, me } from './testing.ts'

const say = (text: string) => ({ commandId: newId<out.Send['commandId']>(), text, at: '2026-11-21T12:00:00.000Z' })
const [first, second] = [say('one'), say('two')]
const both = out.queued(out.queued([], 9, first, me)!, 9, second, null)!

test('O1 one at a time, in the order in which they were said', () => {
  expect(out.nextToSend(both)?.text).toBe('one')
  const under = out.sending(both, first.commandId)
  expect(out.nextToSend(under)?.text).toBe('one')
  const { place } = new FakeLog().send(first.commandId, 'one')
  expect(out.nextToSend(out.acknowledged(under, first.commandId, place))?.text).toBe('two')
})

test('O2 what was under way when the connection went keeps its place and its command id', () => {
  const again = out.interrupted(out.sending(both, first.commandId))
  expect(again).toEqual(both)
})

test('O3 it is known by its event, before any acknowledgement', () => {
  const log = new FakeLog()
  const { place } = log.send(first.commandId, 'one')
  const { outbox, places } = out.settled(both, log.fresh())
  expect(outbox.map((send) => send.text)).toEqual(['two'])
  expect(places.get(first.commandId)).toEqual(place)
})

test('O3 acknowledged, it is shown as on its way until its event is there', () => {
  const { place } = new FakeLog().send(first.commandId, 'one')
  const sent = out.acknowledged(both, first.commandId, place)
  expect(out.settled(sent, emptyRoom).outbox).toHaveLength(2)
  expect(out.settled(sent, { ...emptyRoom, rev: place.seq }).outbox).toHaveLength(1)
})

test('O3 who we are may become known later', () => {
  const log = new FakeLog()
  log.send(second.commandId, 'two')
  expect(out.settled(both, log.fresh()).outbox).toHaveLength(2)
  expect(out.settled(out.identified(both, me), log.fresh()).outbox).toHaveLength(1)
})

test('O4 a full queue takes nothing more', () => {
  expect(out.queued(both, 2, say('three'), me)).toBeNull()
})
