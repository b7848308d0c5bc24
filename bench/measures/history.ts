import type { RoomId } from '../../client-sdk/contract/index.ts'
import { listMessages } from '../../server/chat/list-messages.ts'
import { context } from '../../server/ctx.ts'
import { searchMessages } from '../../server/search/search-messages.ts'
import { ANSWERS, asSuperuser, fillRooms, fillSearch, settle } from '../bulk.ts'
import { median, round } from '../figures.ts'
import { createPeople, openRooms, sessionOf } from '../fixtures.ts'
import type { Ground } from '../stage.ts'
import type { Measure, Run } from './measure.ts'

const SIZES = { thousand: 1_000, million: 1_000_000 }
type Size = keyof typeof SIZES
const PAGE = 50
const HITS = 20
/** The seq of each room's first message: those before it tell of the room and its member. */
const FIRST = 3
const DAY = 86_400

type Look = (size: Size) => Promise<number>

/** What a page of messages costs in a room of a million and in one of a thousand, through the use cases, warm. */
export async function historyPage(run: Run): Promise<Measure> {
  const ground = await run.stage.open('history')
  const looks = await prepare(ground, run)
  const pages = await compare(looks.pages, run.quick ? 200 : 800)
  const searches = await compare(looks.searches, run.quick ? 50 : 200)
  await ground.close()
  for (const [name, { million, thousand, ratio }] of Object.entries({ ...pages, ...searches }))
    run.say(`  ${name.padEnd(13)} ${thousand} ms of a thousand, ${million} ms of a million: ${ratio}`)
  return {
    parley: pages.newest!.million,
    bare: null,
    batched: null,
    ratio: Math.max(...Object.values(pages).map((page) => page.ratio)),
    unit: 'ms',
    budget: '≤ 1.2 of the room of a thousand',
    pages,
    searches,
  }
}

async function prepare({ house, url }: Ground, run: Run): Promise<Record<'pages' | 'searches', Record<string, Look>>> {
  const [person] = await createPeople(house, 1)
  const [thousand, million] = (await openRooms(house, [[person!], [person!]])) as [RoomId, RoomId]
  const rooms = { thousand, million }
  const started = performance.now()
  const now = Date.now()
  await asSuperuser(url, async (client) => {
    await fillRooms(client, [
      { roomId: thousand, count: SIZES.thousand, age: DAY },
      { roomId: million, count: SIZES.million, age: DAY },
    ])
    await fillSearch(client, [thousand, million])
    await settle(client)
  })
  run.say(`  a million messages written in ${((performance.now() - started) / 1_000).toFixed(0)} s`)

  const session = sessionOf(person!)
  type Place = Partial<Record<'before' | 'around' | 'thread', number>> & { at?: string }
  const page = (size: Size, place: Place = {}) =>
    timed(PAGE, async () => (await listMessages(context(house, session), { roomId: rooms[size], limit: PAGE, ...place })).messages.length)
  const search = (size: Size, q: string, hits: number) =>
    timed(hits, async () => (await searchMessages(context(house, session), { q, roomId: rooms[size], limit: HITS })).hits.length)
  /** Anywhere but within a page of the ends. */
  const within = (size: Size) => FIRST + 2 * PAGE + Math.floor(Math.random() * (SIZES[size] - 4 * PAGE))
  const momentOf = (size: Size, seq: number) => new Date(now - (DAY + SIZES[size] - seq) * 1_000).toISOString()
  return {
    pages: {
      newest: (size) => page(size),
      middle: (size) => page(size, { before: within(size) }),
      around: (size) => page(size, { around: within(size) }),
      at: (size) => page(size, { at: momentOf(size, within(size)) }),
      thread: (size) => page(size, { thread: FIRST }),
      threadMiddle: (size) => page(size, { thread: FIRST, before: FIRST + Math.ceil((SIZES[size] * (PAGE + 20)) / ANSWERS) }),
    },
    searches: {
      searchCommon: (size) => search(size, 'message', HITS),
      searchRare: (size) => search(size, 'needle', 1),
      searchNothing: (size) => search(size, 'unicorn', 0),
    },
  }
}

/** In ms. Throws if there is not what should be there. */
async function timed(expected: number, read: () => Promise<number>): Promise<number> {
  const begin = performance.now()
  const found = await read()
  const ms = performance.now() - begin
  if (found !== expected) throw new Error(`there are ${found}, not ${expected}`)
  return ms
}

type Compared = Record<Size | 'ratio', number>

/** The rooms take turns, so that noise hits both alike. */
async function compare(looks: Record<string, Look>, rounds: number): Promise<Record<string, Compared>> {
  const times = Object.entries(looks).map(([name, look]) => ({ name, look, thousand: [] as number[], million: [] as number[] }))
  for (let i = -rounds / 10; i < rounds; i++) {
    for (const its of times) {
      for (const size of Object.keys(SIZES) as Size[]) {
        const ms = await its.look(size)
        if (i >= 0) its[size].push(ms)
      }
    }
  }
  return Object.fromEntries(
    times.map(({ name, thousand, million }) => {
      const [of, by] = [median(thousand), median(million)]
      return [name, { thousand: round(of), million: round(by), ratio: round(by / of) }]
    }),
  )
}
