import { afterAll, beforeAll, expect, test } from 'vitest'
import { DealPlace, Dispute } from '../../client-sdk/contract/index.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { agreed, dealNow, someTerms } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

const terms = () =>
  someTerms({
    ...{ revisionRounds: 0, fee: { amount: 100, currency: 'EUR' } },
    payments: [
      { amount: 60, due: 'onAgreement' },
      { amount: 40, due: 'onApproval' },
    ],
  })

test('work is handed in, disputed, decided and paid for by REST', async () => {
  const its = await agreed(w, terms())
  const at = `/api/v1/applications/${its.applicationId}`
  const [creator, brand, admin] = await Promise.all([its.creator, its.campaign.manager, await w.person('admin')].map((one) => w.token(one)))
  const post = (path: string, token: string | undefined, body: object, headers = {}) =>
    w.call('POST', path, { token: token!, body, headers })

  const key = { 'Idempotency-Key': commandId() }
  const work = { links: ['https://example.com/reel'], note: 'Here it is' }
  const submitted = await post(`${at}/deliverables/1/submissions`, creator, work, key)
  expect(submitted).toMatchObject({ status: 201, body: { state: 'delivering', roomId: its.roomId } })
  expect(submitted.headers.get('ETag')).toBe(`"${its.version + 1}"`)
  const { seq } = DealPlace.parse(submitted.body)
  expect(await post(`${at}/deliverables/1/submissions`, creator, work, key)).toMatchObject({ status: 201, body: submitted.body })
  expect(await post(`${at}/deliverables/1/submissions`, creator, { ...work, note: 'Else' }, key)).toMatchObject({
    status: 409,
    body: { code: 'command.reused' },
  })

  const review = (number: number, body: object) => post(`${at}/deliverables/${number}/reviews`, brand, body)
  expect(await review(1, { submitted: seq - 1, move: 'approve' })).toMatchObject({ body: { code: 'resource.stale' } })
  expect(await review(1, { submitted: seq, move: 'requestRevision' })).toMatchObject({ body: { code: 'deliverable.noRounds' } })
  expect(await review(7, { submitted: seq, move: 'approve' })).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })
  expect(await review(1, { submitted: seq, move: 'dispute', note: 'It is blank' })).toMatchObject({ status: 201 })

  const disputes = await w.call('GET', '/api/v1/disputes?limit=1', { token: admin! })
  expect(disputes).toMatchObject({ status: 200, body: { items: [{ applicationId: its.applicationId }], cursor: null } })
  expect((disputes.body.items as unknown[]).map((one) => Dispute.parse(one))).toMatchObject([
    { waits: [{ what: 'deliverable', number: 1 }] },
  ])
  expect(await w.call('GET', '/api/v1/disputes', { token: brand! })).toMatchObject({ status: 403, body: { code: 'access.denied' } })
  const decision = { what: 'deliverable', number: 1, move: 'approve', reason: 'It plays' }
  expect(await post(`${at}/resolutions`, admin, decision)).toMatchObject({ status: 200, body: { state: 'delivering' } })
  expect(await post(`${at}/resolutions`, admin, decision)).toMatchObject({ status: 404, body: { code: 'resource.notFound' } })

  const money = (milestone: number, token: string | undefined, move: string) => post(`${at}/milestones/${milestone}/moves`, token, { move })
  expect(await money(2, creator, 'invoice')).toMatchObject({ status: 409, body: { code: 'milestone.notYet' } })
  expect(await money(1, brand, 'invoice')).toMatchObject({ status: 409, body: { code: 'milestone.illegalMove' } })
  const paid = [await money(1, creator, 'invoice'), await money(1, brand, 'pay'), await money(1, creator, 'confirm')]
  expect(paid.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await dealNow(w, its)).milestones.map(({ state }) => state)).toEqual(['confirmed', 'due'])

  // What is agreed is cancelled by the route that moves applications.
  const cancel = (token: string | undefined, move: string, version: number) =>
    post(`${at}/moves`, token, { move, reason: 'We part' }, { 'If-Match': `"${version}"` })
  expect(await cancel(creator, 'cancel.request', its.version + 1)).toMatchObject({ status: 200, body: { state: 'delivering+creator' } })
  expect(await cancel(brand, 'cancel.confirm', its.version + 2)).toMatchObject({ status: 200, body: { state: 'cancelled' } })
  expect(await post(`${at}/deliverables/2/submissions`, creator, work)).toMatchObject({ body: { code: 'application.illegalMove' } })
})

test('what is handed in are one to ten links, https alone, and a note', async () => {
  const its = await agreed(w)
  const token = await w.token(its.creator)
  const submit = (body: object, number: number | string = 1) =>
    w.call('POST', `/api/v1/applications/${its.applicationId}/deliverables/${number}/submissions`, { token, body })
  const links = ['https://example.com/1']
  const bad: object[] = [
    {},
    { links: [] },
    { links: Array.from({ length: 11 }, (_, i) => `https://example.com/${i}`) },
    { links: ['http://example.com/1'] },
    { links: ['javascript:alert(1)'] },
    { links: ['https://example.com@evil.example/1'] },
    { links: ['example.com'] },
    { links: [`https://example.com/${'x'.repeat(500)}`] },
    { links, note: ' ' },
    { links, note: 'a\0b' },
    { links, note: 'x'.repeat(2_001) },
    { links: 'https://example.com/1' },
  ]
  for (const body of bad) expect(await submit(body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  for (const number of ['0', '-1', '1.5', 'x', '100001'])
    expect(await submit({ links }, number)).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect((await dealNow(w, its)).deliverables.map(({ state }) => state)).toEqual(['due', 'due'])
  expect(await submit({ links: Array.from({ length: 10 }, (_, i) => `https://example.com/${i}`), note: 'x'.repeat(2_000) })).toMatchObject({
    status: 201,
  })
})
