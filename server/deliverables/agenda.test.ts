import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Terms } from '../../client-sdk/contract/index.ts'
import { look } from '../deals/look.ts'
import { accept, agreed, type Parties, parties, propose, someTerms } from '../deals/testing.ts'
import { age, awayFromMidnight, dayIn, mailsTo, redate, remindersOf, timeKeeper } from '../deals/testing-time.ts'
import { cancel, handIn, resolve, review, submit } from '../deals/testing-work.ts'
import { changeSettings } from '../people/settings.ts'
import { DAY } from '../spans.ts'
import { type TestPerson, type World, world } from '../testing.ts'
import { agendaOf, nextOfWork, stepWork, type WorkStep } from './agenda.ts'

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

const piece = (due: string | null, count = 1): Terms['deliverables'][number] => ({ platform: 'instagram', format: 'reel', count, due })
const termsOf = (...deliverables: Terms['deliverables']) => someTerms({ deliverables })
/** A deal on work that is due on these days; one that is over was ahead when it was agreed on. */
async function dealDue(...days: (string | null)[]): Promise<Parties> {
  const isOver = (day: string | null) => day !== null && day < dayIn(0)
  const its = await agreed(w, termsOf(...days.map((day, i) => piece(isOver(day) ? dayIn(1_000 + i) : day))))
  for (const [i, day] of days.entries()) if (isOver(day)) await redate(superuser, its, dayIn(1_000 + i), day!)
  return its
}
const next = ({ applicationId }: Parties) => nextOfWork(w.asSystem(), applicationId)
const agenda = async ({ applicationId }: Parties): Promise<WorkStep[]> => agendaOf((await look(w.asSystem(), applicationId))!)
const due = async (its: Parties) => {
  const now = new Date().toISOString()
  return (await agenda(its)).filter(({ at }) => at <= now)
}
const step = ({ applicationId }: Parties, one: WorkStep) => stepWork(w.asSystem(), applicationId, one)
/** Does all that is due, as a run would. */
async function doAll(its: Parties): Promise<void> {
  for (let steps = await due(its); steps.length > 0; steps = await due(its)) await step(its, steps[0]!)
}
const subjects = async (who: TestPerson) => (await mailsTo(w, who)).map(({ subject }) => subject)
const at9 = (day: string, days: number) => new Date(Date.parse(`${day}T09:00:00.000Z`) + days * DAY).toISOString()

test('work is reminded of three days before its day, a day after it, and four days after it', async () => {
  const day = dayIn(10)
  const its = await dealDue(day)
  expect(await agenda(its)).toEqual([
    { at: at9(day, -3), what: 'dueSoon', deliverable: 1, due: day },
    { at: at9(day, 1), what: 'overdue', deliverable: 1, due: day },
    { at: at9(day, 4), what: 'escalated', deliverable: 1, due: day },
  ])
  expect((await next(its))?.what).toBe('dueSoon')
  for (const one of await agenda(its)) await step(its, one)
  expect(await remindersOf(w, its)).toEqual([])
})

test('a creator is reminded at once of work that is due within three days, and of what is due today no more', async () => {
  const its = await dealDue(dayIn(1))
  const today = await dealDue(dayIn(0))
  expect((await agenda(today)).map(({ what }) => what)).toEqual(['overdue', 'escalated'])
  const [soon] = await due(its)
  await Promise.all([step(its, soon!), step(its, soon!), step(its, soon!)])
  expect(await remindersOf(w, its)).toEqual([{ deliverable: 1, kind: 'dueSoon', due: dayIn(1), to: 'creator' }])
  expect(await mailsTo(w, its.creator)).toMatchObject([
    { kind: 'deliverables', subject: expect.stringMatching(/^Due on .*: 1 piece of work for “Autumn”$/) },
  ])
  expect(await mailsTo(w, its.campaign.owner)).toEqual([])
})

test('of work that is late the creator hears, and the brand’s people; after four days its owners do', async () => {
  const its = await dealDue(dayIn(-3))
  await doAll(its)
  const { owner, manager, viewer } = its.campaign
  expect(await remindersOf(w, its)).toEqual([{ deliverable: 1, kind: 'overdue', due: dayIn(-3), to: 'creator' }])
  expect(await subjects(its.creator)).toEqual([expect.stringMatching(/^Late since .*: 1 piece of work for “Autumn”$/)])
  const late = `${its.creator.name} is late with 1 piece of work for “Autumn”`
  expect([await subjects(owner), await subjects(manager), await subjects(viewer)]).toEqual([[late], [late], []])

  const older = await dealDue(dayIn(-6))
  await doAll(older)
  expect((await remindersOf(w, older)).map((one) => [one.kind, one.to])).toEqual([
    ['overdue', 'creator'],
    ['escalated', 'brand'],
  ])
  expect(await subjects(older.campaign.owner)).toEqual([
    expect.any(String),
    `Still missing: 1 piece of work by ${older.creator.name} for “Autumn”`,
  ])
  expect(await subjects(older.campaign.manager)).toHaveLength(1)
  expect(await agenda(older)).toEqual([])
})

test('pieces that were due on one day are in one mail, and each has its entry', async () => {
  const its = await agreed(w, termsOf(piece(dayIn(1), 3), piece(dayIn(2))))
  await submit(w, its, 1)
  await doAll(its)
  expect(await subjects(its.creator)).toEqual([expect.stringContaining('2 pieces of work'), expect.stringContaining('1 piece of work')])
  expect((await remindersOf(w, its)).map((one) => [one.deliverable, one.due])).toEqual([
    [2, dayIn(1)],
    [3, dayIn(1)],
    [4, dayIn(2)],
  ])
})

test('nobody is reminded of work without a day, that was handed in, or of a deal that was cancelled', async () => {
  const its = await dealDue(dayIn(-6), null, dayIn(-6))
  await submit(w, its, 1)
  expect((await due(its)).map(({ deliverable }) => deliverable)).toEqual([3, 3])
  const late = await due(its)
  await cancel(w, its.creator, its, 'cancel.request')
  expect(await due(its)).toHaveLength(2) // it may still be taken back
  await cancel(w, its.campaign.owner, its, 'cancel.confirm')
  expect(await next(its)).toBeNull()
  for (const one of late) await step(its, one)
  expect(await remindersOf(w, its)).toEqual([])
})

test('whoever was asked for a revision after the day has a day from there', async () => {
  const its = await dealDue(dayIn(-6))
  await handIn(w, its, 1, 'requestRevision')
  expect(await agenda(its)).toEqual([
    { at: at9(dayIn(0), 1), what: 'overdue', deliverable: 1, due: dayIn(-6) },
    { at: at9(dayIn(0), 4), what: 'escalated', deliverable: 1, due: dayIn(-6) },
  ])
  await age(superuser, its, 3 * DAY)
  await doAll(its)
  expect((await remindersOf(w, its)).map((one) => one.kind)).toEqual(['overdue'])
  const again = await submit(w, its, 1)
  await review(w, its, 1, again, 'dispute')
  expect(await agenda(its)).toEqual([])
  await resolve(w, await w.person('admin'), its, { what: 'deliverable', number: 1, move: 'approve' })
  expect(await next(its)).toBeNull()
})

test('an amendment with another day counts anew, and with the same one it does not', async () => {
  const its = await dealDue(dayIn(2))
  await doAll(its)
  const amend = async (day: string) => {
    const basedOn = (await look(w.asSystem(), its.applicationId))!.deal.binding
    await accept(w, its.creator, its, await propose(w, its.campaign.owner, its, { terms: termsOf(piece(day)), basedOn }))
  }
  await amend(dayIn(2))
  await doAll(its)
  expect(await remindersOf(w, its)).toHaveLength(1)
  await amend(dayIn(1))
  await doAll(its)
  expect((await remindersOf(w, its)).map((one) => one.due)).toEqual([dayIn(2), dayIn(1)])
  await amend(dayIn(20))
  expect((await next(its))?.at).toBe(at9(dayIn(20), -3))
})

test('whoever wants no mail about work gets none, and the room says it all the same', async () => {
  const its = await dealDue(dayIn(-6))
  for (const who of [its.creator, its.campaign.owner]) await changeSettings(w.as(who), { notifications: { deliverables: false } })
  await doAll(its)
  expect([await mailsTo(w, its.creator), await mailsTo(w, its.campaign.owner)]).toEqual([[], []])
  expect(await mailsTo(w, its.campaign.manager)).toHaveLength(1)
  expect(await remindersOf(w, its)).toHaveLength(2)
})

test('before there is an agreement no work is due', async () => {
  const its = await parties(w)
  await propose(w, its.creator, its, { terms: termsOf(piece(dayIn(1))) })
  expect(await next(its)).toBeNull()
})
