import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import { roomId } from '../testing.ts'
import { type DealRoom, dealRoom } from './deal.ts'
import { FakeDeal, hashOf, sha256, shownOf, someTerms, toldBy } from './testing-deal.ts'

let fake: FakeDeal
const clients: Parley[] = []
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
function open(side: 'creator' | 'brand'): DealRoom {
  const onError = () => {}
  const { open: openSocket } = fake[side]
  const parley = connect({ url: 'http://hub.test', getToken: async () => 't', random: () => 0.5, openSocket, fetch: fake.fetch, onError })
  clients.push(parley)
  return dealRoom(parley, roomId)
}
/** The same in every run of a seed. */
function diceOf(seed: number): (n: number) => number {
  let state = seed * 2654435761
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}
type Dice = ReturnType<typeof diceOf>

beforeEach(() => {
  vi.useFakeTimers()
  // The platform's digest is not on our clock.
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, bytes) => sha256(bytes as Uint8Array))
  fake = new FakeDeal()
  for (const side of ['creator', 'brand'] as const) fake[side].limits.events = 6
})
afterEach(() => {
  for (const parley of clients.splice(0)) parley.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const link = 'https://example.com/1'
/** Anything that an app may order, mostly what `nextMoves()` says. */
function order({ offers, deliverables, milestones, deal }: DealRoom, dice: Dice): Promise<unknown> {
  const terms = () => someTerms({ revisionRounds: dice(3), clauses: dice(2) ? ['Be kind'] : [] })
  const moves = deal.nextMoves()
  const offer = offers.all[dice(offers.all.length)] ?? 1
  const latest = offers.open ?? offer
  const piece = deliverables.all[dice(deliverables.all.length)]
  const part = milestones.all[dice(milestones.all.length)]
  const orders: Record<string, () => Promise<unknown>> = {
    propose: () => offers.propose(terms(), dice(5) ? {} : { basedOn: dice(3) }),
    counter: () => offers.counter(latest, terms(), { validUntil: dice(2) ? new Date(Date.now() + dice(20_000)) : null }),
    accept: () => offers.accept(latest),
    decline: () => offers.decline(latest, 'No'),
    withdraw: () => offers.withdraw(latest),
    comment: () => offers.comment(offer, 'fee', `About ${dice(1_000)}`),
    'work.submit': () => deliverables.submit(piece ?? 1, { links: [link] }),
    'work.approve': () => deliverables.approve(piece ?? 1),
    'work.requestRevision': () => deliverables.requestRevision(piece ?? 1, 'Louder'),
    'work.dispute': () => deliverables.dispute(piece ?? 1),
    'pay.invoice': () => milestones.invoice(part ?? 1),
    'pay.pay': () => milestones.pay(part ?? 1),
    'pay.confirm': () => milestones.confirm(part ?? 1),
    'pay.dispute': () => milestones.dispute(part ?? 1),
    'cancel.request': () => deal.requestCancel(),
    'cancel.revoke': () => deal.revokeCancel(),
  }
  const legal = [
    ...(moves.propose ? ['propose'] : []),
    ...moves.offer,
    ...(moves.deliverables[piece?.deliverable ?? 0] ?? []).map((move) => `work.${move}`),
    ...(moves.milestones[part?.milestone ?? 0] ?? []).map((move) => `pay.${move}`),
    ...moves.cancel,
  ].filter((name) => name in orders)
  const names = dice(4) > 0 && legal.length > 0 ? legal : Object.keys(orders)
  return orders[names[dice(names.length)]!]!()
}

/** Whatever is shown, a version binds only if the log says so, and nothing that is not on its way differs from it. */
function assertHonest({ deal: { state }, offers }: DealRoom): void {
  const accepted = new Set(fake.log.events.flatMap(({ type, data }) => (type === 'offer.accepted' ? [data.deal.offer] : [])))
  for (const { state, offer } of offers.all) if (state === 'accepted') expect(accepted).toContain(offer)
  if (state.deal?.binding) expect(accepted).toContain(state.deal.binding)
  for (const { seq, pending } of offers.comments) expect(pending).toBe(seq === null)
  if (state.waiting === 0 && state.deal) expect(JSON.stringify(state.deal)).not.toContain('"pending":"')
}

const SEEDS = Number(process.env.PARLEY_FUZZ_SEEDS ?? 8)
test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'N13 whatever two people order, is refused, lost, late, erased or replaced, in the end both show what the whole log says (%i)',
  async (seed) => {
    const dice = diceOf(seed)
    const rooms = [open('creator'), open('brand')] as const
    const orders: Promise<unknown>[] = []
    for (const room of rooms) void room.join()
    for (let step = 0; step < 150; step++) {
      const at = dice(2)
      const [room, side] = [rooms[at]!, (['creator', 'brand'] as const)[at]!]
      const isBad = dice(4) === 0
      fake[side].network = (kind) =>
        isBad && dice(2) === 0 ? [] : kind === 'frame' && dice(8) === 0 ? [1, 700] : [1 + dice(isBad ? 2_000 : 50)]
      fake.latency = 1 + dice(1_500)
      fake.refuse = () => (dice(10) === 0 ? 'rate.limited' : null)
      fake.refusing = dice(12) === 0 ? 'server.unavailable' : null
      const what = dice(14)
      if (what === 0) fake[side].cut()
      else if (what === 1) fake.tell(fake.log.hear())
      else if (what === 2) fake.tell(fake.log.unheardOf())
      else if (what === 3) erase(dice)
      else if (what < 6) agree(dice)
      else orders.push(order(room, dice))
      for (const one of rooms) assertHonest(one)
      await seconds(dice(4) / 2)
      for (const one of rooms) assertHonest(one)
    }
    Object.assign(fake, { refusing: null, latency: 1, refuse: () => null })
    for (const side of ['creator', 'brand'] as const) fake[side].network = () => [1]
    fake.tell(fake.log.hear('the last'))
    await seconds(120)
    await Promise.allSettled(orders)
    for (const room of rooms) {
      expect(room.deal.state).toMatchObject({ loaded: true, waiting: 0, error: null })
      expect(shownOf(room)).toStrictEqual(toldBy(fake))
    }
  },
)

/** From another device: who may accepts what waits. */
function agree(dice: Dice): void {
  const open = fake.deal?.offers.findLast(({ state }) => state === 'proposed')
  if (!open || dice(2)) return
  try {
    fake.do(open.by === 'brand' ? 'creator' : 'brand', 'offer.accept', { offer: open.offer, hash: hashOf(open.terms) })
  } catch {
    // its time was over, or what was paid stands in the way
  }
}
function erase(dice: Dice): void {
  const said = fake.log.events.filter(({ data }) => data.personal !== null)
  const one = said[1 + dice(said.length)]
  if (one) fake.tell(fake.log.erase([one.seq]))
}
