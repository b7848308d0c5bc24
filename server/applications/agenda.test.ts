import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApplicationMove } from '../../client-sdk/contract/index.ts'
import { mark } from '../../persistence/readings.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { inDays } from '../campaigns/testing.ts'
import { look } from '../deals/look.ts'
import { accept, agreed, type Parties, parties, propose, someTerms } from '../deals/testing.ts'
import { age, awayFromMidnight, mailsTo, remindersOf, timeKeeper } from '../deals/testing-time.ts'
import { cancel, rowOf } from '../deals/testing-work.ts'
import { closeOffer } from '../offers/testing.ts'
import { changeSettings } from '../people/settings.ts'
import { DAY, HOUR, MINUTE } from '../spans.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { type ApplicationStep, agendaOf, nextOfApplication, stepApplication } from './agenda.ts'
import { declineCancelled } from './end-due-applications.ts'
import { moveApplication } from './move-application.ts'
import { apply, eventsOf, pass, versionOf } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = await timeKeeper(w)
  await awayFromMidnight()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const next = ({ applicationId }: Pick<Parties, 'applicationId'>) => nextOfApplication(w.asSystem(), applicationId)
const step = ({ applicationId }: Pick<Parties, 'applicationId'>, what: ApplicationStep['what']) =>
  stepApplication(w.asSystem(), applicationId, { at: '2026-01-01T00:00:00.000Z', what })
const whats = async ({ applicationId }: Parties) => agendaOf((await look(w.asSystem(), applicationId))!).map(({ what }) => what)
const move = async (who: TestPerson, its: Parties, move: Extract<ApplicationMove, 'shortlist' | 'decline' | 'withdraw'>) =>
  moveApplication(w.as(who), {
    commandId: commandId(),
    applicationId: its.applicationId,
    version: await versionOf(w, its.applicationId),
    move,
  })
const lastAt = async ({ roomId }: Parties) => (await eventsOf(w, roomId)).at(-1)!
const plus = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString()
const outcomes = async (who: TestPerson) => (await mailsTo(w, who)).map(({ subject }) => subject)

test('a brand is reminded of an application after three days, once, in the room and by mail; and again three days after it changed', async () => {
  const its = await parties(w)
  const { manager, owner, viewer } = its.campaign
  expect(await next(its)).toEqual({ at: plus((await lastAt(its)).at, 3 * DAY), what: 'waiting' })
  await step(its, 'waiting')
  expect(await remindersOf(w, its)).toEqual([]) // not yet
  await age(superuser, its, 3 * DAY)
  await step(its, 'waiting')
  await step(its, 'waiting')
  expect(await remindersOf(w, its)).toEqual([{ kind: 'waiting', to: 'brand' }])
  expect(await lastAt(its)).toMatchObject({ type: 'application.reminded', data: { personal: null } })
  for (const who of [owner, manager])
    expect(await mailsTo(w, who)).toMatchObject([{ kind: 'applications', subject: '1 application waits for your decision in “Autumn”' }])
  for (const who of [viewer, its.creator]) expect(await mailsTo(w, who)).toEqual([])
  expect((await next(its))?.what).toBe('closing')

  await move(manager, its, 'shortlist')
  await step(its, 'tell')
  expect(await whats(its)).toEqual(['tell', 'waiting', 'closing', 'expire'])
  await age(superuser, its, 3 * DAY)
  await step(its, 'waiting')
  expect(await remindersOf(w, its)).toHaveLength(2)
})

test('however many of a campaign’s applications wait, whoever decides gets one mail a day, which says how many', async () => {
  const its = await parties(w)
  const others = await Promise.all(
    Array.from({ length: 4 }, async () => ({ ...its, ...(await apply(w, await w.person(), its.campaign.campaignId)) })),
  )
  await propose(w, its.campaign.manager, others[0]!) // which waits for its creator
  await propose(w, its.campaign.manager, others[1]!)
  await closeOffer(w, 'withdraw', its.campaign.manager, others[1]!, 1)
  for (const one of [its, ...others]) await age(superuser, one, 3 * DAY)
  await Promise.all([its, ...others].map((one) => step(one, 'waiting')))
  for (const who of [its.campaign.owner, its.campaign.manager])
    expect(await outcomes(who)).toEqual(['4 applications wait for your decision in “Autumn”'])
  expect(await Promise.all([its, ...others].map(async (one) => (await remindersOf(w, one)).length))).toEqual([1, 0, 1, 1, 1])
})

test('what is reminded of waits for nobody who moves the campaign, and nobody who moves it waits for that', async () => {
  const its = await parties(w)
  await age(superuser, its, 3 * DAY)
  await superuser.query('begin')
  try {
    await superuser.query('select from campaign where id = $1 for update', [its.campaign.campaignId])
    await step(its, 'waiting')
    expect(await remindersOf(w, its)).toHaveLength(1)
  } finally {
    await superuser.query('rollback')
  }
})

test('where nobody who decides wants such mail, what waits is not counted anew for each application', async () => {
  const its = await parties(w)
  const other = { ...its, ...(await apply(w, await w.person(), its.campaign.campaignId)) }
  const { owner, manager } = its.campaign
  for (const who of [owner, manager]) await changeSettings(w.as(who), { notifications: { applications: false } })
  for (const one of [its, other]) await age(superuser, one, 3 * DAY)
  await step(its, 'waiting')
  for (const who of [owner, manager]) await changeSettings(w.as(who), { notifications: { applications: true } })
  await step(other, 'waiting')
  for (const one of [its, other]) expect(await remindersOf(w, one)).toHaveLength(1)
  for (const who of [owner, manager]) expect(await mailsTo(w, who)).toEqual([])
})

test.each([
  ['two days before the deadline', 10, 8 * DAY],
  ['halfway to it, where that is shorter than four days', 3, 1.5 * DAY],
])('a brand is reminded %s', async (_, days, after) => {
  const its = await parties(w, { applyBy: inDays(days), decideBy: inDays(days) })
  const { at } = await lastAt(its)
  const { decideBy, ...seen } = (await look(w.asSystem(), its.applicationId))!.campaign
  expect(seen.state).toBe('open')
  const closing = agendaOf((await look(w.asSystem(), its.applicationId))!).find(({ what }) => what === 'closing')!
  expect(Math.abs(Date.parse(closing.at) - Date.parse(at) - after)).toBeLessThan(MINUTE)
  await age(superuser, its, after + HOUR) // the deadline stays where it is, so a short time is longer now
  await superuser.query('update parley.campaign set decide_by = $2 where id = $1', [
    its.campaign.campaignId,
    plus(decideBy!.toISOString(), -after - HOUR),
  ])
  await step(its, 'closing')
  await step(its, 'closing')
  expect(await remindersOf(w, its)).toEqual([{ kind: 'closing', to: 'brand' }])
})

test('within an hour of the deadline nobody is reminded, and after it there is nothing but the end', async () => {
  const its = await parties(w, { applyBy: inDays(1 / 25), decideBy: inDays(1 / 25) })
  expect(await whats(its)).toEqual(['expire'])
  await pass(superuser, its.campaign.campaignId, 'decide_by')
  await age(superuser, its, 4 * DAY)
  expect(await whats(its)).toEqual(['expire'])
  for (const what of ['waiting', 'closing'] as const) await step(its, what)
  expect(await remindersOf(w, its)).toEqual([])
})

test('while an offer waits for its answer the brand is reminded of nothing, and once it is declined the days begin anew', async () => {
  const its = await parties(w, { terms: someTerms() })
  await age(superuser, its, 5 * DAY)
  expect(await whats(its)).toEqual(['expire'])
  await closeOffer(w, 'decline', its.campaign.manager, its, 1)
  expect(await next(its)).toEqual({ at: plus((await lastAt(its)).at, 3 * DAY), what: 'waiting' })
})

test('it expires at the deadline, which may have been moved, and the creator is told; then there is nothing more', async () => {
  const its = await parties(w)
  await step(its, 'expire')
  expect(await rowOf(w, its)).toMatchObject({ state: 'submitted' })
  await pass(superuser, its.campaign.campaignId, 'decide_by')
  expect(await Promise.all([step(its, 'expire'), step(its, 'expire')])).toHaveLength(2)
  expect((await eventsOf(w, its.roomId)).filter(({ type }) => type === 'application.statusChanged')).toHaveLength(1)
  expect(await next(its)).toEqual({ at: plus((await lastAt(its)).at, 2 * MINUTE), what: 'tell' })
  await age(superuser, its, 2 * MINUTE)
  await step(its, 'tell')
  expect(await outcomes(its.creator)).toEqual(['The time to decide on “Autumn” is over'])
  expect(await next(its)).toBeNull()
})

test('what is open in a campaign that was cancelled is declined at once, and nothing is told here, as the campaign tells it', async () => {
  const its = await parties(w)
  await moveCampaign(w.as(its.campaign.owner), {
    commandId: commandId(),
    campaignId: its.campaign.campaignId,
    version: 2,
    move: 'cancel',
    reason: 'No',
  })
  expect((await next(its))?.what).toBe('decline')
  await Promise.all([step(its, 'decline'), step(its, 'expire'), declineCancelled(w.asSystem())])
  expect((await eventsOf(w, its.roomId)).filter(({ type }) => type === 'application.statusChanged')).toMatchObject([
    { data: { deal: { to: 'declined' } } },
  ])
  expect(await next(its)).toBeNull()
})

/** How each comes about, by the brand. */
const endings: [string, (its: Parties) => Promise<unknown>, string][] = [
  ['shortlisted', (its) => move(its.campaign.manager, its, 'shortlist'), 'You are on the shortlist for “Autumn”'],
  ['declined', (its) => move(its.campaign.owner, its, 'decline'), 'Your application for “Autumn” was declined'],
  ['agreed', async (its) => accept(w, its.campaign.manager, its, await propose(w, its.creator, its)), 'You have an agreement for “Autumn”'],
]
test.each(endings)('a creator is told after two minutes that it is %s, once', async (_, end, subject) => {
  const its = await parties(w)
  await end(its)
  await step(its, 'tell')
  expect(await outcomes(its.creator)).toEqual([])
  expect((await next(its))?.what).toBe('tell')
  await age(superuser, its, 2 * MINUTE)
  await Promise.all([step(its, 'tell'), step(its, 'tell')])
  expect(await outcomes(its.creator)).toEqual([subject])
  expect(await whats(its)).not.toContain('tell')
})

test.each(endings)('a creator who has read that it is %s is not told, and neither is one who wants no such mail', async (_, end) => {
  const [present, unsubscribed] = [await parties(w), await parties(w)]
  await changeSettings(w.as(unsubscribed.creator), { notifications: { applications: false } })
  for (const its of [present, unsubscribed]) await end(its)
  await mark(w.db.pool, { userId: present.creator.userId, roomId: present.roomId, seq: (await lastAt(present)).seq, muted: null })
  for (const its of [present, unsubscribed]) {
    await age(superuser, its, 2 * MINUTE)
    await step(its, 'tell')
    expect(await outcomes(its.creator)).toEqual([])
    expect(await whats(its)).not.toContain('tell')
  }
})

test('a creator is told that a deal was cancelled by the other side’s word, and of nothing that they did themselves', async () => {
  const its = await agreed(w)
  expect(await whats(its)).toEqual([]) // they have accepted it
  await cancel(w, its.creator, its, 'cancel.request')
  expect(await whats(its)).toEqual([])
  await cancel(w, its.campaign.owner, its, 'cancel.confirm')
  await age(superuser, its, 2 * MINUTE)
  await step(its, 'tell')
  expect(await outcomes(its.creator)).toEqual(['The deal for “Autumn” was cancelled'])
  const other = await parties(w)
  await move(other.campaign.owner, other, 'shortlist')
  await move(other.creator, other, 'withdraw')
  expect(await next(other)).toBeNull()
})
