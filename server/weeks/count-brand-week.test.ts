import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApplicationPlace, BrandFigures, BrandId } from '../../client-sdk/contract/index.ts'
import { moveApplication } from '../applications/move-application.ts'
import { apply, openCampaign, versionOf } from '../applications/testing.ts'
import { makeTeam } from '../brands/testing.ts'
import { agreed, parties, propose, someTerms } from '../deals/testing.ts'
import { mailsTo } from '../digest/testing.ts'
import { closeOffer } from '../offers/testing.ts'
import { changeSettings } from '../people/settings.ts'
import { commandId, type World, world } from '../testing.ts'
import { countBrandWeek } from './count-brand-week.ts'
import { counting, daysAgo, nextWeek, superuserOf } from './testing.ts'
import { lastWeek } from './week.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = await superuserOf(w)
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const count = (more = {}) => countBrandWeek(w.asSystem(), counting(more))
async function figuresOf(brandId: BrandId): Promise<(BrandFigures & { week: string })[]> {
  const sql = 'select week::text, figures from brand_week where brand_id = $1 order by week'
  const { rows } = await w.db.pool.query<{ week: string; figures: string }>(sql, [brandId])
  return rows.map(({ week, figures }) => ({ week, ...(JSON.parse(figures) as BrandFigures) }))
}
const none = {
  received: 0,
  shortlisted: 0,
  offers: 0,
  agreed: 0,
  completed: 0,
  declined: 0,
  withdrawn: 0,
  expired: 0,
  cancelled: 0,
  waiting: 0,
  overdue: 0,
}

test.each([
  ['2026-11-23T00:00:00.000Z', '2026-11-16'],
  ['2026-11-22T23:59:59.999Z', '2026-11-09'],
  ['2026-11-25T06:00:00.000Z', '2026-11-16'],
  ['2027-01-01T06:00:00.000Z', '2026-12-21'],
  ['2026-03-30T00:00:00.000Z', '2026-03-23'],
])('at %s the last full week is that of %s', (now, week) => {
  const { from, to } = lastWeek(now)
  expect([from, Date.parse(to) - Date.parse(from)]).toEqual([`${week}T00:00:00.000Z`, 7 * 86_400_000])
  expect(lastWeek(now).week).toBe(week)
})

test('a brand has the figures of its week, and who runs it a mail, once', async () => {
  const campaign = await openCampaign(w)
  const creators = await Promise.all(Array.from({ length: 5 }, () => w.person()))
  const applications: ApplicationPlace[] = []
  for (const creator of creators) applications.push(await apply(w, creator, campaign.campaignId))
  const move = async (i: number, who: (typeof creators)[number], what: 'shortlist' | 'decline' | 'withdraw') => {
    const { applicationId } = applications[i]!
    await moveApplication(w.as(who), { commandId: commandId(), applicationId, version: await versionOf(w, applicationId), move: what })
  }
  await move(0, campaign.manager, 'shortlist')
  await move(1, campaign.manager, 'decline')
  await move(2, creators[2]!, 'withdraw')
  await propose(w, campaign.manager, applications[3]!)
  await changeSettings(w.as(campaign.manager), { language: 'uk' })
  const other = await agreed(w)
  const idle = await makeTeam(w)
  await count()
  const { week } = lastWeek(nextWeek())
  const its = { ...none, week, received: 5, shortlisted: 1, declined: 1, withdrawn: 1, offers: 1, waiting: 3 }
  expect(await figuresOf(campaign.brandId)).toEqual([its])
  expect(await figuresOf(other.campaign.brandId)).toEqual([{ ...none, week, received: 1, offers: 1, agreed: 1 }])
  expect(await figuresOf(idle.brandId)).toEqual([{ ...none, week }])

  const [toOwner] = await mailsTo(w, campaign.owner)
  expect(toOwner!.subject).toMatch(/^Acme: the week from /)
  expect(toOwner!.body).toContain('In this week:\n\nApplications received: 5\n')
  expect(toOwner!.body).toContain('As of now:\n\nApplications that wait for a decision: 3\n')
  expect((await mailsTo(w, campaign.manager))[0]!.body).toContain('Отримано заявок: 5\n')
  for (const nobody of [campaign.viewer, idle.owner, ...creators])
    expect((await mailsTo(w, nobody)).filter(({ kind }) => kind === 'summaries')).toEqual([])

  await apply(w, await w.person(), campaign.campaignId)
  await Promise.all([count(), count()])
  expect(await figuresOf(campaign.brandId)).toEqual([its])
  expect((await mailsTo(w, campaign.owner)).filter(({ kind }) => kind === 'summaries')).toHaveLength(1)
})

test('what happened before the week or after it is not of it; what waits and what is late is as of now', async () => {
  const late = await agreed(w, someTerms({ deliverables: [{ platform: 'instagram', format: 'reel', count: 2, due: inDays(1) }] }))
  const open = await parties(w)
  await daysAgo(superuser, 7)
  await propose(w, open.campaign.manager, open)
  await closeOffer(w, 'withdraw', open.campaign.manager, open, 1)
  await daysAgo(superuser, 14)
  const now = (days: number) => new Date(Date.parse(nextWeek()) - days * 86_400_000).toISOString()
  for (const days of [14, 7, 21]) await count({ now: now(days) })
  const weeks = [21, 14, 7].map((days) => lastWeek(now(days)).week)
  expect(await figuresOf(open.campaign.brandId)).toEqual([
    { ...none, week: weeks[0], received: 1, waiting: 1 },
    { ...none, week: weeks[1], offers: 1, waiting: 1 },
    { ...none, week: weeks[2], waiting: 1 },
  ])
  expect((await figuresOf(late.campaign.brandId)).map(({ agreed, overdue }) => [agreed, overdue])).toEqual([
    [1, 0],
    [0, 0],
    [0, 0],
  ])
  await count() // a week from now
  expect((await figuresOf(late.campaign.brandId)).at(-1)).toMatchObject({ agreed: 0, overdue: 2 })
})
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

test('a try that goes on behind a brand leaves those before it to the one that was there, and says how far it is', async () => {
  const teams = [await makeTeam(w), await makeTeam(w), await makeTeam(w)].toSorted((a, b) => (a.brandId < b.brandId ? -1 : 1))
  const said: string[] = []
  const now = new Date(Date.now() + 14 * 86_400_000).toISOString()
  await count({ now, after: teams[0]!.brandId, alive: (last: string) => said.push(last) })
  const weeks = await Promise.all(teams.map(async ({ brandId }) => (await figuresOf(brandId)).length))
  expect(weeks).toEqual([0, 1, 1])
  expect(said).toEqual([teams[1]!.brandId, teams[2]!.brandId])
  await count({ now })
  expect((await figuresOf(teams[0]!.brandId)).length).toBe(1)
})

test('a brand whose week cannot be counted holds up no other, and is tried again', async () => {
  const all = [await agreed(w), await agreed(w), await agreed(w)].toSorted((a, b) => (a.campaign.brandId < b.campaign.brandId ? -1 : 1))
  const [before, broken, behind] = all.map(({ campaign }) => campaign.brandId)
  const rewrite = (from: string, to: string) =>
    superuser.query(`update event set deal = replace(deal, $2, $3) where stream_id = $1 and type = 'application.statusChanged'`, [
      all[1]!.roomId,
      from,
      to,
    ])
  const said: string[] = []
  const now = new Date(Date.now() + 21 * 86_400_000).toISOString()
  const tryIt = () => count({ now, after: said.at(-1) ?? null, alive: (last: string) => said.push(last) })
  const weeks = () => Promise.all([before, broken, behind].map(async (brandId) => (await figuresOf(brandId!)).length))
  await daysAgo(superuser, -14)
  await rewrite('{', '!')
  await expect(tryIt()).rejects.toThrow('json')
  expect(await weeks()).toEqual([1, 0, 1])
  await rewrite('!', '{')
  await tryIt()
  expect(await weeks()).toEqual([1, 1, 1])
})
