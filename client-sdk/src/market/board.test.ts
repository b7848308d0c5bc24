import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connect } from '../client.ts'
import type { Parley } from '../parley.ts'
import type { LiveBoard } from './board.ts'
import { openMarket } from './market.ts'
import { campaignId, FakeMarket } from './testing-market.ts'

let fake: FakeMarket
let parley: Parley
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1_000)
const counts = (board: LiveBoard) => Object.fromEntries(board.state.columns.map(({ state, count }) => [state, count]))
const ids = (board: LiveBoard, wanted: string) =>
  board.state.columns.find(({ state }) => state === wanted)?.items.map((card) => card.applicationId)
async function loaded(): Promise<LiveBoard> {
  const board = openMarket(parley).applications.board(campaignId)
  const done = board.load()
  await seconds(0.1)
  await done
  return board
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

test('D9 a card that moves goes to the column of its state, and both counts follow', async () => {
  const [one, two, three] = [fake.submit(), fake.submit(), fake.submit()]
  const board = await loaded()
  expect(board.state).toMatchObject({ loaded: true, columns: [{ state: 'submitted', count: 3, more: true, items: [three, two] }] })
  fake.move(two.applicationId, 'shortlisted')
  await seconds(0.1)
  expect(counts(board)).toEqual({ submitted: 2, shortlisted: 1 })
  expect(ids(board, 'submitted')).toEqual([three.applicationId])
  expect(ids(board, 'shortlisted')).toEqual([two.applicationId])
  fake.move(two.applicationId, 'submitted')
  await seconds(0.1)
  expect(board.state.columns.map(({ state }) => state)).toEqual(['submitted'])
  expect(ids(board, 'submitted')).toEqual([three.applicationId, two.applicationId])
  expect(fake.asked).toEqual([`/campaigns/${campaignId}/board`])
  expect(one.state).toBe('submitted')
})

test('D9 what is new is counted once, and what is of another campaign is not', async () => {
  fake.submit()
  const board = await loaded()
  const next = fake.submit()
  fake.say({ applications: [next] })
  fake.say({ applications: [{ ...next, applicationId: campaignId as never, campaignId: next.applicationId as never }] })
  await seconds(5)
  expect(counts(board)).toEqual({ submitted: 2 })
  expect(fake.asked).toHaveLength(1)
})

test('D9 where a card comes from a part that is not read, the board is read again', async () => {
  const all = [fake.submit(), fake.submit(), fake.submit()]
  const board = await loaded()
  fake.move(all[0]!.applicationId, 'declined')
  await seconds(3)
  expect(counts(board)).toEqual({ submitted: 2, declined: 1 })
  expect(ids(board, 'declined')).toEqual([all[0]!.applicationId])
  expect(fake.asked).toHaveLength(2)
})

test('D9 a column is read on by itself, and as far again when the board is', async () => {
  const all = Array.from({ length: 5 }, () => fake.submit().applicationId).reverse()
  const board = await loaded()
  const more = board.loadMore('submitted')
  await seconds(0.1)
  expect(await more).toBe(false)
  expect(ids(board, 'submitted')).toEqual(all)
  fake.hub.cut()
  await seconds(5)
  expect(ids(board, 'submitted')).toEqual(all)
  expect(await board.loadMore('agreed')).toBe(false)
})
