import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreed, someTerms } from '../server/deals/testing.ts'
import { links } from '../server/deals/testing-work.ts'
import { commandId } from '../server/testing.ts'
import { hub, type TestHub, type TestNode } from './testing.ts'
import { applicationsHeard, listReader } from './testing-market.ts'

/** On a busy machine, in ms. */
const patience = { timeout: 6_000 }

let h: TestHub
let far: TestNode
beforeAll(async () => {
  h = await hub()
  far = await h.node()
})
afterAll(() => h?.close())

test('work, payments and decisions are heard in the room in their order, and the lists of both sides follow, on every node', async () => {
  const its = await agreed(
    h,
    someTerms({ revisionRounds: 0, deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: null }] }),
  )
  const { applicationId, roomId, campaign, version } = its
  const creator = await listReader(h, its.creator)
  const [manager, viewer] = [await h.client(campaign.manager, {}, far.url), await listReader(h, campaign.viewer, far.url)]
  const admin = await h.client(await h.person('admin'))
  const stranger = await listReader(h, await h.person('brand'))
  for (const client of [creator, manager]) await client.do('room.join', { roomId })
  const of = () => ({ commandId: commandId(), applicationId })

  const { seq } = (await creator.do('deliverable.submit', { ...of(), deliverable: 1, links, note: 'Here' })) as { seq: number }
  expect(await manager.do('deliverable.review', { ...of(), deliverable: 1, submitted: seq, move: 'dispute' })).toMatchObject({
    state: 'delivering',
  })
  await creator.do('application.move', { ...of(), version: version + 1, move: 'cancel.request', reason: 'Then rather not' })
  expect(await admin.do('deal.resolve', { ...of(), what: 'deliverable', number: 1, move: 'approve', reason: 'It is fine' })).toMatchObject({
    state: 'completed',
    version: version + 3,
  })
  await creator.do('milestone.move', { ...of(), milestone: 1, move: 'invoice', note: 'No. 1' })

  const told = ['deliverable.statusChanged', 'application.statusChanged', 'deliverable.statusChanged', 'application.statusChanged']
  const all = [...told, 'deliverable.statusChanged', 'application.statusChanged', 'milestone.statusChanged']
  for (const { heard } of [creator, manager]) {
    await expect.poll(() => heard.filter((event) => event.seq >= seq).map(({ type }) => type), patience).toEqual(all)
    const [work] = heard.filter((event) => event.seq === seq)
    expect(work).toMatchObject({ data: { deal: { move: 'submit', as: 'creator' }, personal: { links, note: 'Here' } } })
  }
  for (const one of [creator, viewer]) {
    const its = () => applicationsHeard(one).filter((card) => card.applicationId === applicationId)
    await expect.poll(() => its().at(-1), patience).toMatchObject({ state: 'completed', version: version + 3 })
  }
  expect(applicationsHeard(stranger)).toEqual([])
})
