import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitingIn } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { countsOf, eventsOf } from '../applications/testing.ts'
import { applicationContradictions } from '../applications/testing-contradictions.ts'
import { type World, world } from '../testing.ts'
import { accept, agreed, dealNow, type Parties, propose, someTerms } from './testing.ts'
import { dealContradictions } from './testing-contradictions.ts'
import { cancel, handIn, pay, resolve, review, rowOf, submit } from './testing-work.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
/** Who comes first is chance: often enough, each is. */
const TIMES = Array.from({ length: 6 }, (_, i) => i)
const terms = () => someTerms({ revisionRounds: 1, payments: [{ amount: 90_000, due: 'onAgreement' }] })

/** All at once: the codes of those that were refused, in order, and how many were not. */
async function atOnce(...orders: (() => Promise<unknown>)[]) {
  const settled = await Promise.allSettled(orders.map((order) => order()))
  const codes = settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason.code)] : []))
  return { done: settled.map(({ status }) => status === 'fulfilled'), codes }
}
const typesOf = async (its: Parties) => (await eventsOf(w, its.roomId)).map(({ type }) => type)
const countOf = (types: readonly string[], type: string) => types.filter((one) => one === type).length
/** The row, the counts and the log say one thing. */
async function agrees(its: Parties): Promise<void> {
  const [deal, row] = [await dealNow(w, its), await rowOf(w, its)]
  expect(row).toMatchObject({ state: deal.state, version: deal.version })
  expect(row.disputed_at !== null).toBe(waitingIn(deal).some(({ what }) => what !== 'application'))
  const { counted, real } = await countsOf(w, its.campaign.campaignId)
  expect(counted).toEqual(real)
  expect(await verifyStream(w.db, its.roomId)).toMatchObject({ ok: true })
}

describe('of orders at once', () => {
  test('one review goes through, and the other is told', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, terms())
      const place = await submit(w, its, 1)
      const { done, codes } = await atOnce(
        () => review(w, its, 1, place, 'approve'),
        () => review(w, its, 1, place, 'requestRevision'),
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(codes).toEqual(['deliverable.illegalMove'])
      expect((await dealNow(w, its)).deliverables[0]!.state).toBe(done[0] ? 'approved' : 'revisionRequested')
      await agrees(its)
    }
  })

  test('a review is never of a submission that it did not name', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, someTerms({ revisionRounds: 2 }))
      const first = await submit(w, its, 1)
      await review(w, its, 1, first, 'requestRevision')
      const { done, codes } = await atOnce(
        () => submit(w, its, 1),
        () => review(w, its, 1, first, 'approve'),
      )
      expect(done).toEqual([true, false])
      expect(['resource.stale', 'deliverable.illegalMove']).toContain(codes[0])
      expect((await dealNow(w, its)).deliverables[0]).toMatchObject({ state: 'submitted' })
      await agrees(its)
    }
  })

  test('two first submissions begin one delivery, and two last approvals complete the deal once', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, terms())
      expect((await atOnce(...[1, 2].map((number) => () => submit(w, its, number)))).codes).toEqual([])
      const { deliverables, version } = await dealNow(w, its)
      expect(version).toBe(its.version + 1)
      const approvals = deliverables.map(
        ({ deliverable, submitted }) =>
          () =>
            review(w, its, deliverable, { seq: submitted! }, 'approve'),
      )
      expect((await atOnce(...approvals)).codes).toEqual([])
      expect(await dealNow(w, its)).toMatchObject({ state: 'completed', version: its.version + 2 })
      expect(countOf(await typesOf(its), 'application.statusChanged')).toBe(4)
      await agrees(its)
    }
  })

  test('a payment is made once', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, terms())
      for (const move of ['invoice', 'pay'] as const) {
        const twice = await atOnce(
          () => pay(w, its, 1, move),
          () => pay(w, its, 1, move),
        )
        expect(twice.codes).toEqual(['milestone.illegalMove'])
      }
      // What is disputed can be confirmed, and what is confirmed cannot be disputed.
      const { done } = await atOnce(
        () => pay(w, its, 1, 'confirm'),
        () => pay(w, its, 1, 'dispute'),
      )
      expect(done[0]).toBe(true)
      expect(countOf(await typesOf(its), 'milestone.statusChanged')).toBe(done[1] ? 4 : 3)
      expect((await dealNow(w, its)).milestones[0]!.state).toBe('confirmed')
      await agrees(its)
    }
  })

  test('a payment is asked for, or an amendment changes it, and not both', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, terms())
      const other = { ...terms(), fee: { amount: 50_000, currency: 'EUR' }, payments: [{ amount: 50_000, due: 'onAgreement' as const }] }
      const place = await propose(w, its.campaign.manager, its, { terms: other, basedOn: 1 })
      const { done, codes } = await atOnce(
        () => accept(w, its.creator, its, place),
        () => pay(w, its, 1, 'invoice'),
      )
      const { milestones, binding } = await dealNow(w, its)
      // The invoice always goes through: before the amendment it keeps it out, after it it is of the new amount.
      expect(milestones).toMatchObject([{ amount: binding === 2 ? 50_000 : 90_000, state: 'invoiced' }])
      expect([done, codes]).toEqual(binding === 2 ? [[true, true], []] : [[false, true], ['offer.changesPaid']])
      await agrees(its)
    }
  })

  test('a dispute is decided, or dropped by an amendment, and not both', async () => {
    const admin = await w.person('admin')
    for (const _ of TIMES) {
      const its = await agreed(w, someTerms({ revisionRounds: 0 }))
      await handIn(w, its, 1, 'dispute')
      const story = someTerms({ deliverables: [{ platform: 'instagram', format: 'story', count: 1, due: null }] })
      const place = await propose(w, its.campaign.manager, its, { terms: story, basedOn: 1 })
      const { done, codes } = await atOnce(
        () => resolve(w, admin, its, { what: 'deliverable', number: 1, move: 'approve' }),
        () => accept(w, its.creator, its, place),
      )
      expect(done[1]).toBe(true)
      expect(codes).toEqual(done[0] ? [] : ['resource.notFound'])
      const { deliverables } = await dealNow(w, its)
      expect(deliverables.map(({ state }) => state)).toEqual([done[0] ? 'approved' : 'cancelled', 'cancelled', 'due'])
      expect((await rowOf(w, its)).disputed_at).toBeNull()
      await agrees(its)
    }
  })

  test('a deal is completed or cancelled, and not both', async () => {
    for (const _ of TIMES) {
      const its = await agreed(w, terms())
      await cancel(w, its.creator, its, 'cancel.request')
      await handIn(w, its, 1)
      const last = await submit(w, its, 2)
      const { version } = await rowOf(w, its)
      const { done, codes } = await atOnce(
        () => cancel(w, its.campaign.owner, its, 'cancel.confirm', { version }),
        () => review(w, its, 2, last, 'approve'),
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(codes).toEqual([done[0] ? 'application.illegalMove' : 'resource.stale'])
      expect(await rowOf(w, its)).toMatchObject({ state: done[0] ? 'cancelled' : 'completed', version: version + 1 })
      await agrees(its)
    }
  })

  test('an administrator and the other side cancel once', async () => {
    const admin = await w.person('admin')
    for (const _ of TIMES) {
      const its = await agreed(w)
      await cancel(w, its.campaign.owner, its, 'cancel.request')
      const { done, codes } = await atOnce(
        () => cancel(w, its.creator, its, 'cancel.confirm', { version: its.version + 1 }),
        () => resolve(w, admin, its, { what: 'application', move: 'cancel' }),
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(codes).toEqual([done[0] ? 'resource.notFound' : 'resource.stale'])
      expect(await rowOf(w, its)).toMatchObject({ state: 'cancelled', version: its.version + 2 })
      await agrees(its)
    }
  })
})

test('after all of it nothing contradicts anything', async () => {
  const all = Object.entries({ ...applicationContradictions, ...dealContradictions })
  const sql = all.map(([name, found]) => `select '${name}' as name where exists (${found})`)
  expect((await w.db.pool.query(sql.join(' union all '))).rows).toEqual([])
})
