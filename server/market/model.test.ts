import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ApplicationId,
  type ApplicationState,
  type BrandId,
  type CampaignId,
  type CampaignState,
  newId,
  type RoomId,
} from '../../client-sdk/contract/index.ts'
import { emptyRoom, reduce } from '../../client-sdk/contract/reduce.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { getApplication } from '../applications/get-application.ts'
import { listMyApplications } from '../applications/list-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { openNotes } from '../applications/open-notes.ts'
import { submitApplication } from '../applications/submit-application.ts'
import { createBrand } from '../brands/create-brand.ts'
import { bringIn } from '../brands/testing.ts'
import { createCampaign } from '../campaigns/create-campaign.ts'
import { getCampaign } from '../campaigns/get-campaign.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { updateCampaign } from '../campaigns/update-campaign.ts'
import type { Ctx } from '../ctx.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import {
  type Act,
  type Actor,
  actors,
  beginning,
  type CreatorName,
  creators,
  type Model,
  type Outcome,
  orders,
  play,
  type Round,
  story,
  versionOf,
} from './testing-model.ts'

/** `npm run fuzz -- --what market --seeds N` sets it, and `--seed S` replays one. */
const STORIES = Number(process.env.PARLEY_FUZZ_SEEDS ?? 60)
const SEED = process.env.PARLEY_FUZZ_SEED ? Number(process.env.PARLEY_FUZZ_SEED) : undefined
const DAY = 86_400_000

let w: World
let people: Record<Actor, TestPerson>
let brandId: BrandId
beforeAll(async () => {
  w = await world()
  people = {
    owner: await w.person('brand'),
    manager: await w.person('brand'),
    ann: await w.person('creator'),
    bob: await w.person('creator'),
  }
  brandId = (await createBrand(as('owner'), { commandId: commandId(), name: 'A brand' })).brandId
  await bringIn(w, { brandId, owner: people.owner, role: 'manager' }, people.manager)
})
afterAll(() => w?.close())
const as = (who: Actor): Ctx => w.as(people[who])
const after = (days: number) => new Date(Date.now() + days * DAY).toISOString()

/** One campaign, and where its applications are. */
type Scene = {
  campaignId: CampaignId
  roomId: RoomId
  applications: Map<CreatorName, { applicationId: ApplicationId; roomId: RoomId }>
  reopened: number
}

async function begin(): Promise<Scene> {
  const dates = { applyBy: after(1), decideBy: after(200) }
  const fields = { title: 'A campaign', brief: 'Words', platforms: ['youtube'], ...dates }
  const { campaignId } = await createCampaign(as('owner'), { commandId: commandId(), brandId, ...fields })
  const { roomId } = await getCampaign(as('owner'), { campaignId })
  return { campaignId, roomId: roomId!, applications: new Map(), reopened: 0 }
}

/** Sends one order; resolves with how it went. */
async function order(scene: Scene, who: Actor, act: Act, known: Model): Promise<Outcome> {
  const { campaignId, applications } = scene
  const by = { commandId: commandId() }
  const applicationId = 'whose' in act ? (applications.get(act.whose)?.applicationId ?? newId<ApplicationId>()) : newId<ApplicationId>()
  const tries: { [D in Act['do']]: (act: Extract<Act, { do: D }>) => Promise<unknown> } = {
    'campaign.move': (its) => {
      const dates = its.move === 'reopen' ? { applyBy: after(2 + scene.reopened++) } : {}
      return moveCampaign(as(who), {
        ...by,
        campaignId,
        version: versionOf(known.campaign, its),
        move: its.move,
        reason: 'Because',
        ...dates,
      })
    },
    'campaign.update': (its) =>
      updateCampaign(as(who), { ...by, campaignId, version: versionOf(known.campaign, its), title: `Title ${by.commandId}` }),
    'application.submit': async () => {
      const place = await submitApplication(as(who), { ...by, campaignId, cover: 'Hello', answers: [], terms: null })
      applications.set(who as CreatorName, place)
    },
    'application.move': (its) =>
      moveApplication(as(who), { ...by, applicationId, version: versionOf(known[its.whose] ?? { version: 1 }, its), move: its.move }),
    'application.openNotes': () => openNotes(as(who), { ...by, applicationId }),
  }
  try {
    await tries[act.do](act as never)
    return 'ok'
  } catch (error) {
    const { code } = error as { code?: Outcome }
    if (!code) throw error
    return code
  }
}

/** What the tables say. */
async function found({ campaignId }: Scene): Promise<Model> {
  type Row = { who: string | null; state: string; version: number; published: boolean }
  const { rows } = await w.db.pool.query<Row>(
    `select null as who, state, version, published_at is not null as published from campaign where id = $1
     union all select creator_id::text, state, version, true from application where campaign_id = $1`,
    [campaignId],
  )
  const of = (who: CreatorName) => {
    const row = rows.find((one) => one.who === people[who].userId)
    return row ? { state: row.state as ApplicationState, version: row.version } : null
  }
  const { state, version, published } = rows.find((row) => row.who === null)!
  return { campaign: { state: state as CampaignState, version }, published, ann: of('ann'), bob: of('bob') }
}

/** Those ways in which these orders could have come one after the other with these answers. */
function explanations(before: Model, round: Round, outcomes: ReadonlyMap<Actor, Outcome>): Model[] {
  const acts = actors.flatMap((who) => (round[who] ? [{ who, act: round[who] }] : []))
  return [...orders(acts)].flatMap((way) => {
    let model = before
    for (const { who, act } of way) {
      const step = play(model, who, act, before)
      const outcome = outcomes.get(who)!
      if (!step.outcomes.includes(outcome)) return []
      model = step.model
    }
    return [model]
  })
}

/** What the rooms' logs say, told by the same reducer that clients use. */
async function logged({ roomId, applications }: Scene): Promise<Omit<Model, 'published'>> {
  const subject = async (id: RoomId | undefined) => {
    if (!id) return null
    const { events } = await w.db.log.readAfter(id, 0, 500)
    const about = events.reduce(reduce, emptyRoom).subject
    return about && { state: about.state, version: about.version }
  }
  const [campaign, ann, bob] = await Promise.all([roomId, ...creators.map((who) => applications.get(who)?.roomId)].map(subject))
  return { campaign, ann, bob } as Omit<Model, 'published'>
}

/** Who sees what: a creator the campaign once it is published, and their own application alone. */
async function assertSeen({ campaignId, applications }: Scene, model: Model): Promise<void> {
  for (const who of actors) {
    const isCreator = who === 'ann' || who === 'bob'
    const campaign = await getCampaign(as(who), { campaignId }).catch((error: { code: string }) => error.code)
    if (isCreator && !model.published) expect(campaign).toBe('resource.notFound')
    else
      expect(campaign).toMatchObject({
        ...model.campaign,
        me: isCreator ? 'creator' : who,
        roomId: isInRoom(model, who) ? expect.any(String) : null,
      })
    for (const [whose, { applicationId }] of applications) {
      const application = await getApplication(as(who), { applicationId }).catch((error: { code: string }) => error.code)
      if (isCreator && who !== whose) expect(application).toBe('resource.notFound')
      else expect(application).toMatchObject({ ...model[whose], me: isCreator ? 'creator' : who })
    }
  }
  for (const who of creators) {
    const { items } = await listMyApplications(as(who), { limit: 100, state: [], sort: 'newest' })
    expect(items.filter((item) => item.campaignId === campaignId).map(({ state }) => state)).toEqual(model[who] ? [model[who].state] : [])
  }
}

/** An applicant is in the campaign's room until their application has come to nothing. */
const isInRoom = (model: Model, who: Actor): boolean =>
  who === 'owner' || who === 'manager' || (model[who] !== null && !['declined', 'withdrawn', 'expired'].includes(model[who].state))

async function tell(rounds: Round[]): Promise<void> {
  const scene = await begin()
  let model = beginning
  for (const round of rounds) {
    const before = model
    const going = actors.flatMap((who) =>
      round[who] ? [order(scene, who, round[who], before).then((outcome) => [who, outcome] as const)] : [],
    )
    const outcomes = new Map(await Promise.all(going))
    const now = await found(scene)
    const ways = explanations(before, round, outcomes)
    expect(
      ways.some((way) => isDeepStrictEqual(way, now)),
      JSON.stringify({ before, round, outcomes: [...outcomes], now, ways }),
    ).toBe(true)
    model = now
    const { published: _, ...states } = model
    expect(await logged(scene)).toEqual(states)
  }
  await assertSeen(scene, model)
  for (const roomId of [scene.roomId, ...Array.from(scene.applications.values(), (its) => its.roomId)])
    expect(await verifyStream(w.db, roomId)).toMatchObject({ ok: true })
}

test('whatever four people do at once to a campaign and its applications could have come one after the other, in rows, events and rights', async () => {
  const settings = { numRuns: STORIES, endOnFailure: process.env.CI !== undefined, ...(SEED !== undefined && { seed: SEED }) }
  await fc.assert(fc.asyncProperty(story, tell), settings)
}, 600_000)
