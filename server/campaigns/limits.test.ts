import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiscoverCampaigns } from '../../client-sdk/contract/index.ts'
import { makeTeam } from '../brands/testing.ts'
import { TokenBuckets } from '../limits.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { copyCampaign } from './copy-campaign.ts'
import { discoverCampaigns } from './list-campaigns.ts'
import { draft, published } from './testing.ts'

let w: World
const few = () => new TokenBuckets({ perSecond: 0.01, burst: 2 })
beforeAll(async () => {
  w = await world({ limits: { campaigns: few(), searches: few() } })
})
afterAll(() => w.close())

const discover = (asked: unknown) => (creator: TestPerson) => discoverCampaigns(w.as(creator), DiscoverCampaigns.parse(asked))
const limited = (what: string) => ({ code: 'rate.limited', message: expect.stringContaining(what), retryAfter: expect.any(Number) })

test('one person makes only so many campaigns, new or copied; another of the team goes on', async () => {
  const brand = await makeTeam(w)
  const { campaignId } = await draft(w, brand)
  const copy = () => copyCampaign(w.as(brand.owner), { commandId: commandId(), campaignId })
  await copy()
  await expect(copy()).rejects.toMatchObject(limited('campaigns'))
  await expect(draft(w, brand)).rejects.toMatchObject(limited('campaigns'))
  expect(await draft(w, { ...brand, owner: brand.manager })).toMatchObject({ state: 'draft' })
})

test('one creator searches only so often, and looks through campaigns all the same', async () => {
  const creator = await w.person('creator')
  for (const q of ['serum', 'glow']) await discover({ q })(creator)
  await expect(discover({ q: 'serum' })(creator)).rejects.toMatchObject(limited('searches'))
  expect(await discover({ platform: 'instagram' })(creator)).toMatchObject({ cursor: null })
})

test.each(['-glow', 'the -glow', 'serum or -glow', '-"morning glow" -serum'])(
  'a search for all that is not %s is refused: it would read everything',
  async (q) => {
    const creator = await w.person('creator')
    await expect(discover({ q })(creator)).rejects.toMatchObject({ code: 'request.invalid' })
  },
)

test('a search for one word without another is answered', async () => {
  const [creator, brand] = [await w.person('creator'), await makeTeam(w)]
  const { campaignId } = await published(w, brand, { title: 'Lighthouse' })
  expect((await discover({ q: 'lighthouse -boat' })(creator)).items).toMatchObject([{ campaignId }])
  expect((await discover({ q: 'lighthouse -serum' })(creator)).items).toEqual([])
})
