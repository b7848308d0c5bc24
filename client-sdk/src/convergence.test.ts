import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from './client.ts'
import { types } from './optimism.ts'
import type { OrderName } from './outbox.ts'
import type { Room } from './room.ts'
import type { RoomMessage } from './room-view.ts'
import { FakeHub, roomId } from './testing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const deed = fc.record({
  do: fc.constantFrom('hear', 'hear', 'send', 'send', 'change', 'change', 'others', 'read', 'cut', 'erase', 'burst'),
  name: fc.constantFrom(...(Object.keys(types) as OrderName[])),
  after: fc.integer({ min: 0, max: 4_000 }), // ms
})
/** What becomes of each piece of news, in turn: when each of its copies arrives. Three in ten are lost. */
const fates = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    { weight: 7, arbitrary: fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 3 }) },
  ),
  { minLength: 5, maxLength: 60 },
)

/** One of ours, of any message that is shown, on its way or not. */
function change(room: Room, name: OrderName, at: number): Promise<unknown> {
  if (name === 'room.configure') return room.configure({ slowMode: at })
  const message = room.state.messages[at % (room.state.messages.length || 1)]
  if (!message) return Promise.resolve()
  if (name === 'chat.send') return room.send('a reply', { replyTo: message })
  const does = { edit: (m: RoomMessage) => room.edit(m, `edited ${at}`), delete: room.delete, pin: room.pin, unpin: room.unpin }
  const reacts = { react: room.react, unreact: room.unreact }
  const verb = name.slice(5)
  if (verb in reacts) return reacts[verb as keyof typeof reacts].call(room, message, at % 2 ? '👍' : '🎉')
  return does[verb as keyof typeof does].call(room, message)
}

test('R10 a whole client over a network that loses, delays, doubles and cuts ends with the fresh state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 30 }), fates, fc.integer({ min: 0, max: 99 }), async (deeds, fates, jitter) => {
      const hub = new FakeHub()
      hub.leaky = true
      let turn = 0
      hub.network = () => fates[turn++ % fates.length]!
      const limits = { maxMessages: 15, maxHeld: 5, ackTimeout: 2_000 }
      const parley = connect({
        url: 'http://hub.test',
        getToken: async () => 't',
        random: () => jitter / 100,
        openSocket: hub.open,
        ...limits,
      })
      const room = parley.room(roomId)
      const joined = room.join()
      const said: Promise<{ seq: number }>[] = []
      const changes: Promise<unknown>[] = []
      for (const { do: what, name, after } of deeds) {
        await vi.advanceTimersByTimeAsync(after)
        if (what === 'hear') hub.tell(hub.log.hear())
        if (what === 'burst') for (let i = 0; i < 12; i++) hub.tell(hub.log.hear())
        if (what === 'erase' && hub.log.head > 0) hub.tell(hub.log.erase([1 + (after % hub.log.head)]))
        if (what === 'send') said.push(room.send(`mine ${said.length}`))
        if (what === 'change') changes.push(change(room, name, after))
        if (what === 'others') hub.others(name, { message: 1 + (after % (hub.log.head + 1)), text: 'theirs', emoji: '🎉', slowMode: after })
        if (what === 'read') room.markRead()
        if (what === 'cut') hub.cut()
      }
      hub.network = () => [1]
      hub.cut()
      await vi.advanceTimersByTimeAsync(120_000)
      await joined

      const ends = await Promise.allSettled(changes)
      for (const end of ends)
        if (end.status === 'rejected') expect(end.reason.code).toMatch(/^(resource.notFound|message.deleted|access.denied)$/)
      const seqs = (await Promise.all(said)).map((place) => place.seq)
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
      expect(hub.log.events.filter((event) => event.id && seqs.includes(event.seq))).toHaveLength(said.length)
      const { status, rev, messages, more, pins, settings, waiting, read } = room.state
      expect(read).toBe(hub.read)
      const now = hub.log.fresh()
      expect({ pins, settings, waiting }).toEqual({ pins: now.pins, settings: now.settings, waiting: 0 })
      const all = hub.log.page(undefined, 1_000).messages.reverse()
      expect({ status, rev, more }).toEqual({ status: 'live', rev: hub.log.head, more: messages.length < all.length })
      expect(messages.map(({ mine: _mine, pending: _pending, ...message }) => message)).toEqual(
        messages.length ? all.slice(-messages.length) : [],
      )
      expect(messages.length).toBeGreaterThanOrEqual(Math.min(5, all.length))
      parley.close()
    }),
    { numRuns: 300 },
  )
}, 120_000)
