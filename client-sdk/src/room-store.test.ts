import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message, MessagePage } from '../contract/chat/schema.ts'
import type { Envelope } from '../contract/events.ts'
import type { CommandId } from '../contract/ids.ts'
import { newId } from '../contract/uuid.ts'
import { expected, types } from './optimism.ts'
import type { OrderName } from './outbox.ts'
import * as out from './outbox.ts'
import * as rooms from './room-store.ts'
import { FakeLog, me, other } from './testing.ts'

const limits = { window: 12, held: 6 }
const hub = { events: 10, page: 4, snapshot: 5 }
const live = (log: FakeLog, store = rooms.newStore(limits)) => rooms.joined(store, log.joined({}, hub))
const spoken = (count: number): FakeLog => {
  const log = new FakeLog()
  for (let i = 0; i < count; i++) log.hear()
  return log
}
/** What is shown is what the log says up to `rev`, from some message on; what was changed after that may be so already. */
function expectTrue(store: rooms.RoomStore, log: FakeLog): void {
  const changed = log.changedAfter(store.room.rev)
  const sure = (m: Message) => (changed.has(m.seq) ? m.seq : m)
  const shown = store.room.messages.map(sure)
  const all = log.fresh(store.room.rev).messages.map(sure)
  expect(shown).toEqual(shown.length === 0 ? [] : all.slice(-shown.length))
  expect(store.room.more).toBe(shown.length < all.length)
  expect(shown.length).toBeLessThanOrEqual(store.limits.window)
  expect(store.held.size).toBeLessThanOrEqual(store.limits.held)
}

test('R1 events apply strictly by seq; those beyond a hole wait for it', () => {
  const log = spoken(3)
  const store = live(log)
  const [a, b, c] = [log.hear(), log.hear(), log.hear()]
  const holed = rooms.received(store, [c, b])
  expect(holed.room.rev).toBe(3)
  expect(rooms.isBehind(holed)).toBe(true)
  const whole = rooms.received(holed, [a])
  expect(whole.room).toEqual(rooms.received(store, [a, b, c]).room)
  expect(rooms.isLive(whole)).toBe(true)
})

test('R2 an event seen before changes nothing', () => {
  const log = spoken(3)
  const store = live(log)
  expect(rooms.received(store, log.events).room).toBe(store.room)
})

test('R3 what comes before the answer to the join is held until then', () => {
  const log = spoken(3)
  const early = rooms.received(rooms.newStore(limits), [log.hear()])
  expect(early.room.rev).toBe(0)
  const answer = { ...log.joined({}, hub), head: 3, snapshot: spoken(3).snapshot(5) }
  expect(rooms.joined(early, answer).room.rev).toBe(4)
})

test('R4 too many beyond a hole are dropped, and are still known to be missing', () => {
  const log = spoken(1)
  const store = live(log)
  log.hear()
  const flooded = Array.from({ length: 7 }, () => log.hear()).reduce((s, event) => rooms.received(s, [event]), store)
  expect(flooded.held.size).toBe(0)
  expect(flooded).toMatchObject({ head: 9, room: { rev: 1 } })
  const synced = rooms.synced(rooms.synced(flooded, log.synced(1, 4)), log.synced(5, 4))
  expect(rooms.isLive(synced)).toBe(true)
})

test('R5 a snapshot replaces what was there', () => {
  const log = spoken(4)
  const before = rooms.detached(live(log))
  for (let i = 0; i < 20; i++) log.hear()
  const after = rooms.joined(before, log.joined({ after: 4 }, hub))
  expect(after.room.messages.map((m) => m.seq)).toEqual([20, 21, 22, 23, 24])
  expectTrue(after, log)
})

test('R6 a type it does not know, or an event it cannot read, only moves rev on', () => {
  const log = spoken(1)
  const store = live(log)
  const strange = { ...log.hear(), seq: 3, data: null } as unknown as ReturnType<typeof log.hear>
  const moved = rooms.received(store, [{ ...log.unheardOf(), seq: 2 }, strange])
  expect(moved.room).toEqual({ ...store.room, rev: 3 })
})

test('R7 the window stays bounded over 50,000 events, and says that there is more', () => {
  const log = new FakeLog()
  const wide = { window: 200, held: 1_000 }
  let store = rooms.joined(rooms.newStore(wide), log.joined({}, hub))
  for (let i = 0; i < 50_000; i++) log.hear('x')
  for (let at = 0; at < 50_000; at += 500) {
    store = rooms.synced(store, log.synced(at, 500))
    expect(store.room.messages.length).toBeLessThanOrEqual(200)
  }
  expect(store.room).toMatchObject({ rev: 50_000, more: true })
  expect(store.room.messages.at(-1)?.seq).toBe(50_000)
})

test('R8 a page of history is refused where it is older than the store, or where the store begins elsewhere by now', () => {
  const log = spoken(9)
  const store = live(log)
  const page = log.page(5, 3)
  expect(rooms.withPage(store, 6, page)).toBeNull()
  expect(rooms.withPage(rooms.received(store, [log.erase([2])]), 5, page)).toBeNull()
  expect(rooms.withPage(store, 5, { ...page, asOf: 4 })).toBeNull()
  const added = rooms.withPage(store, 5, page)!
  expect(added.room.messages.map((m) => m.seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  expect(added.room.more).toBe(true)
})

test('R8 a page that is overtaken by new messages is as good as ever, while an erasure that cannot be read counts too', () => {
  const log = spoken(40)
  let store = live(log)
  for (let i = 0; i < 5; i++) {
    const before = rooms.oldest(store)
    const page = log.page(before, 7)
    store = rooms.withPage(rooms.received(store, [log.hear()]), before, page)!
    expectTrue(store, log)
  }
  expect(store.room.messages.map((m) => m.seq)).toEqual(Array.from({ length: 45 }, (_, i) => i + 1))
  const unread = rooms.received(store, [{ ...log.erase([1]), data: null } as unknown as Envelope])
  expect(unread.room).toMatchObject({ rev: 46, changedAt: 46 })
})

test('R8 what was asked for is not trimmed away at the next message', () => {
  const log = spoken(60)
  let store = live(log)
  for (let i = 0; i < 5; i++) store = rooms.withPage(store, rooms.oldest(store), log.page(rooms.oldest(store), 10))!
  expect(store.room.messages).toHaveLength(55)
  expect(rooms.received(store, [log.hear()]).room.messages).toHaveLength(56)
})

test('R9 a log that ends before what was seen is forked, and takes nothing more', () => {
  const store = rooms.detached(live(spoken(5)))
  const forked = rooms.joined(store, spoken(4).joined({ after: 5 }, hub))
  expect(forked.stage).toBe('forked')
  expect(rooms.received(forked, [spoken(6).events[5]!])).toBe(forked)
})

type Step =
  | { do: 'hear' | 'erase' | 'unheardOf' | 'detach' | 'join' | 'sync' | 'arrive' | 'ack' | 'ask' | 'page' }
  | { do: 'order' | 'others'; order: OrderName; at: number }
  | { do: 'deliver'; picks: number[] }
const picks = fc.array(fc.nat(60), { minLength: 1, maxLength: 5 })
const one = fc.constantFrom<Step>(
  ...(['hear', 'hear', 'erase', 'unheardOf', 'detach', 'join', 'sync', 'arrive', 'ack', 'ask', 'page'] as const).map((d) => ({ do: d })),
)
const order = fc.constantFrom<OrderName>('chat.send', 'chat.send', ...(Object.keys(types) as OrderName[]))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: one },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('order', 'order', 'others'), order, at: fc.nat(30) }) },
  { weight: 1, arbitrary: picks.map((picks) => ({ do: 'deliver', picks }) as const) },
)

/** One client of one log, over a network that loses, doubles and reorders whatever it likes. */
class World {
  readonly log = spoken(3)
  store = rooms.newStore(limits)
  outbox: out.Outbox = []
  /** Read, and still on its way. */
  page: { before: number | undefined; page: MessagePage } | null = null
  readonly ordered: CommandId[] = []
  readonly sends: CommandId[] = []
  readonly done = new Map<CommandId, number>()
  readonly refused = new Set<CommandId>()

  update(store: rooms.RoomStore, outbox = this.outbox): void {
    const { outbox: open, done } = out.settled(outbox, store.room, store.news)
    for (const [commandId, place] of done) this.done.set(commandId, place.seq)
    this.store = store
    this.outbox = open
  }

  join(): void {
    const { rev } = this.store.room
    const store = rooms.joined(this.store, this.log.joined(rev > 0 ? { after: rev } : {}, hub))
    this.update(store, out.identified(this.outbox, me))
  }

  /** The hub does it; its answer may be lost. */
  arrive({ name, commandId, input }: out.Pending) {
    expect(Object.values(input)).not.toContainEqual(expect.stringContaining('-')) // every message is known by its seq by now
    return this.log.order(name, commandId, input)
  }

  ack(pending: out.Pending): void {
    const done = this.arrive(pending)
    const isDone = typeof done !== 'string'
    const { outbox, gone } = out.without(this.outbox, pending.commandId)
    if (!isDone) for (const id of gone) this.refused.add(id)
    this.update(this.store, isDone ? out.acknowledged(this.outbox, pending.commandId, done.output) : outbox)
  }

  step(step: Step): void {
    const { log } = this
    const { stage, room } = this.store
    const next = out.nextInTurn(this.outbox)
    switch (step.do) {
      case 'hear':
      case 'unheardOf':
        log[step.do]()
        break
      case 'erase':
        log.erase([1 + (log.head % 7), log.head])
        break
      case 'detach':
        this.update(rooms.detached(this.store), out.interrupted(this.outbox))
        break
      case 'join':
        if (stage !== 'attached') this.join()
        break
      case 'sync':
        if (stage === 'attached') this.update(rooms.synced(this.store, log.synced(room.rev, 4)))
        break
      case 'deliver':
        this.update(
          rooms.received(
            this.store,
            step.picks.map((pick) => log.events.at(-1 - (pick % log.head))!),
          ),
        )
        break
      case 'order':
        this.order(step.order, step.at)
        break
      case 'others':
        log.order(step.order, newId<CommandId>(), inputOf(step.order, 1 + (step.at % log.head)), other)
        break
      case 'arrive': // and its answer is lost
        if (next) this.arrive(next)
        break
      case 'ack':
        if (next) this.ack(next)
        break
      case 'ask': {
        const before = rooms.oldest(this.store)
        if (room.rev > 0) this.page = { before, page: log.page(before, 4) }
        break
      }
      case 'page':
        if (this.page) this.store = rooms.withPage(this.store, this.page.before, this.page.page) ?? this.store
        this.page = null
    }
  }

  /** Of any message that is shown, on its way or not. */
  order(name: OrderName, at: number): void {
    const sends = this.outbox.filter((pending) => pending.name === 'chat.send').map(({ commandId }) => commandId)
    const targets: out.Target[] = [...this.store.room.messages.map((m) => m.seq), ...sends]
    const commandId = newId<CommandId>()
    const input = inputOf(name, targets[at % targets.length])
    this.ordered.push(commandId)
    if (name === 'chat.send') this.sends.push(commandId)
    const said = { commandId, name, input, at: '2026-01-01T00:00:00.000Z' } as out.Pending
    this.update(this.store, out.queued(this.outbox, 100, said, this.store.me?.key ?? null)!)
  }

  /** Whatever was ordered is on its way, done or refused: never two of them, never none. */
  expectSound(): void {
    expectTrue(this.store, this.log)
    const open = this.outbox.map(({ commandId }) => commandId)
    expect(this.ordered.filter((id) => !this.done.has(id) && !this.refused.has(id))).toEqual(open)
    const { messages } = this.store.room
    for (const { eventId } of this.outbox) expect(messages.every((m) => m.id !== eventId)).toBe(true)
    const shown = expected(this.store.room, this.outbox, me)
    expect(shown.messages).toHaveLength(messages.length + this.outbox.filter(({ name }) => name === 'chat.send').length)
  }

  finish(): void {
    this.step({ do: 'detach' })
    this.join()
    for (let next = out.nextInTurn(this.outbox); next; next = out.nextInTurn(this.outbox)) this.ack(next)
    this.update(rooms.received(this.store, this.log.events.slice(-1)))
    while (rooms.isBehind(this.store)) this.step({ do: 'sync' })
  }
}

const inputOf = (name: OrderName, target: out.Target | undefined): object => {
  if (name === 'room.configure') return { slowMode: typeof target === 'number' ? target : 0 }
  if (name === 'chat.send') return { text: 'words', ...(target !== undefined && String(target) > '2' && { replyTo: target }) }
  return { message: target ?? 1, ...(name === 'chat.edit' && { text: 'others' }), ...(name.endsWith('react') && { emoji: '👍' }) }
}

test('R10 whatever is lost, doubled or reordered: always true to the log, and in the end all of it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const world = new World()
      for (const step of steps) {
        world.step(step)
        world.expectSound()
      }
      world.finish()
      world.expectSound()
      const { room } = world.store
      const { messages, settings, pins } = world.log.fresh()
      expect(room).toMatchObject({ rev: world.log.head, settings, pins })
      expect(room.messages).toEqual(room.messages.length === 0 ? [] : messages.slice(-room.messages.length))
      expect(world.outbox).toEqual([])
      const seqs = world.sends.flatMap((id) => world.done.get(id) ?? [])
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b)) // in the order in which they were said, each once
      expect(new Set(seqs).size).toBe(seqs.length)
    }),
    { numRuns: 1_000 },
  )
})
