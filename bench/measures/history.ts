import type { RoomId } from '../../client-sdk/contract/index.ts'
import { listMessages } from '../../server/chat/list-messages.ts'
import { context } from '../../server/ctx.ts'
import { searchMessages } from '../../server/search/search-messages.ts'
import { ANSWERS, asSuperuser, fillRooms, fillSearch, settle } from '../bulk.ts'
import { compare, type Look, type Size } from '../compare.ts'
import { createPeople, openRooms, sessionOf } from '../fixtures.ts'
import type { Ground } from '../stage.ts'
import type { Measure, Run } from './measure.ts'

type Sizes = Record<Size, number>
const PAGE = 50
const HITS = 20
/** The seq of each room's first message: those before it tell of the room and its member. */
const FIRST = 3
const DAY = 86_400

/** What a page of messages costs in a room of a million and in one of a thousand, through the use cases, warm. */
export async function historyPage(run: Run): Promise<Measure> {
  const ground = await run.stage.open('history')
  const sizes: Sizes = { small: 1_000, big: run.quick ? 200_000 : 1_000_000 }
  const looks = await prepare(ground, run, sizes)
  const pages = await compare(looks.pages, run.quick ? 200 : 800)
  const searches = await compare(looks.searches, run.quick ? 50 : 200)
  await ground.close()
  for (const [name, { small, big, ratio }] of Object.entries({ ...pages, ...searches }))
    run.say(`  ${name.padEnd(13)} ${small} ms of ${sizes.small}, ${big} ms of ${sizes.big}: ${ratio}`)
  return {
    parley: pages.newest!.big,
    bare: null,
    batched: null,
    ratio: Math.max(...Object.values(pages).map((page) => page.ratio)),
    unit: 'ms',
    budget: '≤ 1.2 of the room of a thousand',
    sizes,
    pages,
    searches,
  }
}

async function prepare({ house, url }: Ground, run: Run, sizes: Sizes): Promise<Record<'pages' | 'searches', Record<string, Look>>> {
  const [person] = await createPeople(house, 1)
  const [small, big] = (await openRooms(house, [[person!], [person!]])) as [RoomId, RoomId]
  const rooms = { small, big }
  const started = performance.now()
  const now = Date.now()
  await asSuperuser(url, async (client) => {
    await fillRooms(client, [
      { roomId: small, count: sizes.small, age: DAY },
      { roomId: big, count: sizes.big, age: DAY },
    ])
    await fillSearch(client, [small, big])
    await settle(client)
  })
  run.say(`  ${sizes.big} messages written, and made searchable, in ${((performance.now() - started) / 1_000).toFixed(0)} s`)

  const session = sessionOf(person!)
  type Place = Partial<Record<'before' | 'around' | 'thread', number>> & { at?: string }
  const page = (size: Size, place: Place = {}) =>
    timed(PAGE, async () => (await listMessages(context(house, session), { roomId: rooms[size], limit: PAGE, ...place })).messages.length)
  const search = (size: Size, q: string, hits: number) =>
    timed(hits, async () => (await searchMessages(context(house, session), { q, roomId: rooms[size], limit: HITS })).hits.length)
  /** Anywhere but within a page of the ends. */
  const within = (size: Size) => FIRST + 2 * PAGE + Math.floor(Math.random() * (sizes[size] - 4 * PAGE))
  const momentOf = (size: Size, seq: number) => new Date(now - (DAY + sizes[size] - seq) * 1_000).toISOString()
  return {
    pages: {
      newest: (size) => page(size),
      middle: (size) => page(size, { before: within(size) }),
      around: (size) => page(size, { around: within(size) }),
      at: (size) => page(size, { at: momentOf(size, within(size)) }),
      thread: (size) => page(size, { thread: FIRST }),
      threadMiddle: (size) => page(size, { thread: FIRST, before: FIRST + Math.ceil((sizes[size] * (PAGE + 20)) / ANSWERS) }),
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
