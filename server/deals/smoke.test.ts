import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyStream } from '../../persistence/verify.ts'
import { reviewDeliverable, submitDeliverable } from '../deliverables/move-deliverable.ts'
import { moveMilestone } from '../milestones/move-milestone.ts'
import { commandId, type World, world } from '../testing.ts'
import { accept, agreed, counter, dealNow, parties, propose, someTerms } from './testing.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.close())
test('a deal', async () => {
  const p = await parties(w, { terms: someTerms() })
  const c = await counter(w, p.campaign.manager, p, 1)
  expect(c).toMatchObject({ state: 'negotiating', version: 2, offer: 2 })
  await expect(accept(w, p.creator, p, { offer: 1, hash: c.hash })).rejects.toMatchObject({ code: 'offer.countered' })
  await expect(accept(w, p.campaign.owner, p, c)).rejects.toMatchObject({ code: 'offer.own' })
  await expect(accept(w, p.campaign.viewer, p, c)).rejects.toMatchObject({ code: 'access.denied' })
  const a = await accept(w, p.creator, p, c)
  expect(a).toMatchObject({ state: 'agreed', version: 3 })
  for (const deliverable of [1, 2]) {
    const { seq } = await submitDeliverable(w.as(p.creator), {
      commandId: commandId(),
      applicationId: p.applicationId,
      deliverable,
      links: ['https://example.com/x'],
    })
    const r = await reviewDeliverable(w.as(p.campaign.owner), {
      commandId: commandId(),
      applicationId: p.applicationId,
      deliverable,
      submitted: seq,
      move: 'approve',
      note: 'fine',
    })
    expect(r.state).toBe(deliverable === 2 ? 'completed' : 'delivering')
  }
  await moveMilestone(w.as(p.creator), { commandId: commandId(), applicationId: p.applicationId, milestone: 1, move: 'invoice' })
  console.log(JSON.stringify(await dealNow(w, p), null, 1))
  expect(await verifyStream(w.db, p.roomId)).toMatchObject({ ok: true })
  const x = await agreed(w)
  const am = await propose(w, x.creator, x, { basedOn: 1 })
  expect((await accept(w, x.campaign.owner, x, am)).state).toBe('agreed')
  expect((await dealNow(w, x)).binding).toBe(2)
})
