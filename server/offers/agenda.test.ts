import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mark } from '../../persistence/readings.ts'
import { moveApplication } from '../applications/move-application.ts'
import { apply, eventsOf, pass, versionOf } from '../applications/testing.ts'
import { inDays } from '../campaigns/testing.ts'
import { look } from '../deals/look.ts'
import { accept, agreed, counter, type Parties, parties, propose, someTerms } from '../deals/testing.ts'
import { age, awayFromMidnight, type Mail, mailsTo, remindersOf, timeKeeper } from '../deals/testing-time.ts'
import { changeSettings } from '../people/settings.ts'
import { DAY, HOUR, MINUTE } from '../spans.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { agendaOf, nextOfOffer, type OfferStep, stepOffer } from './agenda.ts'
import { closeOffer, lapsing, soon } from './testing.ts'

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

const next = ({ applicationId }: Parties, offer = 1) => nextOfOffer(w.asSystem(), applicationId, offer)
const step = ({ applicationId }: Parties, what: OfferStep['what'], offer = 1) =>
  stepOffer(w.asSystem(), applicationId, offer, { at: '2026-01-01T00:00:00.000Z', what })
const agenda = async ({ applicationId }: Parties, offer = 1) => agendaOf((await look(w.asSystem(), applicationId))!, offer)
const whats = async (its: Parties, offer = 1) => (await agenda(its, offer)).map(({ what }) => what)
const subjects = async (who: TestPerson): Promise<string[]> => (await mailsTo(w, who)).map(({ subject }: Mail) => subject)
const plus = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString()
const proposedAt = async ({ roomId }: Parties) => (await eventsOf(w, roomId)).findLast(({ type }) => type === 'offer.proposed')!.at

test('a creator is told of an offer after two minutes, once, if it is still open by then', async () => {
  const its = await parties(w)
  await propose(w, its.campaign.manager, its)
  expect(await next(its)).toEqual({ at: plus(await proposedAt(its), 2 * MINUTE), what: 'tell' })
  await step(its, 'tell')
  expect(await mailsTo(w, its.creator)).toEqual([])
  await age(superuser, its, 2 * MINUTE)
  await Promise.all([step(its, 'tell'), step(its, 'tell')])
  const mails = await mailsTo(w, its.creator)
  expect(mails).toMatchObject([{ kind: 'offers', subject: expect.stringMatching(/ proposes terms for “Autumn”$/) }])
  expect(mails[0]!.body).toContain(`https://app.parley.test/rooms/${its.roomId}`)
  expect(await whats(its)).toEqual(['remind', 'expire'])
  expect(await mailsTo(w, its.campaign.owner)).toEqual([])
})

test('of a brand’s people those are told who may answer, but for whoever has read it, and whoever wants no such mail', async () => {
  const its = await parties(w)
  const { owner, manager, viewer } = its.campaign
  await propose(w, manager, its)
  await counter(w, its.creator, its, 1)
  await mark(w.db.pool, { userId: owner.userId, roomId: its.roomId, seq: (await eventsOf(w, its.roomId)).at(-1)!.seq, muted: null })
  await age(superuser, its, 2 * MINUTE)
  await step(its, 'tell', 1) // which was countered
  await step(its, 'tell', 2)
  expect([await mailsTo(w, owner), await mailsTo(w, viewer), await mailsTo(w, its.creator)]).toEqual([[], [], []])
  expect(await subjects(manager)).toEqual([`${its.creator.name} proposes terms for “Autumn”`])

  const other = await parties(w)
  await changeSettings(w.as(other.creator), { notifications: { offers: false } })
  await propose(w, other.campaign.owner, other)
  await age(superuser, other, 2 * MINUTE)
  await step(other, 'tell')
  expect(await mailsTo(w, other.creator)).toEqual([])
  expect(await whats(other)).not.toContain('tell')
})

test('of what came with applications a brand is told in one mail a day', async () => {
  const its = await parties(w, { terms: someTerms() })
  const other = { ...its, ...(await apply(w, await w.person(), its.campaign.campaignId, { terms: someTerms() })) }
  for (const one of [its, other]) await age(superuser, one, 2 * MINUTE)
  await Promise.all([its, other].map((one) => step(one, 'tell')))
  expect(await subjects(its.campaign.manager)).toEqual(['2 applications wait for your decision in “Autumn”'])
  expect([await whats(its), await whats(other)]).toEqual([
    ['remind', 'expire'],
    ['remind', 'expire'],
  ])
})

/** `life`: how long it is good; `before`: how long before its end the other side is reminded. In ms. */
test.each([
  { life: 5 * DAY, before: DAY },
  { life: 30 * HOUR, before: 15 * HOUR },
  { life: 11 * MINUTE, before: 5.5 * MINUTE },
])('whoever is to answer an offer that is good for $life ms is reminded $before ms before its end, once', async ({ life, before }) => {
  const its = await parties(w)
  const left = before + MINUTE
  await propose(w, its.creator, its, { validUntil: soon(left) })
  await age(superuser, its, life - left)
  const [remind, expire] = (await agenda(its)).slice(-2)
  expect(Math.abs(Date.parse(expire!.at) - Date.parse(remind!.at) - before)).toBeLessThan(10_000)
  await step(its, 'remind')
  expect(await remindersOf(w, its)).toEqual([])

  await age(superuser, its, 4 * MINUTE)
  await superuser.query(`update event set deal = replace(deal, $2, $3) where stream_id = $1 and type = 'offer.proposed'`, [
    its.roomId,
    expire!.at,
    plus(expire!.at, -4 * MINUTE),
  ])
  await Promise.all([step(its, 'remind'), step(its, 'remind')])
  await step(its, 'remind')
  expect(await remindersOf(w, its)).toEqual([{ offer: 1, kind: 'expiring', to: 'brand' }])
  for (const who of [its.campaign.owner, its.campaign.manager])
    expect(await subjects(who)).toEqual([expect.stringMatching(/^The offer for “Autumn” is good until/)])
  expect([await mailsTo(w, its.campaign.viewer), await mailsTo(w, its.creator)]).toEqual([[], []])
})

test('nobody is reminded of an offer that is good for less than ten minutes, or told of one whose time is over', async () => {
  const its = await parties(w)
  await propose(w, its.creator, its, { validUntil: soon(9 * MINUTE) })
  expect(await whats(its)).toEqual(['tell', 'expire'])
  const short = await parties(w)
  await propose(w, short.creator, short, { validUntil: soon(MINUTE) })
  expect(await whats(short)).toEqual(['expire'])
  const over = await lapsing(w)
  await age(superuser, over, 5 * DAY)
  expect(await whats(over)).toEqual(['expire'])
  for (const what of ['tell', 'remind'] as const) await step(over, what)
  expect([await mailsTo(w, over.creator), await remindersOf(w, over)]).toEqual([[], []])
})

test('an offer without a moment is good as long as the campaign decides, and ends with its application', async () => {
  const its = await parties(w, { applyBy: inDays(3), decideBy: inDays(3) })
  await propose(w, its.campaign.owner, its)
  const decideBy = (await look(w.asSystem(), its.applicationId))!.campaign.decideBy!.toISOString()
  expect((await agenda(its)).slice(1)).toEqual([
    { at: plus(decideBy, -DAY), what: 'remind' },
    { at: decideBy, what: 'expire' },
  ])
  await step(its, 'expire')
  expect(await whats(its)).toEqual(['tell', 'remind', 'expire'])
  await pass(superuser, its.campaign.campaignId, 'decide_by')
  await step(its, 'expire')
  expect((await eventsOf(w, its.roomId)).at(-1)).toMatchObject({ type: 'application.statusChanged', data: { deal: { to: 'expired' } } })
  expect(await next(its)).toBeNull()
})

/** What ends it, by whoever may. */
const answers: [string, (its: Parties, place: { offer: number; hash: string }) => Promise<unknown>][] = [
  ['countered', (its, { offer }) => counter(w, its.creator, its, offer)],
  ['accepted', (its, place) => accept(w, its.creator, its, place)],
  ['declined', (its, { offer }) => closeOffer(w, 'decline', its.creator, its, offer)],
  ['withdrawn', (its, { offer }) => closeOffer(w, 'withdraw', its.campaign.manager, its, offer)],
  [
    'over with its application',
    async (its) =>
      moveApplication(w.as(its.creator), {
        commandId: commandId(),
        applicationId: its.applicationId,
        version: await versionOf(w, its.applicationId),
        move: 'withdraw',
      }),
  ],
]
test.each(answers)('of an offer that was %s nobody is told or reminded any more', async (_, answer) => {
  const its = await parties(w)
  const place = await propose(w, its.campaign.manager, its, { validUntil: soon(3 * DAY) })
  await answer(its, place)
  await age(superuser, its, 30 * DAY)
  expect(await next(its)).toBeNull()
  for (const what of ['tell', 'remind', 'expire'] as const) await step(its, what)
  expect([await remindersOf(w, its), await mailsTo(w, its.creator)]).toEqual([[], []])
})

test('an amendment is told of and reminded of like every other version, and without a moment it is good for ever', async () => {
  const its = await agreed(w)
  await propose(w, its.creator, its, { basedOn: 1, validUntil: soon(DAY) })
  expect(await whats(its, 1)).toEqual([])
  expect(await whats(its, 2)).toEqual(['tell', 'remind', 'expire'])
  await age(superuser, its, DAY)
  for (const what of ['tell', 'remind'] as const) await step(its, what, 2)
  expect(await subjects(its.campaign.owner)).toEqual([
    expect.stringContaining('proposes to change what was agreed for “Autumn”'),
    expect.stringContaining('is good until'),
  ])
  await closeOffer(w, 'withdraw', its.creator, its, 2)
  await propose(w, its.creator, its, { basedOn: 1 })
  expect(await whats(its, 3)).toEqual(['tell'])
})
