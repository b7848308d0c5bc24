import fc from 'fast-check'
import type { Weather } from './testing-network.ts'

/** What happens in one story: what four clients of a room do, and what befalls their network and the nodes. */
export type Step =
  | { do: 'send'; who: number; texts: string[] }
  /** `nth`: counted from the newest message of the room that the client sees. */
  | { do: 'answer' | 'edit'; who: number; nth: number; text: string }
  | { do: 'react' | 'unreact'; who: number; nth: number; emoji: string }
  | { do: 'delete' | 'pin' | 'unpin'; who: number; nth: number }
  | { do: 'configure'; announcementsOnly: boolean }
  | { do: 'invite' | 'expel' | 'erase' | 'emptyRedis' }
  | { do: 'cut' | 'rejoin' | 'older'; who: number }
  | { do: 'weather'; who: number; weather: Weather }
  | { do: 'pause' | 'killRedis' | 'stopRedis'; ms: number }
  | { do: 'kill'; node: number }
  | { do: 'stop'; node: number; ms: number }
export type Story = { steps: Step[]; seed: number }

/** Owner, manager, creator, and the creator's other device. */
const CLIENTS = 4
const who = fc.integer({ min: 0, max: CLIENTS - 1 })
const node = fc.integer({ min: 0, max: 1 })
const nth = fc.integer({ min: 0, max: 5 })
const text = fc.string({ minLength: 1 }).map((s) => `.${s.slice(0, 200)}`)
const emoji = fc.constantFrom('👍', '🎉', '❤️')
const chance = fc.double({ min: 0, max: 0.4, noNaN: true })
const weather = fc.record({ twice: chance, lost: chance, delay: fc.integer({ min: 0, max: 15 }) })
const is = <const N extends string>(...names: N[]) => fc.constantFrom(...names)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ do: is('send'), who, texts: fc.array(text, { maxLength: 4 }) }) },
  { weight: 30, arbitrary: fc.record({ do: is('answer', 'edit'), who, nth, text }) },
  { weight: 30, arbitrary: fc.record({ do: is('react', 'unreact'), who, nth, emoji }) },
  { weight: 24, arbitrary: fc.record({ do: is('delete', 'pin', 'unpin'), who, nth }) },
  { weight: 6, arbitrary: fc.record({ do: is('configure'), announcementsOnly: fc.boolean() }) },
  { weight: 12, arbitrary: fc.record({ do: is('invite', 'expel', 'erase') }) },
  { weight: 24, arbitrary: fc.record({ do: is('cut', 'rejoin', 'older'), who }) },
  { weight: 20, arbitrary: fc.record({ do: is('weather'), who, weather }) },
  { weight: 20, arbitrary: fc.record({ do: is('pause'), ms: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('kill'), node }) },
  { weight: 1, arbitrary: fc.record({ do: is('stop'), node, ms: fc.integer({ min: 50, max: 1_500 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('killRedis', 'stopRedis'), ms: fc.integer({ min: 50, max: 1_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('emptyRedis') }) },
)
export const story: fc.Arbitrary<Story> = fc.record({ steps: fc.array(step, { minLength: 5, maxLength: 30 }), seed: fc.nat() })
