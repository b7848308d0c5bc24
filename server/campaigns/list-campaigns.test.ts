import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { draft, move, published } from './testing.ts'

let w: Rest
let brand: Team
let owner: string
beforeAll(async () => {
  w = await restWorld()
  brand = await makeTeam(w)
  owner = await w.token(brand.owner)
})
afterAll(() => w.close())

type Item = { campaignId: string; title: string; saved?: boolean }
const list = async (query = '', { brandId, token } = { brandId: brand.brandId as string, token: owner }) =>
  (await w.call('GET', `/api/v1/brands/${brandId}/campaigns?${query}`, { token })).body as {
    items: Item[]
    cursor: string | null
    code?: string
  }
const titles = async (query: string) => (await list(query)).items.map(({ title }) => title)

test('a brand’s campaigns are listed for its team by state and words, the last changed first, page by page', async () => {
  await draft(w, brand, { title: 'First draft' })
  const open = await published(w, brand, { title: 'Opened serum' })
  const paused = await move(w, brand.owner, await published(w, brand, { title: 'Paused serum' }), { move: 'pause' })
  await draft(w, brand, { title: 'Second draft' })
  await draft(w, await makeTeam(w), { title: 'Another’s serum draft' })
  expect(await titles('')).toEqual(['Second draft', 'Paused serum', 'Opened serum', 'First draft'])
  expect(await titles('state=draft')).toEqual(['Second draft', 'First draft'])
  expect(await titles('state=open&state=paused')).toEqual(['Paused serum', 'Opened serum'])
  expect(await titles('q=drafts')).toEqual(['Second draft', 'First draft'])
  expect(await titles('q=paused&state=open')).toEqual([])
  expect(await titles('q=!')).toEqual([])
  await move(w, brand.owner, open, { move: 'cancel', reason: 'Over' })
  expect((await titles(''))[0]).toBe('Opened serum')
  for (const query of ['', 'q=serum or draft', 'state=draft&state=paused&state=cancelled']) {
    const paged: string[] = []
    let cursor: string | null = ''
    for (; cursor !== null; ) {
      const page = await list(`${query}&limit=1${cursor && `&cursor=${cursor}`}`)
      paged.push(...page.items.map(({ campaignId }) => campaignId))
      cursor = page.cursor
    }
    expect(paged).toEqual((await list(query)).items.map(({ campaignId }) => campaignId))
    expect(paged).toHaveLength(4)
  }
  const { cursor } = await list('limit=1')
  expect((await list(`limit=1&state=draft&cursor=${cursor}`)).code).toBe('request.invalid')
  expect((await list('state=flying')).code).toBe('request.invalid')
  expect(paused.state).toBe('paused')
})

test('a brand’s list is its team’s alone', async () => {
  const asked = async (token: string, brandId: string = brand.brandId) => {
    const { status, body } = await w.call('GET', `/api/v1/brands/${brandId}/campaigns`, { token })
    return [status, body.detail]
  }
  const stranger = await w.token((await makeTeam(w)).owner)
  const nowhere = await asked(stranger, newId())
  expect(await asked(stranger)).toEqual(nowhere)
  expect(await asked(await w.token(await w.person('creator')))).toEqual(nowhere)
  expect((await asked(await w.token(brand.viewer)))[0]).toBe(200)
})

test('a creator keeps what they may see, the last kept first, and lets it go', async () => {
  const token = await w.token(await w.person('creator'))
  const [one, two] = [await published(w, brand, { title: 'One' }), await published(w, brand, { title: 'Two' })]
  const hidden = [(await draft(w, brand)).campaignId, (await published(w, brand, { visibility: 'code' })).campaignId, newId()]
  const save = (method: string, id: string) => w.call(method, `/api/v1/campaigns/${id}/saved`, { token })
  const saved = async () => (await w.call('GET', '/api/v1/me/saved-campaigns?limit=1', { token })).body as { items: Item[]; cursor: string }
  for (const id of [one.campaignId, two.campaignId, one.campaignId]) expect((await save('PUT', id)).body).toEqual({ campaignId: id })
  const answers = [
    ...(await Promise.all(hidden.map((id) => save('PUT', id)))),
    ...(await Promise.all(hidden.map((id) => save('DELETE', id)))),
  ]
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.detail}`))).toEqual(new Set(['404 No such campaign']))
  const first = await saved()
  expect(first.items.map(({ title, saved }) => [title, saved])).toEqual([['Two', true]])
  const rest = (await w.call('GET', `/api/v1/me/saved-campaigns?cursor=${first.cursor}`, { token })).body
  expect([(rest.items as Item[]).map(({ title }) => title), rest.cursor]).toEqual([['One'], null])
  expect((await w.call('GET', `/api/v1/campaigns/${two.campaignId}`, { token })).body.saved).toBe(true)
  await save('DELETE', two.campaignId)
  expect((await save('DELETE', two.campaignId)).status).toBe(200)
  expect((await saved()).items.map(({ title }) => title)).toEqual(['One'])
})

test('what is kept and may not be seen any more is listed no more, and can be let go', async () => {
  const guest = await w.person('creator')
  const token = await w.token(guest)
  const { campaignId } = await published(w, brand, { visibility: 'invited' })
  await w.call('POST', `/api/v1/campaigns/${campaignId}/guests`, { token: owner, body: { email: guest.email } })
  await w.call('PUT', `/api/v1/campaigns/${campaignId}/saved`, { token })
  await w.call('DELETE', `/api/v1/campaigns/${campaignId}/guests/${guest.email}`, { token: owner })
  expect((await w.call('GET', '/api/v1/me/saved-campaigns', { token })).body.items).toEqual([])
  const letGo = async () => (await w.call('DELETE', `/api/v1/campaigns/${campaignId}/saved`, { token })).status
  expect([await letGo(), await letGo()]).toEqual([200, 404])
})
