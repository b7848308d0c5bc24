import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuditEntry, CatalogueKey, newId, PLATFORM, SYSTEM } from '../../client-sdk/contract/index.ts'
import { putEntry } from '../catalogue/put-entry.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'

let w: Rest
let admin: TestPerson
let token: string
beforeAll(async () => {
  w = await restWorld()
  admin = await w.person('admin')
  token = await w.token(admin)
})
afterAll(() => w.close())

const read = (query = '') => w.call('GET', `/api/v1/admin/audit${query}`, { token })
const add = (key: string) =>
  putEntry(w.as(admin), { commandId: commandId(), list: 'categories', key: CatalogueKey.parse(key), name: key, retired: false })
async function move(reason: string): Promise<void> {
  const deal = { workflowId: `mail:${newId()}`, runId: newId<string>(), move: 'retry' } as const
  const by = { actor: SYSTEM, commandId: commandId(), accessVersion: null }
  const what = { type: 'workflow.moved', deal, personal: { by: admin.userId, reason } } as const
  await w.db.orm.em.fork().transactional((em) => w.db.log.append(em, [{ streamId: PLATFORM, ...by, ...what }]))
}

test('what was done to the platform is read the newest first, page by page, with who did it and why where that is known', async () => {
  await add('felting')
  await move('It hangs')
  await add('weaving')
  const shown: AuditEntry[] = []
  const sizes: number[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { status, body } = await read(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    expect(status).toBe(200)
    const page = body as { items: AuditEntry[]; cursor: string | null }
    shown.push(...page.items)
    sizes.push(page.items.length)
    cursor = page.cursor
  }
  expect(sizes).toEqual([2, 1])
  expect(shown.map(({ seq }) => seq)).toEqual([3, 2, 1])
  expect(shown).toMatchObject([
    { type: 'catalogue.changed', about: { list: 'categories', key: 'weaving' }, by: null, reason: null },
    { type: 'workflow.moved', about: { move: 'retry' }, by: { userId: admin.userId, name: admin.name }, reason: 'It hangs' },
    { type: 'catalogue.changed', about: { list: 'categories', key: 'felting' }, by: null, reason: null },
  ])
})

test('what is no cursor of it is refused', async () => {
  for (const cursor of ['x', Buffer.from('["audit"]').toString('base64url'), Buffer.from('["disputes",3]').toString('base64url')])
    expect(await read(`?cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
})

test('a server without Temporal says that it has no slow work to look at', async () => {
  const run = `mail:${newId()}/runs/${newId()}`
  for (const answer of [
    await w.call('GET', '/api/v1/admin/workflows', { token }),
    await w.call('GET', `/api/v1/admin/workflows/${run}`, { token }),
    await w.call('POST', `/api/v1/admin/workflows/${run}/moves`, { token, body: { move: 'retry', reason: 'It hangs' } }),
  ])
    expect(answer).toMatchObject({ status: 503, body: { code: 'server.unavailable', detail: expect.stringContaining('without Temporal') } })
  expect((await read()).body.items).toHaveLength(3)
})
