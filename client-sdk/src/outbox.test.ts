import { expect, test } from 'vitest'
import type { Envelope } from '../contract/events.ts'
import type { CommandId } from '../contract/ids.ts'
import { emptyRoom } from '../contract/reduce.ts'
import { newId } from '../contract/uuid.ts'
import * as out from './outbox.ts'
import { FakeLog, me } from './testing.ts'

const say = (text: string) => ({
  commandId: newId<CommandId>(),
  name: 'chat.send' as const,
  input: { text },
  at: '2026-11-21T12:00:00.000Z',
})
const [first, second] = [say('one'), say('two')]
const both = out.queued(out.queued([], 9, first, me)!, 9, second, null)!

test('O1 one at a time, in the order in which they were said', () => {
  expect(out.nextInTurn(both)?.input).toEqual({ text: 'one' })
  const under = out.sending(both, first.commandId)
  expect(out.nextInTurn(under)?.input).toEqual({ text: 'one' })
  const { place } = new FakeLog().send(first.commandId, 'one')
  expect(out.nextInTurn(out.acknowledged(under, first.commandId, place))?.input).toEqual({ text: 'two' })
})

test('O2 what was under way when the connection went keeps its place and its command id', () => {
  const again = out.interrupted(out.sending(both, first.commandId))
  expect(again).toEqual(both)
})

test('O3 it is known by its event, before any acknowledgement', () => {
  const log = new FakeLog()
  const { place } = log.send(first.commandId, 'one')
  const { outbox, done } = out.settled(both, log.fresh(), [])
  expect(outbox).toEqual([both[1]])
  expect(done.get(first.commandId)).toEqual(place)
})

test('O3 acknowledged, it is shown as on its way until its event is there', () => {
  const { place } = new FakeLog().send(first.commandId, 'one')
  const sent = out.acknowledged(both, first.commandId, place)
  expect(out.settled(sent, emptyRoom, []).outbox).toHaveLength(2)
  expect(out.settled(sent, { ...emptyRoom, rev: place.seq }, []).outbox).toHaveLength(1)
})

test('O3 who we are may become known later', () => {
  const log = new FakeLog()
  log.send(second.commandId, 'two')
  expect(out.settled(both, log.fresh(), []).outbox).toHaveLength(2)
  expect(out.settled(out.identified(both, me), log.fresh(), []).outbox).toHaveLength(1)
})

test('O4 a full queue takes nothing more', () => {
  expect(out.queued(both, 2, say('three'), me)).toBeNull()
})

const order = (name: out.OrderName, input: object) => ({ commandId: newId<CommandId>(), name, input, at: first.at }) as out.Pending

test('O7 what is done to a message that is on its way waits until its seq is known', () => {
  const edit = order('chat.edit', { message: first.commandId, text: 'uno' })
  const reply = order('chat.send', { text: 'three', replyTo: second.commandId })
  const all = [edit, reply].reduce((outbox, next) => out.queued(outbox, 9, next, me)!, both)
  const { place } = new FakeLog().send(first.commandId, 'one')
  const sent = out.acknowledged(all, first.commandId, place)
  expect(sent[2]?.input).toEqual({ message: place.seq, text: 'uno' })
  expect(sent[3]?.input).toEqual({ text: 'three', replyTo: second.commandId })
  const log = new FakeLog()
  log.send(first.commandId, 'one')
  expect(out.settled(all, log.fresh(), []).outbox.map(({ input }) => input)).toMatchObject([{}, { message: 1 }, {}])
})

test('O7 a send that is refused takes with it what was done to it, and what was done to that', () => {
  const reply = order('chat.send', { text: 'three', replyTo: first.commandId })
  const chain = [reply, order('chat.react', { message: reply.commandId, emoji: '👍' }), order('chat.pin', { message: 1 })]
  const all = chain.reduce((outbox, next) => out.queued(outbox, 9, next, me)!, both)
  const { outbox, gone } = out.without(all, first.commandId)
  expect(outbox.map(({ name }) => name)).toEqual(['chat.send', 'chat.pin'])
  expect(gone.size).toBe(3)
})

test('O8 a change is done when its event is applied, or when the room has reached the seq of its acknowledgement', () => {
  const log = new FakeLog()
  log.send(first.commandId, 'one')
  const pin = order('chat.pin', { message: 1 })
  const outbox = out.queued([], 9, pin, me)!
  const { event, output } = log.order(pin.name, pin.commandId, pin.input) as { event: Envelope; output: { seq: number } }
  expect(out.settled(outbox, log.fresh(), [event]).done.get(pin.commandId)).toEqual({ seq: 2 })
  const sent = out.acknowledged(outbox, pin.commandId, output)
  expect(out.settled(sent, log.fresh(1), []).outbox).toHaveLength(1)
  expect(out.settled(sent, log.fresh(), []).outbox).toHaveLength(0)
})

test('it is plain data: what a storage gives back says the same', () => {
  const all = out.queued(both, 9, order('room.configure', { slowMode: 5 }), me)!
  expect(JSON.parse(JSON.stringify(all))).toEqual(all)
})
