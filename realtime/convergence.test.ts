import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../client-sdk/contract/index.ts'
import { connect, type Parley, type Room } from '../client-sdk/src/index.ts'
import { eraseMessages } from '../server/log/erase-messages.ts'
import { addMember } from '../server/rooms/add-member.ts'
import { removeMember } from '../server/rooms/remove-member.ts'
import { commandId, type TestPerson } from '../server/testing.ts'
import { hub, type TestHub } from './testing.ts'
import { calm, Network, type Weather } from './testing-network.ts'

/** `npm run fuzz -- --seeds N` sets it, and `--seed S` replays one. */
const SEEDS = Number(process.env.PARLEY_FUZZ_SEEDS ?? 300)
const SEED = process.env.PARLEY_FUZZ_SEED ? Number(process.env.PARLEY_FUZZ_SEED) : undefined
const AT_ONCE = 6

let h: TestHub
let guest: TestPerson
beforeAll(async () => {
  h = await hub()
  guest = await h.person('brand', 'Guest')
})
afterAll(() => h.close())

type Step =
  | { do: 'send'; who: number; texts: string[] }
  | { do: 'cut' | 'rejoin'; who: number }
  | { do: 'weather'; who: number; weather: Weather }
  | { do: 'invite' | 'expel' | 'erase' }
  | { do: 'pause'; ms: number }

const who = fc.integer({ min: 0, max: 2 })
const chance = fc.double({ min: 0, max: 0.4, noNaN: true })
const weather = fc.record({ twice: chance, lost: chance, delay: fc.integer({ min: 0, max: 15 }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      who,
      texts: fc.array(
        fc.string({ minLength: 1 }).map((s) => `.${s}`),
        { maxLength: 4 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'rejoin' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('weather' as const), who, weather }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('invite' as const, 'expel' as const, 'erase' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.integer({ min: 1, max: 20 }) }) },
)
type Story = { steps: Step[]; seed: number }
const story: fc.Arbitrary<Story> = fc.record({ steps: fc.array(step, { minLength: 5, maxLength: 30 }), seed: fc.nat() })

/** Three people of one room, each with an SDK of their own behind a network of their own. */
class Stage {
  readonly sent: Promise<string | null>[] = []
  readonly clients: { parley: Parley; room: Room; network: Network }[]
  readonly roomId: RoomId
  readonly owner: TestPerson

  constructor(roomId: RoomId, people: { owner: TestPerson; manager: TestPerson; creator: TestPerson }, tokens: string[], seed: number) {
    this.roomId = roomId
    this.owner = people.owner
    this.clients = tokens.map((token, i) => {
      const network = new Network(seed + i)
      const options = { openSocket: network.open, ackTimeout: 150, random: () => 0.02, getToken: async () => token, onError: () => {} }
      const parley = connect({ url: h.url, ...options })
      return { parley, network, room: parley.room(roomId) }
    })
  }

  async play(step: Step): Promise<void> {
    const by = () => ({ commandId: commandId(), roomId: this.roomId, userId: guest.userId })
    switch (step.do) {
      case 'send': {
        const { room } = this.clients[step.who]!
        for (const text of step.texts) this.sent.push(room.send(text).then((place) => place.messageId))
        return
      }
      case 'cut':
        return this.clients[step.who]!.network.cut()
      case 'rejoin': {
        const client = this.clients[step.who]!
        client.room.join().catch(() => {})
        return
      }
      case 'weather':
        this.clients[step.who]!.network.weather = step.weather
        return
      case 'invite':
        return void (await addMember(h.as(this.owner), { ...by(), role: 'viewer' }).catch(expected('member.exists')))
      case 'expel':
        return void (await removeMember(h.as(this.owner), by()).catch(expected('resource.notFound')))
      case 'erase': {
        const { events } = await h.db.log.readAfter(this.roomId, 0, 500)
        const said = events.findLast((event) => event.type === 'chat.messageSent' && event.data.personal)
        const erasure = { commandId: commandId(), roomId: this.roomId, reason: 'moderation' as const }
        if (said) await eraseMessages(h.as(this.owner), { ...erasure, seqs: [said.seq] })
        return
      }
      case 'pause':
        return new Promise((done) => setTimeout(done, step.ms))
    }
  }
}

const expected = (code: string) => (error: { code?: string }) => {
  if (error.code !== code) throw error
}

async function run({ steps, seed }: Story): Promise<void> {
  const { roomId, ...people } = await h.negotiation()
  const sessions = await Promise.all([people.owner, people.manager, people.creator].map((person) => h.session(person)))
  const stage = new Stage(
    roomId,
    people,
    sessions.map((session) => session.accessToken),
    seed,
  )
  try {
    await Promise.all(stage.clients.map(({ room }) => room.join()))
    for (const step of steps) await stage.play(step)
    for (const { network } of stage.clients) network.weather = calm
    // What was lost on an open connection shows with the next event, as a hole.
    stage.sent.push(stage.clients[0]!.room.send('the last word').then((place) => place.messageId))
    const ids = await Promise.all(stage.sent)
    expect(new Set(ids).size).toBe(ids.length)

    const { messages } = await fresh(roomId, people.viewer)
    expect(messages.map((m) => m.id).sort()).toEqual([...ids].sort()) // each once, and nothing else
    for (const { room } of stage.clients) {
      const shown = () => ({ ...room.state, messages: room.state.messages.map(({ mine: _mine, pending: _pending, ...m }) => m) })
      const view = await fresh(roomId, people.viewer)
      await expect.poll(() => shown().rev, { timeout: 8_000, interval: 5 }).toBe(view.rev)
      expect(shown()).toMatchObject({ status: 'live', title: view.title, messages: view.messages })
      expect([...shown().members].sort(byKey)).toEqual([...view.members].sort(byKey))
    }
  } finally {
    for (const { parley } of stage.clients) parley.close()
  }
}
const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)

/** The room as a client that knows nothing sees it. */
async function fresh(roomId: RoomId, viewer: TestPerson) {
  const { accessToken } = await h.session(viewer)
  const parley = connect({ url: h.url, getToken: async () => accessToken })
  try {
    const { state } = await parley.room(roomId).join()
    return { ...state, messages: state.messages.map(({ mine: _mine, pending: _pending, ...m }) => m) }
  } finally {
    parley.close()
  }
}

test(`P4: whatever the network does, ${SEEDS} times over, every store ends as a fresh snapshot`, {
  timeout: 60_000 + SEEDS * 1_000,
}, async () => {
  const lanes = Array.from({ length: SEED === undefined ? AT_ONCE : 1 }, (_, lane) =>
    fc.assert(fc.asyncProperty(story, run), {
      numRuns: SEED === undefined ? Math.ceil(SEEDS / AT_ONCE) : 1,
      seed: SEED ?? (Date.now() + lane * 7_919) | 0,
      endOnFailure: true, // each try takes real time: the seed is worth more than the smallest case
    }),
  )
  await Promise.all(lanes)
  expect(h.failures).toEqual([])
})
