import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ActorKey, RoomId } from '../../client-sdk/contract/index.ts'
import type { TestPerson } from '../../server/testing.ts'
import { hub, type TestHub } from '../testing.ts'
import { type Watcher, watcher } from './testing.ts'

let h: TestHub
let far: string
beforeAll(async () => {
  h = await hub()
  far = (await h.node()).url
})
afterAll(() => h.close())

const PATIENCE = { timeout: 10_000, interval: 20 }
const DEVICES = 6

/** What one of a few devices does. The first and the fourth are one person's, and so on; odd ones are on the other node. */
const Step = fc.record({
  device: fc.nat(DEVICES - 1),
  does: fc.constantFrom('open', 'leave', 'away', 'back', 'cut', 'pause'),
})
type Step = typeof Step extends fc.Arbitrary<infer T> ? T : never
type Device = { person: TestPerson; url: string | undefined; socket: Watcher | null; isOpen: boolean; away: boolean }

/** Does a step for real and in the model, without waiting for anybody else to hear of it. */
async function act(device: Device, does: Step['does'], roomId: RoomId): Promise<void> {
  if (does === 'pause') return void (await new Promise((done) => setTimeout(done, 120)))
  if (does === 'cut') {
    device.socket?.socket.close()
    return void Object.assign(device, { socket: null, isOpen: false, away: false })
  }
  device.socket ??= await watcher(h, device.person, device.url)
  if (does === 'open') await device.socket.open(roomId)
  if (does === 'leave') await device.socket.do('room.leave', { roomId })
  if (does === 'away' || does === 'back') await device.socket.do('presence.update', { away: does === 'away' })
  if (does === 'open' || does === 'leave') device.isOpen = does === 'open'
  else device.away = does === 'away'
}

/** Who is there by the model, as a watcher shows it. */
function expected(devices: readonly Device[], keys: ReadonlyMap<TestPerson, ActorKey>): string[] {
  const open = Map.groupBy(
    devices.filter(({ isOpen }) => isOpen),
    ({ person }) => person,
  )
  return Array.from(open, ([person, its]) => keys.get(person)! + (its.every(({ away }) => away) ? '~' : '')).sort()
}

test('whatever devices do on two nodes, in the end everybody sees who is there', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const { roomId, owner, manager, viewer, creator } = await h.negotiation()
      const people = [owner, manager, creator]
      const keys = new Map(await Promise.all(people.map(async (one) => [one, await h.keyOf(roomId, one)] as const)))
      const devices = Array.from({ length: DEVICES }, (_, i): Device => {
        return { person: people[i % 3]!, url: i % 2 === 0 ? undefined : far, socket: null, isOpen: false, away: false }
      })
      const watchers = [await watcher(h, viewer), await watcher(h, viewer, far)]
      const guest = await h.keyOf(roomId, viewer)
      for (const one of watchers) await one.open(roomId)
      for (const { device, does } of steps) await act(devices[device]!, does, roomId)
      const all = [...expected(devices, keys), guest].sort()
      const inside = devices.flatMap(({ socket, isOpen }) => (socket && isOpen ? [socket] : []))
      for (const one of [...watchers, ...inside]) await expect.poll(() => one.sees(roomId), PATIENCE).toEqual(all)
      for (const socket of [...watchers, ...devices.map((one) => one.socket)]) socket?.socket.close()
    }),
    { numRuns: 15, interruptAfterTimeLimit: 200_000, endOnFailure: true },
  )
})
