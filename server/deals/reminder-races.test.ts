import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Envelope, ParleyError } from '../../client-sdk/contract/index.ts'
import { stepApplication } from '../applications/agenda.ts'
import { expireDueApplications } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { eventsOf, pass } from '../applications/testing.ts'
import { stepWork } from '../deliverables/agenda.ts'
import { acceptOffer } from '../offers/accept-offer.ts'
import { stepOffer } from '../offers/agenda.ts'
import { expireOffers } from '../offers/expire-offers.ts'
import { closeOffer, soon, until } from '../offers/testing.ts'
import { DAY } from '../spans.ts'
import { commandId, type World, world } from '../testing.ts'
import { agreed, counter, parties, propose, provedBy, someTerms } from './testing.ts'
import { age, awayFromMidnight, dayIn, mailsTo, redate, timeKeeper } from './testing-time.ts'
import { submit } from './testing-work.ts'

const ROUNDS = 8
const LONG_AGO = '2026-01-01T00:00:00.000Z'
let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = await timeKeeper(w)
  await awayFromMidnight(120_000)
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

/** All at once, each a little later or earlier than it would be; what is refused is refused. */
async function race(...orders: (() => Promise<unknown>)[]): Promise<void> {
  const going = orders.map(async (order) => {
    await new Promise((done) => setTimeout(done, Math.random() * 8))
    await order().catch((error) => {
      if (!(error instanceof ParleyError)) throw error
    })
  })
  await Promise.all(going)
}
/** The same several times over: workers of several processes, and one that does again what it has done. */
const times = (n: number, order: () => Promise<unknown>) => Array.from({ length: n }, () => order)
async function rounds(work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await work(round)
}

/** What somebody is reminded of is said once at most, and never after what answered it. Says how often. */
function remindedBefore(events: readonly Envelope[], reminder: string, isAnswer: (event: Envelope) => boolean): number {
  const reminders = events.filter(({ type }) => type === reminder)
  const answer = events.find(isAnswer)
  expect(answer).toBeDefined()
  expect(reminders.length).toBeLessThanOrEqual(1)
  for (const { seq } of reminders) expect(seq).toBeLessThan(answer!.seq)
  return reminders.length
}

test('whoever answers an offer in the moment of its reminder was reminded before, once, or not at all', async () => {
  await rounds(async (round) => {
    const its = await parties(w)
    const { applicationId, creator, campaign } = its
    const { offer, hash, seq } = await propose(w, campaign.manager, its, { validUntil: soon(DAY) })
    await age(superuser, its, 2 * DAY)
    const proved = await provedBy(w, creator)
    const step = (what: 'tell' | 'remind') => () => stepOffer(w.asSystem(), applicationId, offer, { at: LONG_AGO, what })
    const answers = [
      () => acceptOffer(proved, { commandId: commandId(), applicationId, offer, hash }),
      () => closeOffer(w, 'withdraw', campaign.manager, its, offer),
      () => closeOffer(w, 'decline', creator, its, offer),
      () => counter(w, creator, its, offer),
    ]
    await race(...times(3, step('remind')), ...times(3, step('tell')), answers[round % answers.length]!)
    const isAnswer = (event: Envelope) => event.seq > seq && /^offer\.(proposed|accepted|withdrawn|declined)$/.test(event.type)
    const reminded = remindedBefore(await eventsOf(w, its.roomId), 'offer.reminded', isAnswer)
    const subjects = (await mailsTo(w, creator)).map(({ subject }) => subject)
    expect(subjects.filter((subject) => subject.includes('is good until'))).toHaveLength(reminded)
    expect(subjects.length - reminded).toBeLessThanOrEqual(1)
  })
})

test('an offer whose time runs out in the moment of its reminder expires once, by a run or by the sweep, and is reminded of no more', async () => {
  await rounds(async () => {
    const its = await parties(w)
    const { applicationId, campaign } = its
    const validUntil = soon(700)
    await propose(w, campaign.manager, its, { validUntil })
    await age(superuser, its, DAY)
    await until(validUntil)
    const step = (what: 'remind' | 'expire') => () => stepOffer(w.asSystem(), applicationId, 1, { at: LONG_AGO, what })
    await race(...times(2, step('remind')), ...times(3, step('expire')), ...times(2, () => expireOffers(w.asSystem())))
    await stepOffer(w.asSystem(), applicationId, 1, { at: LONG_AGO, what: 'expire' })
    const types = (await eventsOf(w, its.roomId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'offer.expired')).toHaveLength(1)
    expect(types).not.toContain('offer.reminded')
  })
})

test('an application on which somebody decides in the moment of its reminder was reminded of before, once, or not at all', async () => {
  await rounds(async (round) => {
    const its = await parties(w)
    const { applicationId } = its
    await age(superuser, its, 5 * DAY)
    const step = () => stepApplication(w.asSystem(), applicationId, { at: LONG_AGO, what: 'waiting' })
    const [who, move] = round % 2 ? ([its.campaign.owner, 'decline'] as const) : ([its.creator, 'withdraw'] as const)
    await race(...times(4, step), () => moveApplication(w.as(who), { commandId: commandId(), applicationId, version: 1, move }))
    await step()
    const isAnswer = ({ type }: Envelope) => type === 'application.statusChanged'
    const reminded = remindedBefore(await eventsOf(w, its.roomId), 'application.reminded', isAnswer)
    expect(await mailsTo(w, its.campaign.manager)).toHaveLength(reminded)
  })
})

test('an application that is decided on at the deadline is decided or expired, once, by a run or by the sweep, and its creator is told once', async () => {
  await rounds(async () => {
    const its = await parties(w)
    const { applicationId, campaign } = its
    const decline = () => moveApplication(w.as(campaign.owner), { commandId: commandId(), applicationId, version: 1, move: 'decline' })
    const step = (what: 'expire' | 'tell') => () => stepApplication(w.asSystem(), applicationId, { at: LONG_AGO, what })
    await race(
      () => pass(superuser, campaign.campaignId, 'decide_by'),
      decline,
      ...times(3, step('expire')),
      ...times(2, () => expireDueApplications(w.asSystem())),
    )
    await step('expire')()
    const moves = (await eventsOf(w, its.roomId)).filter(({ type }) => type === 'application.statusChanged')
    expect(moves).toHaveLength(1)
    await age(superuser, its, DAY)
    await race(...times(4, step('tell')))
    expect(await mailsTo(w, its.creator)).toHaveLength(1)
  })
})

test('work that is handed in in the moment of its reminder was reminded of before, once, or not at all', async () => {
  await rounds(async () => {
    const its = await agreed(w, someTerms({ deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: dayIn(100) }] }))
    await redate(superuser, its, dayIn(100), dayIn(-2))
    const work = { at: LONG_AGO, what: 'overdue', deliverable: 1, due: dayIn(-2) } as const
    await race(...times(4, () => stepWork(w.asSystem(), its.applicationId, work)), () => submit(w, its, 1))
    await stepWork(w.asSystem(), its.applicationId, work)
    const isAnswer = ({ type }: Envelope) => type === 'deliverable.statusChanged'
    const reminded = remindedBefore(await eventsOf(w, its.roomId), 'deliverable.reminded', isAnswer)
    expect(await mailsTo(w, its.creator)).toHaveLength(reminded)
    expect(await mailsTo(w, its.campaign.owner)).toHaveLength(reminded)
  })
})
