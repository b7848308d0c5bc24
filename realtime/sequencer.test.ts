import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Envelope } from '../client-sdk/contract/index.ts'
import { Sequencer } from './sequencer.ts'

const event = (seq: number) => ({ seq }) as Envelope
const log = (size: number) => Array.from({ length: size }, (_, i) => event(i + 1))
const settled = () => new Promise((done) => setTimeout(done))

type Fault = { after: number; fails: boolean }

/** A sequencer over a log in memory: its reads take a turn, and fail where told to. */
function over(events: Envelope[], head = 0, faults: Fault[] = []) {
  const delivered: number[] = []
  let reads = 0
  const sequencer = new Sequencer(head, {
    async read(after, limit) {
      reads++
      await settled()
      if (faults.splice(0, 1)[0]?.fails) throw new Error('the database is away')
      return events.filter((e) => e.seq > after).slice(0, Math.min(limit, 7))
    },
    deliver: (batch) => void delivered.push(...batch.map((e) => e.seq)),
    failed: () => {},
  })
  return { sequencer, delivered, reads: () => reads }
}

test('events in order are delivered at once, without a look at the database', () => {
  const { sequencer, delivered, reads } = over(log(3))
  sequencer.offer(log(3))
  expect(delivered).toEqual([1, 2, 3])
  expect(reads()).toBe(0)
})

test('whatever comes early, late, twice or never, each event is delivered once and in order', async () => {
  const announcement = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }).map((seqs) => ({ offer: seqs })),
    fc.integer({ min: 1, max: 60 }).map((seq) => ({ reach: seq })),
    fc.constant({ pause: true }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(announcement, { maxLength: 30 }), fc.integer({ min: 0, max: 60 }), async (announcements, head) => {
      const { sequencer, delivered } = over(log(60), head)
      for (const a of announcements) {
        if ('offer' in a) sequencer.offer(a.offer.map(event))
        if ('reach' in a) sequencer.reach(a.reach)
        if ('pause' in a) await settled()
      }
      sequencer.reach(60)
      while (sequencer.delivered < 60) await settled()
      expect(delivered).toEqual(Array.from({ length: 60 - head }, (_, i) => head + i + 1))
    }),
    { numRuns: 300 },
  )
})

test('a read that fails is tried again, and nothing overtakes the hole meanwhile', async () => {
  const { sequencer, delivered } = over(log(5), 0, [{ after: 0, fails: true }])
  sequencer.offer([event(5)])
  await settled()
  sequencer.offer([event(4)])
  await settled()
  expect(delivered).toEqual([])
  await expect.poll(() => delivered).toEqual([1, 2, 3, 4, 5])
})

test('an announcement of what is not there delivers nothing and does not wait for ever', async () => {
  const { sequencer, delivered, reads } = over(log(2), 2)
  sequencer.reach(9)
  await settled()
  await settled()
  expect(delivered).toEqual([])
  expect(reads()).toBe(1)
})

test('while a delivery waits, what comes after it waits too', async () => {
  const delivered: number[] = []
  let open = () => {}
  const closed = new Promise<void>((done) => {
    open = done
  })
  const sequencer = new Sequencer(0, {
    read: async () => [],
    deliver: async (batch) => {
      if (delivered.length === 0) await closed
      delivered.push(...batch.map((e) => e.seq))
    },
    failed: () => {},
  })
  sequencer.offer([event(1)])
  sequencer.offer([event(2)])
  await settled()
  expect(delivered).toEqual([])
  open()
  await settled()
  expect(delivered).toEqual([1, 2])
})

test('where an event is missing from the database itself, nothing after it is delivered, and the database is not asked in a rush', async () => {
  const { sequencer, delivered, reads } = over([event(1), event(3)])
  sequencer.reach(3)
  await new Promise((done) => setTimeout(done, 400))
  expect(delivered).toEqual([1])
  expect(reads()).toBeLessThan(6)
  sequencer.close()
})

/** Over a log of 20 events, which may grow; whoever gets an event that `bears` refuses throws. */
function delicate(bears: (event: Envelope) => boolean, waits: boolean) {
  const [delivered, failures]: [number[], unknown[]] = [[], []]
  const stored = log(20)
  const take = (batch: Envelope[]) => {
    if (!batch.every(bears)) throw new Error('cannot bear it')
    delivered.push(...batch.map((e) => e.seq))
  }
  const sequencer = new Sequencer(0, {
    read: async (after, limit) => stored.slice(after, after + limit),
    deliver: (batch) => (waits ? settled().then(() => take(batch)) : take(batch)),
    failed: (error) => failures.push(error),
  })
  return { sequencer, stored, delivered, failures }
}
const forged = (seq: number) => ({ seq, type: 'forged' }) as unknown as Envelope

test.each([false, true])('what was made up and cannot be delivered is replaced by what the log has (waiting: %s)', async (waits) => {
  const { sequencer, delivered, failures } = delicate((e) => e.type === undefined, waits)
  sequencer.offer([event(1), forged(2), event(3), forged(4)])
  await expect.poll(() => delivered).toEqual([1, 2, 3, 4])
  expect(failures.length).toBeGreaterThan(0)
  sequencer.offer([event(5)])
  sequencer.offer([forged(6)])
  sequencer.reach(20)
  await expect.poll(() => delivered).toEqual(log(20).map((e) => e.seq))
})

test('what was made up beyond the end of the log keeps nothing that comes there later from being delivered', async () => {
  const { sequencer, stored, delivered, failures } = delicate((e) => e.type === undefined, false)
  sequencer.offer(log(20))
  sequencer.offer([forged(21)])
  await expect.poll(() => failures).toHaveLength(1)
  expect(sequencer.delivered).toBe(20)
  stored.push(event(21))
  sequencer.offer([event(21)])
  await expect.poll(() => delivered).toEqual(stored.map((e) => e.seq))
})

test.each([false, true])('an event of the log that cannot be delivered is passed over, and no other (waiting: %s)', async (waits) => {
  const { sequencer, delivered, failures } = delicate((e) => e.seq !== 7, waits)
  sequencer.reach(20)
  await expect.poll(() => delivered).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  expect(failures).toHaveLength(2)
  expect(sequencer.delivered).toBe(20)
})
