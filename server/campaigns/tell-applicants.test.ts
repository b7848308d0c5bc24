import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApplicationPlace, type CampaignId, newId } from '../../client-sdk/contract/index.ts'
import { declineCancelled } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { apply, fill, type Opening, openCampaign } from '../applications/testing.ts'
import { accept, propose } from '../deals/testing.ts'
import { changeSettings } from '../people/settings.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { nextOfCampaign } from './agenda.ts'
import { completeDueCampaigns } from './due-campaigns.ts'
import { tellApplicants } from './tell-applicants.ts'
import { age, draft, inDays, move } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})

type Said = { subject: string; body: string }
const mailsOf = async ({ email }: { email: string }): Promise<Said[]> =>
  (await w.db.pool.query<Said>('select subject, body from mail where recipient = $1 order by id', [email])).rows
const subjectsOf = async (person: { email: string }) => (await mailsOf(person)).map(({ subject }) => subject)
const tell = (campaignId: CampaignId, alive = () => {}) => tellApplicants(w.asSystem(), campaignId, alive)
const next = (campaignId: CampaignId) => nextOfCampaign(w.asSystem(), campaignId)

const versionOf = async (campaignId: CampaignId): Promise<number> =>
  (await superuser.query<{ version: number }>('select version from campaign where id = $1', [campaignId])).rows[0]!.version
const go = async ({ campaignId, owner }: Opening, how: Parameters<typeof move>[3]) =>
  move(w, owner, { campaignId, state: 'open', version: await versionOf(campaignId) }, how)
const end = (who: TestPerson, { applicationId, version }: ApplicationPlace, how: 'withdraw' | 'decline') =>
  moveApplication(w.as(who), { commandId: commandId(), applicationId, version, move: how })

const roles = ['waiting', 'dealing', 'gone', 'refused', 'deaf'] as const
type Cast = Opening & Record<(typeof roles)[number], TestPerson>
/** Creators who have applied: one waits, one has a deal, one withdrew, one was declined, and one waits and wants no mail. */
async function cast(): Promise<Cast> {
  const campaign = await openCampaign(w)
  const people = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await w.person('creator', role)])))
  const places: Record<string, ApplicationPlace> = {}
  for (const role of roles) places[role] = await apply(w, people[role], campaign.campaignId)
  await accept(w, people.dealing, places.dealing!, await propose(w, campaign.manager, places.dealing!))
  await end(people.gone, places.gone!, 'withdraw')
  await end(campaign.owner, places.refused!, 'decline')
  await changeSettings(w.as(people.deaf), { notifications: { applications: false } })
  return { ...campaign, ...people } as Cast
}
const subjects = async (its: Cast) => Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await subjectsOf(its[role])])))

test('a minute after it closed those who wait learn until when they hear, those who have a deal that it stands, and nobody else anything', async () => {
  const its = await cast()
  const { campaignId } = its
  await changeSettings(w.as(its.waiting), { language: 'uk', timeZone: 'Europe/Kyiv' })
  const closed = await go(its, { move: 'close' })
  const step = await next(campaignId)
  expect(step?.what).toBe('tellApplicants')
  const wait = Date.parse(step!.at) - Date.now()
  expect([wait > 0, wait <= 60_000]).toEqual([true, true])
  await tell(campaignId)
  expect(await subjects(its)).toEqual({ waiting: [], dealing: [], gone: [], refused: [], deaf: [] })

  await age(w, campaignId)
  await Promise.all([tell(campaignId), tell(campaignId)])
  await tell(campaignId)
  expect(await subjects(its)).toEqual({
    waiting: ['«Autumn» більше не приймає заявок'],
    dealing: ['“Autumn” takes no more applications'],
    gone: [],
    refused: [],
    deaf: [],
  })
  const [inUkrainian, inEnglish] = [(await mailsOf(its.waiting))[0]!.body, (await mailsOf(its.dealing))[0]!.body]
  expect(inUkrainian).toContain('Europe/Kyiv')
  expect(inEnglish).toContain('Your deal stands as it is.')
  for (const body of [inUkrainian, inEnglish]) {
    expect(body).toContain(`https://app.parley.test/campaigns/${campaignId}`)
    for (const role of roles) expect(body).not.toContain(role)
  }
  expect(await next(campaignId)).toMatchObject({ what: 'complete' })
  expect(closed.state).toBe('closed')
})

test('those whom the platform declines as it is cancelled learn it, whether that was done by then or not; who was out before learns nothing', async () => {
  for (const isDone of [true, false]) {
    const its = await cast()
    await go(its, { move: 'cancel', reason: 'No budget' })
    if (isDone) while ((await declineCancelled(w.asSystem())) > 0);
    await age(w, its.campaignId)
    await tell(its.campaignId)
    expect(await subjects(its)).toEqual({
      waiting: ['“Autumn” was cancelled'],
      dealing: ['“Autumn” was cancelled'],
      gone: [],
      refused: [],
      deaf: [],
    })
    expect((await mailsOf(its.waiting))[0]!.body).toContain('your application is declined')
    expect((await mailsOf(its.dealing))[0]!.body).toContain('What you have agreed on stands')
    expect((await mailsOf(its.waiting))[0]!.body).not.toContain('No budget')
    expect(await next(its.campaignId)).toBeNull()
  }
})

test('that it takes applications again is told to those who had applied before', async () => {
  const its = await cast()
  await go(its, { move: 'close' })
  await age(w, its.campaignId)
  await tell(its.campaignId)
  await go(its, { move: 'reopen', applyBy: inDays(9) })
  const late = await w.person()
  await apply(w, late, its.campaignId)
  await age(w, its.campaignId)
  await tell(its.campaignId)
  expect(await subjectsOf(its.waiting)).toEqual(['“Autumn” takes no more applications', '“Autumn” takes applications again'])
  expect([await subjectsOf(late), await subjectsOf(its.gone), await subjectsOf(its.deaf)]).toEqual([[], [], []])
  expect(await next(its.campaignId)).toMatchObject({ what: 'close' })
})

test('what is taken back within the minute is not told', async () => {
  const its = await cast()
  await go(its, { move: 'close' })
  await go(its, { move: 'reopen', applyBy: inDays(9) })
  await age(w, its.campaignId)
  await tell(its.campaignId)
  expect(await subjectsOf(its.waiting)).toEqual(['“Autumn” takes applications again'])
})

test('once it is completed those whose deal was carried out are told, and what was only expired was told elsewhere', async () => {
  const its = await cast()
  const { campaignId } = its
  await go(its, { move: 'close' })
  const states = `update application set state = case when state like 'agreed%' then 'completed' when state = 'submitted' then 'expired' else state end
    where campaign_id = $1`
  await superuser.query(states, [campaignId])
  await superuser.query('update campaign set apply_by = clock_timestamp(), decide_by = clock_timestamp() where id = $1', [campaignId])
  expect(await next(campaignId)).toMatchObject({ what: 'complete' })
  expect(await completeDueCampaigns(w.asSystem())).toBeGreaterThan(0)
  expect(await next(campaignId)).toMatchObject({ what: 'tellApplicants' })
  await age(w, campaignId)
  await tell(campaignId)
  expect(await subjects(its)).toEqual({ waiting: [], dealing: ['“Autumn” is completed'], gone: [], refused: [], deaf: [] })
  expect(await next(campaignId)).toBeNull()
})

test('a campaign that was closed long ago has nothing to tell once the time to decide is over, and waits for its deals', async () => {
  const its = await cast()
  await go(its, { move: 'close' })
  await age(w, its.campaignId)
  await superuser.query('update campaign set apply_by = clock_timestamp(), decide_by = clock_timestamp() where id = $1', [its.campaignId])
  expect(await next(its.campaignId)).toBeNull()
  await tell(its.campaignId)
  expect(await subjectsOf(its.waiting)).toEqual([])
})

test('nobody is told of a draft that is cancelled, nor of a pause', async () => {
  const { owner, brandId, manager, viewer } = await openCampaign(w)
  const team = { owner, brandId, manager, viewer }
  const gone = await move(w, owner, await draft(w, team), { move: 'cancel', reason: 'No more' })
  expect(await next(gone.campaignId)).toBeNull()
  const its = await cast()
  await go(its, { move: 'pause' })
  expect(await next(its.campaignId)).toMatchObject({ what: 'close' })
  expect(await next(newId())).toBeNull()
})

async function manyApplicants(n: number): Promise<Opening> {
  const its = await openCampaign(w)
  await fill(superuser, { brandId: its.brandId, campaigns: [its.campaignId], perCampaign: n })
  await go(its, { move: 'close' })
  await age(w, its.campaignId)
  return its
}
/** How many mails were written to creators of this campaign, and to how many of them. */
async function written({ campaignId }: Opening): Promise<{ mails: number; people: number }> {
  const text = `select count(*)::int as mails, count(distinct m.recipient)::int as people
    from mail m join application a on a.creator_id = m.user_id where a.campaign_id = $1`
  return (await superuser.query<{ mails: number; people: number }>(text, [campaignId])).rows[0]!
}

test('stopped after any page it is told to the rest, and to nobody twice', async () => {
  const its = await manyApplicants(450)
  let pages = 0
  const dying = () => {
    if (++pages === 3) throw new Error('killed')
  }
  await expect(tell(its.campaignId, dying)).rejects.toThrow('killed')
  expect(await written(its)).toEqual({ mails: 400, people: 400 })
  expect(await next(its.campaignId)).toMatchObject({ what: 'tellApplicants' })
  await Promise.all([tell(its.campaignId), tell(its.campaignId)])
  expect(await written(its)).toEqual({ mails: 450, people: 450 })
  await tell(its.campaignId)
  expect(await written(its)).toEqual({ mails: 450, people: 450 })
})

test('as many as fill pages to the last are all told', async () => {
  const its = await manyApplicants(400)
  await tell(its.campaignId)
  expect(await written(its)).toEqual({ mails: 400, people: 400 })
  expect(await next(its.campaignId)).toMatchObject({ what: 'complete' })
})

test('a campaign that is cancelled in the middle of telling is told to be that from then on', async () => {
  const its = await manyApplicants(450)
  let cancelling: Promise<unknown> | undefined
  let pages = 0
  const alive = () => {
    if (++pages === 2) cancelling = go(its, { move: 'cancel', reason: 'No budget' })
  }
  await tell(its.campaignId, alive)
  await cancelling
  await age(w, its.campaignId)
  await tell(its.campaignId)
  const text = `select count(*) filter (where subject like '%was cancelled')::int as cancelled, count(*)::int as all
    from mail m join application a on a.creator_id = m.user_id where a.campaign_id = $1`
  const [counts] = (await superuser.query<{ cancelled: number; all: number }>(text, [its.campaignId])).rows
  expect(counts!.cancelled).toBe(450)
  expect([650, 850, 900]).toContain(counts!.all)
  expect(await next(its.campaignId)).toBeNull()
})

test('nobody has to wait for it: it locks nothing of the campaign', async () => {
  const its = await manyApplicants(10)
  await superuser.query('begin')
  try {
    await superuser.query('select from campaign where id = $1 for update', [its.campaignId])
    await superuser.query('select from application where campaign_id = $1 for update', [its.campaignId])
    await tell(its.campaignId)
  } finally {
    await superuser.query('rollback')
  }
  expect(await written(its)).toEqual({ mails: 10, people: 10 })
})
