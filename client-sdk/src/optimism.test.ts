import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../contract/chat/schema.ts'
import type { CommandId } from '../contract/ids.ts'
import { newId } from '../contract/uuid.ts'
import { type Expected, expected, types } from './optimism.ts'
import * as out from './outbox.ts'
import { FakeLog, me } from './testing.ts'

const at = '2026-11-21T12:00:00.000Z'
const order = <N extends out.OrderName>(name: N, input: out.Orders[N]) =>
  ({ commandId: newId<CommandId>(), name, input, at }) as out.Pending
const queue = (...orders: out.Pending[]): out.Outbox => orders.reduce<out.Outbox>((outbox, next) => out.queued(outbox, 99, next, me)!, [])

function talk(): FakeLog {
  const log = new FakeLog()
  for (const text of ['a', 'b']) log.hear(text)
  log.send(newId<CommandId>(), 'mine')
  return log
}

test('E1 each change is shown at once as the reducer will make it', () => {
  const room = talk().fresh()
  const outbox = queue(
    order('chat.edit', { message: 3, text: 'better' }),
    order('chat.react', { message: 1, emoji: '👍' }),
    order('chat.pin', { message: 2 }),
    order('chat.send', { text: 'new', replyTo: 1 }),
    order('room.configure', { slowMode: 7 }),
  )
  const { messages, pins, settings } = expected(room, outbox, me)
  expect(messages).toMatchObject([
    { seq: 1, rev: 1, reactions: [{ emoji: '👍', by: [me] }], replies: 1 },
    { seq: 2 },
    { seq: 3, rev: 3, text: 'better', editedAt: at },
    { text: 'new', replyTo: 1, thread: 1 },
  ])
  expect(messages[1]).toBe(room.messages[1])
  expect([pins, settings.slowMode]).toEqual([[2], 7])
  expect(room).toEqual(talkOf(room)) // it was not written in
})
const talkOf = (room: ReturnType<FakeLog['fresh']>) => ({ ...room, pins: [], settings: { slowMode: 0, announcementsOnly: false } })

test('E2 what is done to a message on its way is shown on it, and no place that does not exist is told', () => {
  const first = order('chat.send', { text: 'one' })
  const outbox = queue(
    first,
    order('chat.edit', { message: first.commandId, text: 'uno' }),
    order('chat.pin', { message: first.commandId }),
    order('chat.send', { text: 'two', replyTo: first.commandId }),
  )
  const { messages, pins } = expected(talk().fresh(), outbox, me)
  expect(messages.slice(3)).toMatchObject([
    { text: 'uno', replies: 1 },
    { text: 'two', replyTo: null, thread: null },
  ])
  expect(pins).toEqual([])
})

test('E2 acknowledged, and its event not here yet, it takes changes by its seq', () => {
  const first = order('chat.send', { text: 'one' })
  const sent = out.acknowledged(queue(first), first.commandId, { messageId: first.eventId!, seq: 9, at })
  const outbox = out.queued(sent, 99, order('chat.edit', { message: 9, text: 'uno' }), me)!
  expect(expected(talk().fresh(), outbox, me).messages.at(-1)).toMatchObject({ text: 'uno' })
})

const said = ({ text, deleted, reactions, replies, author, editedAt }: Message) => ({
  text,
  deleted,
  reactions,
  replies,
  author,
  edited: editedAt !== null,
})
const seen = ({ messages, settings, pins }: Expected) => ({ messages: messages.map(said), settings, pins: pins.filter((seq) => seq <= 3) })
const name = fc.constantFrom(...(Object.keys(types) as out.OrderName[]))

test('E3 what is shown is what will be, but for what is refused', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.nat(9), fc.constantFrom('👍', '🎉')), { maxLength: 12 }), (wishes) => {
      const log = talk()
      const room = log.fresh()
      let outbox: out.Outbox = []
      for (const [name, pick, emoji] of wishes) {
        const targets = [1, 2, 3, ...outbox.filter((pending) => pending.name === 'chat.send').map(({ commandId }) => commandId)]
        const message = targets[pick % targets.length]!
        const inputs = { 'room.configure': { slowMode: pick }, 'chat.send': { text: emoji, ...(pick > 4 && { replyTo: message }) } }
        const input = inputs[name as keyof typeof inputs] ?? {
          message,
          ...(name === 'chat.edit' && { text: 'x' }),
          ...(name.endsWith('react') && { emoji }),
        }
        outbox = out.queued(outbox, 99, order(name, input as never), me)!
      }
      let accepted = outbox
      for (let rest = outbox, next = rest[0]; next; next = rest.find(({ stage }) => stage !== 'sent')) {
        const done = log.order(next.name, next.commandId, next.input)
        if (typeof done !== 'string') rest = out.acknowledged(rest, next.commandId, done.output)
        else {
          accepted = out.without(accepted, next.commandId).outbox
          rest = out.without(rest, next.commandId).outbox
        }
      }
      expect(seen(expected(room, accepted, me))).toEqual(seen(log.fresh()))
    }),
    { numRuns: 500 },
  )
})
