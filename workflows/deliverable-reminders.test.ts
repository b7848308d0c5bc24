import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Terms } from '../client-sdk/contract/index.ts'
import { accept, agreed, type Parties, propose, someTerms } from '../server/deals/testing.ts'
import { awayFromMidnight, dayIn, mailsTo, redate, remindersOf, timeKeeper } from '../server/deals/testing-time.ts'
import { cancel, handIn, review, submit } from '../server/deals/testing-work.ts'
import { type World, world } from '../server/testing.ts'
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

const run = ({ applicationId }: Parties) => temporal.client()!.workflow.getHandle(`deliverables:${applicationId}`)
async function stateOf(its: Parties): Promise<string | undefined> {
  try {
    return (await run(its).describe()).status.name
  } catch {
    return undefined // not yet
  }
}
const is = (its: Parties, name: string) => expect.poll(() => stateOf(its), PATIENCE).toBe(name)
/** Its run looks again, as it does within a day by itself. */
const wake = (its: Parties) => run(its).signal('changed')
const termsDue = (...days: string[]): Terms =>
  someTerms({ deliverables: days.map((due) => ({ platform: 'instagram', format: 'reel', count: 1, due })) })
const kinds = async (its: Parties) => (await remindersOf(w, its)).map(({ kind, deliverable }) => `${kind} ${deliverable}`)

test('work that never comes: its creator is reminded before and after, the brand hears of it, and then its owners', async () => {
  const its = await agreed(w, termsDue(dayIn(2), dayIn(30)))
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['dueSoon 1'])
  expect(await mailsTo(w, its.creator)).toHaveLength(1)
  await redate(superuser, its, dayIn(2), dayIn(-3))
  await wake(its)
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['dueSoon 1', 'overdue 1'])
  await redate(superuser, its, dayIn(-3), dayIn(-5)) // another day, of which nobody was reminded yet
  await wake(its)
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['dueSoon 1', 'overdue 1', 'overdue 1', 'escalated 1'])
  const mails = async (who: Parties['creator']) => (await mailsTo(w, who)).length
  expect(await Promise.all([its.creator, its.campaign.manager, its.campaign.owner, its.campaign.viewer].map(mails))).toEqual([3, 2, 3, 0])
  expect(await stateOf(its)).toBe('RUNNING')
})

test('what is handed in is reminded of no more; once all is approved the run is over', async () => {
  const its = await agreed(w, termsDue(dayIn(20), dayIn(20)))
  await is(its, 'RUNNING')
  const first = await submit(w, its, 1)
  await redate(superuser, its, dayIn(20), dayIn(-2))
  await wake(its)
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['overdue 2'])
  await review(w, its, 1, first, 'approve')
  await handIn(w, its, 2)
  await is(its, 'COMPLETED')
  expect(await kinds(its)).toEqual(['overdue 2'])
})

test('an amendment with another day counts anew, and a deal that is cancelled ends it', async () => {
  const its = await agreed(w, termsDue(dayIn(1)))
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['dueSoon 1'])
  await accept(w, its.creator, its, await propose(w, its.campaign.owner, its, { terms: termsDue(dayIn(2)), basedOn: 1 }))
  await expect.poll(() => kinds(its), PATIENCE).toEqual(['dueSoon 1', 'dueSoon 1'])
  await cancel(w, its.creator, its, 'cancel.request')
  await cancel(w, its.campaign.owner, its, 'cancel.confirm')
  await is(its, 'COMPLETED')
  expect(await kinds(its)).toHaveLength(2)
})
