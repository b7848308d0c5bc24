import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Following, follow } from '../../persistence/followers.ts'
import { atOnce } from '../../persistence/search/testing.ts'
import { sendMessage } from '../chat/send-message.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
let indexing: Following
beforeAll(async () => {
  w = await restWorld()
  indexing = follow(w.house.db, atOnce, 20)
})
afterAll(async () => {
  await indexing?.stop()
  await w?.close()
})

test('a room and all rooms are searched by REST, and a page leads to the next', async () => {
  const { roomId, creator, owner } = await w.negotiation()
  for (const text of ['Нова кампанія 1', 'new campaigns 2', 'нових кампаній 3'])
    await sendMessage(w.as(creator), { commandId: commandId(), roomId, text })
  const token = await w.token(owner)
  const get = async (path: string, params: Record<string, string>) =>
    w.call('GET', `/api/v1${path}?${new URLSearchParams(params)}`, { token })
  const q = 'кампанія or campaign'
  await expect.poll(async () => (await get('/search', { q })).body.hits, { timeout: 10_000 }).toHaveLength(3)

  const first = await get(`/rooms/${roomId}/search`, { q, limit: '2' })
  expect(first).toMatchObject({
    status: 200,
    body: {
      hits: [
        { roomId, message: { text: 'нових кампаній 3' }, snippet: 'нових кампаній 3', ranges: [[6, 14]] },
        { roomId, message: { text: 'new campaigns 2' }, ranges: [[4, 13]] },
      ],
      more: true,
    },
  })
  const next = await get(`/rooms/${roomId}/search`, { q, limit: '2', cursor: first.body.cursor as string })
  expect(next.body).toMatchObject({ hits: [{ message: { text: 'Нова кампанія 1' } }], more: false, cursor: null })

  const from = await w.keyOf(roomId, owner)
  expect((await get(`/rooms/${roomId}/search`, { q, from })).body).toEqual({ hits: [], more: false, cursor: null })
  const [newest] = first.body.hits as { message: { at: string } }[]
  expect((await get('/search', { q, after: newest!.message.at })).body.hits).toContainEqual(newest)
})

test('who may not search learns nothing, and what is no search is refused', async () => {
  const { roomId } = await w.negotiation()
  const token = await w.token(await w.person())
  const status = async (path: string, by?: string) =>
    (await w.call('GET', `/api/v1${path}`, by === undefined ? {} : { token: by })).body.code
  expect(await status(`/rooms/${roomId}/search?q=x`, token)).toBe('resource.notFound')
  expect(await status('/search?q=x')).toBe('session.required')
  for (const query of [
    '',
    'q=',
    'q=%20',
    `q=${'x'.repeat(201)}`,
    'q=x&limit=0',
    'q=x&limit=51',
    'q=x&after=yesterday',
    'q=x&cursor=x',
    'q=x&after=0000-01-01T00:00:00Z',
    'q=x&before=9999-12-31T23:59:59-15:00',
    `q=x&cursor=${Buffer.from(JSON.stringify(['0000-01-01T00:00:00.000Z', roomId, 1])).toString('base64url')}`,
    'q=%00',
  ])
    expect([query, await status(`/search?${query}`, token)]).toEqual([query, 'request.invalid'])
})

test('a moment of any zone may be asked for', async () => {
  const token = await w.token(await w.person())
  for (const at of ['2024-01-01T00:00:00+23:59', '2024-01-01T00:00:00-23:59', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])
    expect([
      at,
      (await w.call('GET', `/api/v1/search?${new URLSearchParams({ q: 'x', after: at, before: at })}`, { token })).status,
    ]).toEqual([at, 200])
})
