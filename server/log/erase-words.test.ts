import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyStream } from '../../persistence/verify.ts'
import { getApplication } from '../applications/get-application.ts'
import { agreed, dealNow, type Parties, parties, propose } from '../deals/testing.ts'
import { submitDeliverable } from '../deliverables/move-deliverable.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { eraseMessages } from './erase-messages.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.close())

const erase = (who: TestPerson, { roomId }: Parties, ...seqs: number[]) =>
  eraseMessages(w.as(who), { commandId: commandId(), roomId, seqs, reason: 'personRequest' })
const refusal = (code: string) => ({ code })
const headOf = async ({ roomId }: Parties) => (await w.db.log.readAfter(roomId, 0, 1)).head

test('one’s own words of an application, an offer and work can be erased; the deal says so and the log still verifies', async () => {
  const its = await agreed(w)
  const { applicationId } = its
  const of = { commandId: commandId(), applicationId }
  const comment = await commentOffer(w.as(its.creator), { ...of, offer: 1, term: 'fee', item: null, text: 'My number is 555-0199' })
  const links = ['https://example.com/me']
  const work = await submitDeliverable(w.as(its.creator), { ...of, commandId: commandId(), deliverable: 1, links, note: 'As agreed' })
  const { rows } = await w.db.pool.query<{ submitted: string }>('select submitted from application where id = $1', [applicationId])
  const { seq } = await erase(its.creator, its, comment.seq, work.seq, Number(rows[0]!.submitted))
  const deal = await dealNow(w, its)
  expect(deal.comments).toMatchObject([{ seq: comment.seq, text: null }])
  expect(deal.deliverables[0]).toMatchObject({ state: 'submitted', links: null, note: null })
  expect(await getApplication(w.as(its.campaign.owner), { applicationId })).toMatchObject({ cover: null, answers: null })
  expect(await headOf(its)).toBe(seq)
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
  await expect(erase(its.creator, its, comment.seq)).rejects.toMatchObject(refusal('request.invalid'))
})

test('the other side’s words of a deal are theirs alone to erase, also for whoever may erase messages; terms are no words', async () => {
  const its = await parties(w)
  const { seq } = await propose(w, its.creator, its)
  const of = { applicationId: its.applicationId, offer: 1, term: 'fee', item: null } as const
  const comment = await commentOffer(w.as(its.creator), { ...of, commandId: commandId(), text: 'Too little' })
  const head = await headOf(its)
  for (const who of [its.campaign.owner, its.campaign.manager, its.campaign.viewer])
    await expect(erase(who, its, comment.seq)).rejects.toMatchObject(refusal('access.denied'))
  await expect(erase(its.creator, its, seq)).rejects.toMatchObject(refusal('resource.notFound'))
  await expect(erase(await w.person(), its, comment.seq)).rejects.toMatchObject(refusal('resource.notFound'))
  expect(await headOf(its)).toBe(head)
})
