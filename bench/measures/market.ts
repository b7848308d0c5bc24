import { DiscoverCampaigns, type ListMyApplications, type PageOf } from '../../client-sdk/contract/index.ts'
import { searchable } from '../../persistence/search/words.ts'
import { getBoard, listApplications, listBrandApplications, listMyApplications } from '../../server/applications/list-applications.ts'
import { discoverCampaigns, listCampaigns } from '../../server/campaigns/list-campaigns.ts'
import { type Ctx, context } from '../../server/ctx.ts'
import { listRooms } from '../../server/rooms/list-rooms.ts'
import { asSuperuser, settle } from '../bulk.ts'
import { compare } from '../compare.ts'
import { type BenchPerson, createPeople, sessionOf } from '../fixtures.ts'
import { APPLICATIONS, CAMPAIGNS, fillMarket, type Market } from '../market-fill.ts'
import type { Ground } from '../stage.ts'
import type { Measure, Run } from './measure.ts'

/** Brands. */
const SIZES = { small: 1, big: 1_000 }
const QUICK = 100
const PAGE = 20
const NEEDLE = 'A lighthouse that nobody has filmed yet'
const TEXTS = ['Show your morning with our product', 'Take our product along on a trip', 'Cook with our product for friends']

/** What a page of the market costs with 100,000 campaigns and 1,000,000 applications and with a thousandth of that, through the use cases, warm. */
export async function market(run: Run): Promise<Measure> {
  const brands = { ...SIZES, ...(run.quick && { big: QUICK }) }
  const grounds = { small: await run.stage.open('market_small'), big: await run.stage.open('market_big') }
  const markets = { small: await prepare(run, grounds.small, brands.small), big: await prepare(run, grounds.big, brands.big) }
  const looks = Object.fromEntries(
    Object.entries(pages).map(([name, page]) => [name, (size: 'small' | 'big') => timed(() => page(asOne(grounds[size], markets[size])))]),
  )
  const found = await compare(looks, run.quick ? 100 : 300)
  await grounds.small.close()
  await grounds.big.close()
  const counts = (n: number) => ({ campaigns: n * CAMPAIGNS, applications: n * CAMPAIGNS * APPLICATIONS })
  const sizes = { small: counts(brands.small), big: counts(brands.big) }
  for (const [name, { small, big, ratio }] of Object.entries(found))
    run.say(`  ${name.padEnd(18)} ${small} ms of the small, ${big} ms of the big: ${ratio}`)
  const [worst] = Object.values(found).sort((a, b) => b.ratio - a.ratio)
  return {
    parley: worst!.big,
    bare: null,
    batched: null,
    ratio: worst!.ratio,
    unit: 'ms',
    budget: '≤ 1.5 of a thousandth',
    sizes,
    pages: found,
  }
}

async function prepare(run: Run, { house, url }: Ground, brands: number): Promise<Market> {
  const started = performance.now()
  const [owner] = await createPeople(house, 1)
  const [creator] = await createPeople(house, 1, { role: 'creator' })
  const words = [NEEDLE, ...TEXTS].map(searchable)
  const made = await asSuperuser(url, async (client) => {
    const filled = await fillMarket(client, brands, { owner: owner!, creator: creator! }, words)
    await settle(client)
    return filled
  })
  run.say(`  ${brands * CAMPAIGNS} campaigns and their applications written in ${((performance.now() - started) / 1_000).toFixed(0)} s`)
  return made
}

type One = Market & { asOwner(): Ctx; asCreator(): Ctx }
const asOne = ({ house }: Ground, its: Market): One => {
  const as = (person: BenchPerson, role: 'brand' | 'creator') => () => context(house, { ...sessionOf(person), role })
  return { ...its, asOwner: as(its.owner, 'brand'), asCreator: as(its.creator, 'creator') }
}

const found =
  (wanted: number) =>
  ({ items }: PageOf<unknown>) =>
    items.length === wanted
const whole = found(PAGE)
const discover = async ({ asCreator }: One, query: object, is = whole) =>
  is(await discoverCampaigns(asCreator(), DiscoverCampaigns.parse({ limit: PAGE, ...query })))
const mine: ListMyApplications = { limit: PAGE, state: [], sort: 'newest' }

/** Each resolves with whether the page is what it should be. */
const pages: Record<string, (one: One) => Promise<boolean>> = {
  newest: (one) => discover(one, {}),
  deadline: (one) => discover(one, { sort: 'deadline' }),
  budget: (one) => discover(one, { sort: 'budget', currency: 'EUR' }),
  platform: (one) => discover(one, { platform: 'tiktok' }, ({ items }) => items.length > 0),
  'common word': (one) => discover(one, { q: 'product' }),
  'rare word': (one) => discover(one, { q: 'lighthouse' }, found(1)),
  'of a brand': async ({ asOwner, brandId }) => whole(await listCampaigns(asOwner(), { brandId, state: [], limit: PAGE })),
  board: async ({ asOwner, campaignId }) => (await getBoard(asOwner(), { campaignId, limit: PAGE })).columns.length === 6,
  applications: async ({ asOwner, campaignId }) => found(APPLICATIONS)(await listApplications(asOwner(), { campaignId, ...mine })),
  "a brand's": async ({ asOwner, brandId }) => whole(await listBrandApplications(asOwner(), { brandId, ...mine })),
  "a creator's": async ({ asCreator }) => whole(await listMyApplications(asCreator(), mine)),
  inbox: async ({ asCreator }) => (await listRooms(asCreator(), { limit: PAGE, previews: true })).rooms.length === PAGE,
  "a brand's inbox": async ({ asOwner }) => (await listRooms(asOwner(), { limit: PAGE, previews: true })).rooms.length === PAGE,
}

/** In ms. Throws where the page is not what it should be. */
async function timed(look: () => Promise<boolean>): Promise<number> {
  const begin = performance.now()
  const isRight = await look()
  const ms = performance.now() - begin
  if (!isRight) throw new Error('a page is not what it should be')
  return ms
}
