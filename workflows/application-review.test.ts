import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moveApplication } from '../server/applications/move-application.ts'
import { eventsOf, pass, versionOf } from '../server/applications/testing.ts'
import { inDays } from '../server/campaigns/testing.ts'
import { accept, type Parties, parties, propose } from '../server/deals/testing.ts'
import { age, awayFromMidnight, mailsTo, remindersOf, timeKeeper } from '../server/deals/testing-time.ts'
import { closeOffer } from '../server/offers/testing.ts'
import { DAY, MINUTE } from '../server/spans.ts'
import { commandId, type World, world } from '../server/testing.ts'
import type { Temporal } from './engine.ts'
import { type TestServer, testServer, testWorker } from './testing.ts'

const PATIENCE = { timeout: 40_000, interval: 100 }
let w: World
let superuser: pg.Client
let server: TestServer
let temporal: Temporal
beforeAll(async () => {
  w = await world()
  superuser = await timeKeeper(w)
  server = await testServer()
  temporal = await testWorker(w, server)
  await awayFromMidnight(120_000)
})
afterAll(async () => {
  await temporal.stop()
  await server.close()
  await superuser.end()
  await w.close()
})

const run = ({ applicationId }: Parties) => temporal.client()!.workflow.getHandle(`application:${applicationId}`)
const stateOf = async (its: Parties): Promise<string | undefined> => {
  try {
    return (await run(its).describe()).status.name
  } catch {
    return undefined // not yet
  }
}
const is = (its: Parties, name: string) => expect.poll(() => stateOf(its), PATIENCE).toBe(name)
/** Its run looks again, as it does within a day by itself. */
const wake = (its: Parties) => run(its).signal('changed')
const subjects = async (its: Parties) => (await mailsTo(w, its.creator)).map(({ subject }) => subject)
const decide = async (its: Parties, move: 'shortlist' | 'decline') =>
  moveApplication(w.as(its.campaign.manager), {
    commandId: commandId(),
    applicationId: its.applicationId,
    version: await versionOf(w, its.applicationId),
    move,
  })

test('an application on which nobody decides: its brand is reminded, and reminded again before the deadline; it expires, its creator is told, and its run is over', async () => {
  const its = await parties(w, { applyBy: inDays(5), decideBy: inDays(5) })
  await is(its, 'RUNNING')
  await age(superuser, its, 3 * DAY)
  await wake(its)
  await expect.poll(() => remindersOf(w, its), PATIENCE).toEqual([{ kind: 'waiting', to: 'brand' }])
  await superuser.query(`update campaign set decide_by = now() + interval '1 day' where id = $1`, [its.campaign.campaignId])
  await wake(its)
  await expect.poll(() => remindersOf(w, its), PATIENCE).toHaveLength(2)
  expect(await mailsTo(w, its.campaign.owner)).toHaveLength(1) // a day

  await pass(superuser, its.campaign.campaignId, 'decide_by')
  await wake(its)
  await expect.poll(async () => (await eventsOf(w, its.roomId)).at(-1)?.type, PATIENCE).toBe('application.statusChanged')
  expect(await stateOf(its)).toBe('RUNNING')
  await age(superuser, its, 2 * MINUTE)
  await wake(its)
  await is(its, 'COMPLETED')
  expect(await subjects(its)).toEqual(['The time to decide on “Autumn” is over'])
})

test('a decision is told to the creator, and what was to be said before is said no more', async () => {
  const its = await parties(w)
  await is(its, 'RUNNING')
  await age(superuser, its, 2 * DAY)
  await decide(its, 'shortlist')
  await age(superuser, its, 2 * MINUTE)
  await wake(its)
  await expect.poll(() => subjects(its), PATIENCE).toEqual(['You are on the shortlist for “Autumn”'])
  await decide(its, 'decline')
  await age(superuser, its, 3 * DAY)
  await wake(its)
  await is(its, 'COMPLETED')
  expect(await subjects(its)).toEqual(['You are on the shortlist for “Autumn”', 'Your application for “Autumn” was declined'])
  expect(await remindersOf(w, its)).toEqual([])
})

test('once no offer waits any more, the days until the brand is reminded begin; an agreement ends them, and its run waits for what becomes of the deal', async () => {
  const its = await parties(w)
  await is(its, 'RUNNING')
  await propose(w, its.campaign.manager, its)
  await age(superuser, its, 5 * DAY)
  await wake(its)
  await closeOffer(w, 'decline', its.creator, its, 1)
  await age(superuser, its, 3 * DAY)
  await wake(its)
  await expect.poll(() => remindersOf(w, its), PATIENCE).toContainEqual({ kind: 'waiting', to: 'brand' })
  expect((await remindersOf(w, its)).filter(({ kind }) => kind === 'waiting')).toHaveLength(1)
  await accept(w, its.creator, its, await propose(w, its.campaign.owner, its))
  await age(superuser, its, 30 * DAY)
  await wake(its)
  await age(superuser, its, MINUTE)
  expect(await stateOf(its)).toBe('RUNNING')
  expect((await remindersOf(w, its)).filter(({ kind }) => kind === 'waiting')).toHaveLength(1)
  expect(await subjects(its)).not.toContainEqual(expect.stringContaining('agreement')) // they have accepted it
})
