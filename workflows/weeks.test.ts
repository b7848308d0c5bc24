import type { ScheduleOptions } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTeam, type Team } from '../server/brands/testing.ts'
import { parties } from '../server/deals/testing.ts'
import { mailsTo } from '../server/digest/testing.ts'
import { type World, world } from '../server/testing.ts'
import { daysAgo, superuserOf } from '../server/weeks/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

const TIMEOUT = 60_000
let w: World
let server: TestServer
let temporal: Temporal
beforeAll(async () => {
  w = await world()
  server = await testServer()
  temporal = await testWorker(w, server)
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await w.close()
})

const schedule = async (id: 'brandWeek' | 'creatorWeek') => {
  await expect
    .poll(
      async () =>
        temporal
          .client()
          ?.schedule.getHandle(id)
          .describe()
          .then(
            () => true,
            () => false,
          ),
      { timeout: TIMEOUT },
    )
    .toBe(true)
  return temporal.client()!.schedule.getHandle(id)
}
const weeksOf = async ({ brandId }: Pick<Team, 'brandId'>) =>
  (await w.db.pool.query<{ week: string }>('select week::text from brand_week where brand_id = $1', [brandId])).rows.length
/** All that there is happened a week ago. */
async function aWeekAgo(): Promise<void> {
  const superuser = await superuserOf(w)
  await daysAgo(superuser, 7)
  await superuser.end()
}

test('both weeks are scheduled for Monday mornings, in UTC, and what was missed is made up for within the week', async () => {
  for (const [id, hour] of [
    ['creatorWeek', 5],
    ['brandWeek', 6],
  ] as const) {
    const { spec, policies, action } = await (await schedule(id)).describe()
    const [calendar] = spec.calendars ?? []
    expect([calendar?.dayOfWeek, calendar?.hour, spec.timezone || 'UTC']).toEqual([
      [{ start: 'MONDAY', end: 'MONDAY', step: 1 }],
      [{ start: hour, end: hour, step: 1 }],
      'UTC',
    ])
    expect([policies.overlap, policies.catchupWindow, action.workflowType]).toEqual(['SKIP', 6 * 86_400_000, id])
  }
})

test('a schedule’s trigger counts the week for real: the brand’s, with its mail, and the creators’', async () => {
  const { campaign, creator } = await parties(w)
  await aWeekAgo()
  for (const id of ['brandWeek', 'creatorWeek'] as const) await (await schedule(id)).trigger()
  await expect.poll(() => weeksOf(campaign), { timeout: TIMEOUT }).toBe(1)
  const summaries = async () => (await mailsTo(w, campaign.owner)).filter(({ kind }) => kind === 'summaries')
  expect(await summaries()).toHaveLength(1)
  const cohort = async () =>
    (await w.db.pool.query<{ cohort: string }>('select cohort from creator_week where user_id = $1', [creator.userId])).rows
  await expect.poll(cohort, { timeout: TIMEOUT }).toEqual([{ cohort: 'new' }])
  // Triggered until another run was begun: one that is still under way, or of the same second, is skipped.
  const taken = async () => {
    await (await schedule('brandWeek')).trigger()
    return (await (await schedule('brandWeek')).describe()).info.numActionsTaken
  }
  await expect.poll(taken, { timeout: TIMEOUT, interval: 2_000 }).toBeGreaterThanOrEqual(2)
  const running = async () => (await (await schedule('brandWeek')).describe()).info.runningActions.length
  await expect.poll(running, { timeout: TIMEOUT }).toBe(0)
  expect(await summaries()).toHaveLength(1)
}, 240_000)

test('a week whose moment passes while Temporal is down is counted once it is up again', async () => {
  const team = await makeTeam(w)
  await aWeekAgo()
  // One more schedule, with what the brands' has but for its moment: that one is put right at every start.
  const { action, policies } = await (await schedule('brandWeek')).describe()
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 20_000)
  const [year, dayOfMonth, hour] = [at.getUTCFullYear(), at.getUTCDate(), at.getUTCHours()]
  const calendar = { year, month: '*', dayOfMonth, hour, minute: at.getUTCMinutes(), second: at.getUTCSeconds() } as const
  await temporal.client()!.schedule.create({ scheduleId: 'missed', spec: { calendars: [calendar] }, action, policies } as ScheduleOptions)
  const next = async () => (await temporal.client()?.schedule.getHandle('missed').describe())?.info.nextActionTimes[0]?.getTime()
  await expect.poll(next, { timeout: 15_000 }).toBe(at.getTime())
  await server.server().kill()
  await expect.poll(() => Date.now() > at.getTime() + 1_000, { timeout: TIMEOUT }).toBe(true)
  expect(await weeksOf(team)).toBe(0)
  await server.start()
  await expect.poll(() => weeksOf(team), { timeout: 2 * TIMEOUT }).toBe(1)
}, 240_000)
