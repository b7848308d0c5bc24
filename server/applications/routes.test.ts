import { afterAll, beforeAll, expect, test } from 'vitest'
import { Application, Board, newId, type RoomId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { commandId } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { openCampaign, terms } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

test('from the application to the decision all can be done by REST', async () => {
  const { campaignId, brandId, owner, viewer } = await openCampaign(w)
  const creator = await w.person('creator', 'Ann')
  const [mine, theirs, reader] = await Promise.all([creator, owner, viewer].map((person) => w.token(person)))
  const at = `/api/v1/campaigns/${campaignId}`
  const key = { 'Idempotency-Key': commandId() }
  const body = { cover: 'I would love to', terms }
  const submitted = await w.call('POST', `${at}/applications`, { token: mine!, body, headers: key })
  expect(submitted).toMatchObject({ status: 201, body: { state: 'submitted', version: 1 } })
  expect(submitted.headers.get('ETag')).toBe('"1"')
  expect(await w.call('POST', `${at}/applications`, { token: mine!, body, headers: key })).toMatchObject({
    status: 201,
    body: submitted.body,
  })
  const again = await w.call('POST', `${at}/applications`, { token: mine!, body })
  expect(again).toMatchObject({ status: 409, body: { code: 'application.exists' } })

  const one = `/api/v1/applications/${submitted.body.applicationId}`
  const seen = await w.call('GET', one, { token: reader! })
  expect(seen.headers.get('ETag')).toBe('"1"')
  expect(Application.parse(seen.body)).toMatchObject({ cover: 'I would love to', me: 'viewer', terms, creator: { name: 'Ann' } })
  for (const list of [
    `${at}/applications?state=submitted&state=declined&sort=oldest`,
    `/api/v1/brands/${brandId}/applications?sort=changed`,
  ])
    expect(await w.call('GET', list, { token: reader! })).toMatchObject({
      status: 200,
      body: { items: [{ title: 'Autumn' }], cursor: null },
    })
  expect(await w.call('GET', '/api/v1/applications', { token: mine! })).toMatchObject({
    status: 200,
    body: { items: [{ state: 'submitted' }] },
  })
  const board = await w.call('GET', `${at}/board?limit=1`, { token: theirs! })
  expect(Board.parse(board.body).columns).toMatchObject([{ state: 'submitted', count: 1, cursor: null }])

  const move = { move: 'shortlist' }
  const shortlist = (headers: Record<string, string>) => w.call('POST', `${one}/moves`, { token: theirs!, body: move, headers })
  expect(await shortlist({})).toMatchObject({ status: 428, body: { code: 'precondition.required' } })
  expect(await shortlist({ 'If-Match': '"7"' })).toMatchObject({ status: 412, body: { code: 'resource.stale' } })
  const moved = await shortlist({ 'If-Match': '"1"' })
  expect(moved).toMatchObject({ status: 200, body: { state: 'shortlisted', version: 2 } })
  expect(moved.headers.get('ETag')).toBe('"2"')
  const notes = await w.call('POST', `${one}/notes`, { token: theirs! })
  expect(notes).toMatchObject({ status: 200, body: { roomId: expect.any(String) } })
  expect(await w.call('POST', `${one}/notes`, { token: mine! })).toMatchObject({ status: 403, body: { code: 'access.denied' } })
  const many = { move: 'decline', applications: [{ applicationId: submitted.body.applicationId, version: 2 }] }
  const declined = await w.call('POST', `${at}/applications/moves`, { token: theirs!, body: many })
  expect(declined).toMatchObject({ status: 200, body: { moved: [{ state: 'declined', version: 3 }], refused: [] } })
})

test('what is no order is refused in the same words, and changes nothing', async () => {
  const { campaignId, owner } = await openCampaign(w)
  const creator = await w.person()
  const [mine, theirs] = await Promise.all([creator, owner].map((person) => w.token(person)))
  const at = `/api/v1/campaigns/${campaignId}`
  for (const body of [
    {},
    { cover: '' },
    { cover: 'a\0b' },
    { cover: '\ud800' },
    { cover: 'x'.repeat(4_001) },
    {
      cover: 'x',
      answers: [
        { key: 'a', text: 'x' },
        { key: 'a', text: 'y' },
      ],
    },
  ])
    expect(await w.call('POST', `${at}/applications`, { token: mine!, body })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  for (const [amount, code] of [
    [1, 'terms.badSum'],
    [1e300, 'terms.badAmount'],
  ] as const) {
    const body = { cover: 'x', terms: { ...terms, fee: { amount, currency: 'EUR' } } }
    expect(await w.call('POST', `${at}/applications`, { token: mine!, body })).toMatchObject({ status: 400, body: { code } })
  }
  for (const query of [
    'limit=0',
    'limit=1e9',
    'cursor=x',
    'cursor=%00',
    'state=none',
    'sort=random',
    `state=${'submitted&state='.repeat(30)}`,
  ])
    expect(await w.call('GET', `${at}/applications?${query}`, { token: theirs! })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid' },
    })
  const which = (version: unknown) => ({ move: 'decline', applications: [{ applicationId: newId(), version }] })
  for (const body of [which(0), which(2 ** 53), which('1'), { move: 'expire', applications: [] }, { ...which(1), applications: [] }])
    expect(await w.call('POST', `${at}/applications/moves`, { token: theirs!, body })).toMatchObject({ status: 400 })
  const bigVersion = await w.call('POST', `${at}/applications/moves`, { token: theirs!, body: which(2 ** 40) })
  expect(bigVersion).toMatchObject({ status: 200, body: { moved: [], refused: [{ code: 'resource.notFound' }] } })
  for (const path of [`/api/v1/applications/x`, '/api/v1/applications/00000000-0000-0000-0000-00000000000g'])
    expect(await w.call('GET', path, { token: mine! })).toMatchObject({ status: 400 })
  expect((await w.call('GET', `${at}/board`, { token: theirs! })).body).toEqual({ columns: [] })
})

test('what was said with an application is gone once it is erased, and the application stays', async () => {
  const { campaignId, owner } = await openCampaign(w)
  const creator = await w.person()
  const token = await w.token(creator)
  const order = { token, body: { cover: 'Call me at 555' }, headers: { 'Idempotency-Key': commandId() } }
  const submitted = await w.call('POST', `/api/v1/campaigns/${campaignId}/applications`, order)
  const by = { streamId: submitted.body.roomId as RoomId, actor: SYSTEM, commandId: commandId(), accessVersion: null }
  await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: [2], reason: 'personRequest' }))
  const { body } = await w.call('GET', `/api/v1/applications/${submitted.body.applicationId}`, { token: await w.token(owner) })
  expect(body).toMatchObject({ cover: null, answers: null, state: 'submitted' })
  const repeat = await w.call('POST', `/api/v1/campaigns/${campaignId}/applications`, order)
  expect(repeat).toMatchObject({ status: 201, body: submitted.body })
})
