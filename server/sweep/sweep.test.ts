import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { declineCancelled, expireDueApplications } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { apply, countsOf, eventsOf, membersOf, type Opening, openCampaign, pass } from '../applications/testing.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { type Sweeping, sweep } from './sweep.ts'

let w: World
let superuser: pg.Client
const running: Sweeping[] = []
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterEach(() => Promise.all(running.splice(0).map((one) => one.stop())))
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const start = (options: Parameters<typeof sweep>[2] = {}, failed: (error: unknown) => void = (error) => expect(error).toBeUndefined()) => {
  const one = sweep(w.house, failed, { every: 20, ...options })
  running.push(one)
  return one
}
async function applied(count: number, campaign?: Opening) {
  const its = campaign ?? (await openCampaign(w))
  const creators = await Promise.all(Array.from({ length: count }, () => w.person()))
  return { campaign: its, creators, places: await Promise.all(creators.map((creator) => apply(w, creator, its.campaignId))) }
}
const cancel = ({ owner, campaignId }: Opening) =>
  moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 2, move: 'cancel', reason: 'No budget' })
const stateOf = async ({ campaignId }: Opening) =>
  (await superuser.query<{ state: string; settled: string }>('select state, settled::text from campaign where id = $1', [campaignId]))
    .rows[0]!

test('what nobody decided on until the deadline expires once, however many sweep, and its campaign is completed', async () => {
  const { campaign, creators, places } = await applied(12)
  const { applicationId } = places[0]!
  await moveApplication(w.as(campaign.owner), { commandId: commandId(), applicationId, version: 1, move: 'shortlist' })
  await pass(superuser, campaign.campaignId, 'apply_by', 'decide_by')
  for (let i = 0; i < 3; i++) start()
  await expect.poll(() => stateOf(campaign), { timeout: 20_000 }).toMatchObject({ state: 'completed' })
  expect(await countsOf(w, campaign.campaignId)).toEqual({ counted: { expired: 12 }, real: { expired: 12 } })
  for (const [i, { roomId }] of places.entries()) {
    const moves = (await eventsOf(w, roomId)).filter(({ type }) => type === 'application.statusChanged')
    const deal = { move: 'expire', from: i === 0 ? 'shortlisted' : 'submitted', to: 'expired', version: i === 0 ? 3 : 2 }
    expect(moves.at(-1)).toMatchObject({ actor: SYSTEM, data: { deal, personal: { reason: null } } })
    expect(moves).toHaveLength(i === 0 ? 2 : 1)
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
  }
  expect(await membersOf(w, campaign.roomId)).toEqual(['manager', 'owner', 'viewer'])
  const own = await eventsOf(w, creators[0]!.userId as never)
  expect(own.map(({ type }) => type).slice(-2)).toEqual(['membership.started', 'membership.ended'])
})

test('what is open in a campaign that is cancelled is declined by the platform, which says why', async () => {
  const { campaign, places } = await applied(3)
  await cancel(campaign)
  await Promise.all([declineCancelled(w.asSystem()), declineCancelled(w.asSystem())])
  await declineCancelled(w.asSystem())
  expect(await countsOf(w, campaign.campaignId)).toEqual({ counted: { declined: 3 }, real: { declined: 3 } })
  const deal = { move: 'decline', from: 'submitted', to: 'declined', version: 2 }
  for (const { roomId } of places) {
    const moves = (await eventsOf(w, roomId)).filter(({ type }) => type === 'application.statusChanged')
    expect(moves).toMatchObject([{ actor: SYSTEM, data: { deal, personal: { reason: 'The campaign was cancelled' } } }])
  }
  expect(await stateOf(campaign)).toEqual({ state: 'cancelled', settled: 'infinity' })
  expect(await declineCancelled(w.asSystem())).toBe(0)
})

test('what is in other hands is left for the next time, and nothing is forgotten', async () => {
  const { campaign, places } = await applied(2)
  await pass(superuser, campaign.campaignId, 'decide_by')
  await superuser.query('begin')
  try {
    await superuser.query('select from application where id = $1 for update', [places[0]!.applicationId])
    expect(await expireDueApplications(w.asSystem())).toBe(1)
    expect((await countsOf(w, campaign.campaignId)).real).toEqual({ submitted: 1, expired: 1 })
  } finally {
    await superuser.query('rollback')
  }
  expect(await expireDueApplications(w.asSystem())).toBe(1)
  expect((await countsOf(w, campaign.campaignId)).real).toEqual({ expired: 2 })
  expect(await expireDueApplications(w.asSystem())).toBe(0)
})

test('a new deadline for a campaign that was through with is minded again', async () => {
  const { campaign } = await applied(1)
  await pass(superuser, campaign.campaignId, 'decide_by')
  await expireDueApplications(w.asSystem())
  await superuser.query(`update campaign set decide_by = now() + interval '1 day' where id = $1`, [campaign.campaignId])
  await applied(1, campaign)
  expect(await expireDueApplications(w.asSystem())).toBe(0)
  await superuser.query(`update campaign set decide_by = now() - interval '1 millisecond' where id = $1`, [campaign.campaignId])
  expect(await expireDueApplications(w.asSystem())).toBe(1)
})

test('of a deadline and a last word at once one comes first, and both agree on which', async () => {
  const { campaign, creators, places } = await applied(6)
  const withdrawals = creators.map((creator, i) => withdraw(creator, places[i]!))
  const [settled] = await Promise.all([
    Promise.allSettled(withdrawals),
    pass(superuser, campaign.campaignId, 'decide_by').then(() => expireDueApplications(w.asSystem())),
  ])
  while ((await expireDueApplications(w.asSystem())) > 0);
  const codes = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
  expect(['deadline.passed', 'resource.stale']).toEqual(expect.arrayContaining([...new Set(codes)]))
  const { counted, real } = await countsOf(w, campaign.campaignId)
  expect(counted).toEqual(real)
  expect([real.withdrawn ?? 0, real.expired ?? 0]).toEqual([6 - codes.length, codes.length])
})
const withdraw = (creator: TestPerson, { applicationId }: { applicationId: Parameters<typeof moveApplication>[1]['applicationId'] }) =>
  moveApplication(w.as(creator), { commandId: commandId(), applicationId, version: 1, move: 'withdraw' })

test('a step that fails is told, and holds up neither the others nor the next time', async () => {
  const told: unknown[] = []
  let tries = 0
  let others = 0
  const steps = [
    async () => {
      tries++
      throw new Error('out of order')
    },
    async () => {
      others++
      return 0
    },
  ]
  const one = start({ steps }, (error) => told.push(error))
  await expect.poll(() => others).toBeGreaterThan(2)
  await one.stop()
  expect(told).toHaveLength(tries)
  expect(told[0]).toMatchObject({ message: 'out of order' })
})

test('to stop waits for the step in hand and begins no other', async () => {
  const done: string[] = []
  let began = () => {}
  const inHand = new Promise<void>((resolve) => {
    began = resolve
  })
  const slow = async () => {
    began()
    await new Promise((resolve) => setTimeout(resolve, 100))
    done.push('slow')
    return 1
  }
  const next = async () => {
    done.push('next')
    return 0
  }
  const one = start({ steps: [slow, next] })
  await inHand
  await one.stop()
  expect(done).toEqual(['slow'])
})

test('PostgreSQL that goes away is told of, and what was due is done once it is back', async () => {
  const { campaign } = await applied(2)
  const told: unknown[] = []
  start({}, (error) => told.push(error))
  const outside = new URL(w.url)
  const name = outside.pathname.slice(1)
  outside.pathname = 'postgres'
  const client = new pg.Client({ connectionString: outside.href })
  await client.connect()
  try {
    await client.query(`alter database ${name} allow_connections false`)
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'parley'`, [name])
    await expect.poll(() => told.length).toBeGreaterThan(0)
    await pass(superuser, campaign.campaignId, 'decide_by')
  } finally {
    await client.query(`alter database ${name} allow_connections true`)
    await client.end()
  }
  const expired = () => superuser.query(`select from application where campaign_id = $1 and state = 'expired'`, [campaign.campaignId])
  await expect.poll(async () => (await expired()).rowCount, { timeout: 20_000 }).toBe(2)
})
