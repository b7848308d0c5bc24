import { afterAll, beforeAll, expect, test } from 'vitest'
import { Application, type ApplicationPlace, Campaign, type RoomId, SYSTEM } from '../../client-sdk/contract/index.ts'
import { emptyRoom, reduce } from '../../client-sdk/contract/reduce.ts'
import { erase } from '../../persistence/erasure.ts'
import { peopleOf } from '../../persistence/rooms.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { declineCancelled } from './end-due-applications.ts'
import { apply, eventsOf, openCampaign } from './testing.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

const get = async (who: TestPerson, path: string) => (await w.call('GET', `/api/v1/${path}`, { token: await w.token(who) })).body
const read = async (who: TestPerson, { applicationId }: ApplicationPlace) =>
  Application.parse(await get(who, `applications/${applicationId}`))
/** What is said in the room: by its events, which a snapshot of it must be like, and by REST. */
async function inRoom(who: TestPerson, roomId: RoomId) {
  const { subject } = (await eventsOf(w, roomId)).reduce(reduce, emptyRoom)
  expect((await peopleOf(w.db.pool, roomId)).subject).toEqual(subject)
  expect((await get(who, `rooms/${roomId}`)).subject).toEqual(subject)
  return subject!.reason
}
async function forget(streamId: RoomId): Promise<void> {
  const { seq } = (await eventsOf(w, streamId)).findLast(({ type }) => type.endsWith('.statusChanged'))!
  const by = { streamId, actor: SYSTEM, commandId: commandId(), accessVersion: null }
  await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: [seq], reason: 'personRequest' }))
}
/** As a command that can be sent again. */
async function order(who: TestPerson, path: string, version: number, body: object) {
  const headers = { 'If-Match': `"${version}"`, 'Idempotency-Key': commandId() }
  const token = await w.token(who)
  return async (more: object = {}) => (await w.call('POST', `/api/v1/${path}/moves`, { token, headers, body: { ...body, ...more } })).body
}

test('why an application was declined is read by its creator until it is erased, and a repeat brings it not back', async () => {
  const { campaignId, owner } = await openCampaign(w)
  const creator = await w.person()
  const place = await apply(w, creator, campaignId)
  const reasons = async () => [(await read(creator, place)).reason, await inRoom(creator, place.roomId)]
  expect(await reasons()).toEqual([null, null])
  const decline = await order(owner, `applications/${place.applicationId}`, 1, { move: 'decline', reason: 'We went with Bob' })
  const answer = await decline()
  expect(answer).toMatchObject({ state: 'declined', version: 2 })
  for (const again of [answer, await decline()]) {
    expect(again).toEqual(answer)
    expect(await reasons()).toEqual(['We went with Bob', 'We went with Bob'])
  }
  expect(await decline({ reason: 'Else' })).toMatchObject({ code: 'command.reused' })
  await forget(place.roomId)
  expect(await decline()).toEqual(answer)
  expect(await reasons()).toEqual([null, null])
  expect(await read(creator, place)).toMatchObject({ state: 'declined', version: 2 })
})

test('what is read is what was said last: with many at once, and by the creator who withdraws', async () => {
  const { campaignId, owner, viewer } = await openCampaign(w)
  const creators = await Promise.all([w.person(), w.person()])
  const places = await Promise.all(creators.map((creator) => apply(w, creator, campaignId)))
  const shortlist = await order(owner, `campaigns/${campaignId}/applications`, 1, {
    ...{ move: 'shortlist', reason: 'Lovely, both' },
    applications: places.map(({ applicationId }) => ({ applicationId, version: 1 })),
  })
  expect(await shortlist()).toMatchObject({ refused: [] })
  for (const [i, place] of places.entries()) expect(await read(creators[i]!, place)).toMatchObject({ reason: 'Lovely, both' })
  const [one, other] = places as [ApplicationPlace, ApplicationPlace]
  await (await order(creators[0]!, `applications/${one.applicationId}`, 2, { move: 'withdraw', reason: 'Too far away' }))()
  await (await order(creators[1]!, `applications/${other.applicationId}`, 2, { move: 'withdraw' }))()
  expect([(await read(viewer, one)).reason, await inRoom(viewer, one.roomId)]).toEqual(['Too far away', 'Too far away'])
  expect([(await read(viewer, other)).reason, await inRoom(viewer, other.roomId)]).toEqual([null, null])
})

test('why a campaign was cancelled is read by those who applied, and not by others who see it, until it is erased', async () => {
  const { campaignId, roomId, owner } = await openCampaign(w)
  const [creator, stranger] = [await w.person(), await w.person()]
  const place = await apply(w, creator, campaignId)
  const cancel = await order(owner, `campaigns/${campaignId}`, 2, { move: 'cancel', reason: 'Our budget is gone' })
  const answer = await cancel()
  expect(await cancel()).toEqual(answer)
  expect(await cancel({ reason: 'Else' })).toMatchObject({ code: 'command.reused' })
  const reasonFor = async (who: TestPerson) => Campaign.parse(await get(who, `campaigns/${campaignId}`)).reason
  expect([await reasonFor(owner), await reasonFor(creator), await inRoom(creator, roomId)]).toEqual(Array(3).fill('Our budget is gone'))
  expect(await reasonFor(stranger)).toBeNull()
  while ((await declineCancelled(w.asSystem())) > 0);
  expect(await read(creator, place)).toMatchObject({ state: 'declined', reason: 'The campaign was cancelled' })
  expect(await get(creator, `campaigns/${campaignId}`)).toMatchObject({ roomId: null, reason: 'Our budget is gone' })
  await forget(roomId)
  expect([await reasonFor(owner), await reasonFor(creator), await inRoom(owner, roomId)]).toEqual([null, null, null])
  expect(await cancel()).toEqual(answer)
})
