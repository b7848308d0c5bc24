import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ApplicationCard } from '../../contract/applications/schema.ts'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import type { LiveBoard } from './board.ts'
import { openMarket } from './market.ts'
import type { Pending } from './said.ts'
import { campaignId, FakeMarket } from './testing-market.ts'

let fake: FakeMarket
let parley: Parley
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const counts = (board: LiveBoard) => Object.fromEntries(board.state.columns.map(({ state, count }) => [state, count]))
const total = (board: LiveBoard) => board.state.columns.reduce((sum, { count }) => sum + count, 0)
/** Every card is in one column, once, that of its state. */
function assertWhole(board: LiveBoard): void {
  const shown = board.state.columns.flatMap(({ items }) => items)
  expect(new Set(shown.map(({ applicationId }) => applicationId)).size).toBe(shown.length)
  for (const { state, items } of board.state.columns) expect(items.filter((card) => card.state !== state)).toEqual([])
}
/** The same in every run of a seed. */
function diceOf(seed: number): (n: number) => number {
  let state = seed * 2654435761
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

beforeEach(async () => {
  vi.useFakeTimers()
  fake = new FakeMarket()
  const { open: openSocket } = fake.hub
  parley = connect({ url: 'http://hub.test', getToken: async () => 't', random: () => 0.5, openSocket, fetch: fake.fetch })
  await seconds(0.1)
})
afterEach(() => {
  parley.close()
  vi.useRealTimers()
})

const SEEDS = Number(process.env.PARLEY_FUZZ_SEEDS ?? 8)
test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'D12 D14 D16 whatever happens, we do, is refused, lost or late, all comes to be as the hub has it (%i)',
  async (seed) => {
    const dice = diceOf(seed)
    for (let i = 0; i < 30; i++) fake.submit()
    const campaigns = [1, 2, 3].map(() => fake.publish())
    const market = openMarket(parley)
    const { applications } = market
    const board = applications.board(campaignId)
    const lists = [applications.mine({ state: ['submitted', 'negotiating'] }), applications.ofCampaign(campaignId, { sort: 'changed' })]
    const found = market.campaigns.discover()
    for (const one of [board, ...lists, found]) void one.load()
    await seconds(0.1)
    const orders: Promise<unknown>[] = []
    const own = () => {
      const shown: Pending<ApplicationCard>[] = [
        ...lists.flatMap(({ state }) => state.items),
        ...board.state.columns.flatMap((c) => c.items),
      ]
      const card = shown[dice(shown.length)]
      if (!card) return
      const before = total(board)
      const how = (['shortlist', 'decline', 'withdraw'] as const)[dice(3)]!
      orders.push(dice(4) > 0 ? applications[how](card) : applications.moveMany(campaignId, 'shortlist', shown.slice(0, 3)))
      expect(total(board)).toBe(before) // nothing is counted twice, and nothing is lost
    }
    const saves = campaigns.map(() => false)
    const save = () => {
      const which = dice(saves.length)
      saves[which] = !saves[which]
      orders.push(market.campaigns.save(campaigns[which]!.campaignId, saves[which]!))
    }
    for (let step = 0; step < 150; step++) {
      fake.latency = 1 + dice(1_500)
      fake.pace = dice(2) * 1_000
      fake.refuse = (name) => (name === 'application.move' && dice(6) === 0 ? 'deadline.passed' : null)
      const isBad = dice(5) === 0
      fake.hub.network = (kind) => (kind === 'frame' ? [1] : isBad && dice(2) === 0 ? [] : [1 + dice(isBad ? 2_000 : 50)])
      const cards = [...fake.applications.values()]
      const what = dice(16)
      if (what === 0) fake.submit()
      else if (what === 1) fake.hub.cut()
      else if (what === 2) void lists[dice(2)]!.loadMore().catch(() => {})
      else if (what === 3) void board.loadMore('submitted').catch(() => {})
      else if (what < 9) own()
      else if (what === 9) save()
      else if (what === 10) void board.load().catch(() => {})
      else fake.move(cards[dice(cards.length)]!.applicationId, (['submitted', 'shortlisted', 'negotiating', 'declined'] as const)[dice(4)]!)
      assertWhole(board)
      await seconds(dice(4) / 2)
      assertWhole(board)
    }
    fake.hub.network = () => [1]
    fake.latency = 1
    await seconds(120)
    await Promise.allSettled(orders)
    const now = [...fake.applications.values()]
    const expected = Object.fromEntries([...Map.groupBy(now, (card) => card.state)].map(([name, its]) => [name, its.length]))
    expect(counts(board)).toEqual(expected)
    for (const column of board.state.columns)
      for (const card of column.items) expect(fake.applications.get(card.applicationId)).toStrictEqual(card)
    for (const list of lists)
      while (list.state.more) {
        const more = list.loadMore()
        await seconds(0.1)
        await more
      }
    const submitted = now.filter((card) => card.state === 'submitted' || card.state === 'negotiating')
    const newest = (a: { applicationId: string }, b: { applicationId: string }) => (a.applicationId < b.applicationId ? 1 : -1)
    expect(lists[0]!.state.items).toStrictEqual(submitted.sort(newest))
    expect(lists[1]!.state.items).toStrictEqual(now.sort((a, b) => (a.changedAt < b.changedAt ? 1 : -1)))
    const flags = (all: Iterable<{ campaignId: string; saved: boolean }>) => new Map([...all].map((one) => [one.campaignId, one.saved]))
    expect(flags(fake.campaigns.values())).toEqual(new Map(campaigns.map((one, i) => [one.campaignId, saves[i]])))
    expect(flags(found.state.items)).toEqual(flags(fake.campaigns.values()))
  },
)
