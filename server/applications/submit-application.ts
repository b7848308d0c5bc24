import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type ApplicationId,
  type ApplicationPlace,
  may,
  newId,
  ParleyError,
  type Part,
  type Question,
  type SubmitApplication,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import { countMove } from '../../persistence/applications/changes.ts'
import { applicationOf } from '../../persistence/applications/details.ts'
import { Application } from '../../persistence/entities/applications.ts'
import { Brand } from '../../persistence/entities/brands.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { Person } from '../../persistence/entities/people.ts'
import { Room } from '../../persistence/entities/rooms.ts'
import { type Entry, notFound } from '../../persistence/event-log.ts'
import { databaseNow, isShown } from '../../persistence/market.ts'
import { assertKnown } from '../catalogue/catalogue.ts'
import { type Ctx, caller } from '../ctx.ts'
import { assertAhead, proposed } from '../deals/proposed.ts'
import { asViewer } from '../market/authorise.ts'
import { openTeamRoom } from '../market/team-rooms.ts'
import { once } from '../once.ts'
import { append, join } from '../rooms/membership.ts'
import { roomTitle } from './room-title.ts'

/** An application's room is new: `room.created` is its first event, and this its second. */
const SUBMITTED = 2

/** Applies to a campaign: makes the application with its room, and lets the creator into the campaign's. */
export async function submitApplication(ctx: Ctx, input: SubmitApplication): Promise<ApplicationPlace> {
  if (!may('apply', caller(ctx).role)) throw new ParleyError('access.denied', 'Only creators apply')
  const campaign = await asViewer(ctx, 'viewCampaign', input.campaignId)
  if (campaign.role !== 'creator') throw new ParleyError('access.denied', 'Nobody applies to their own campaign')
  const catalogue = input.terms && (await ctx.catalogue.read())
  const { cover: _, answers: __, ...kept } = input // what a repeat is known by is kept: no words that could have to be erased
  let isNew = false
  const place = await ctx.em.transactional(async (em) => {
    const held = await hold(em, ctx, campaign)
    return once(em, ctx, 'application.submit', kept, async () => {
      isNew = true
      await assertApplicable(em, held, input)
      if (catalogue) assertKnown(catalogue, { platforms: platformsOf(input), categories: [] })
      return submit(em, ctx, held, input)
    })
  })
  if (!isNew) await assertSameWords(ctx, place.applicationId, input)
  return place
}

type Held = { person: Person; campaign: Campaign; room: Room }
/** Nobody is blocked, comes to the team or closes the campaign meanwhile, and one applies to it after the other: its room is held. */
async function hold(
  em: EntityManager,
  ctx: Ctx,
  { brandId, campaignId }: Pick<Campaign, 'brandId'> & { campaignId: Campaign['id'] },
): Promise<Held> {
  const shared = { lockMode: LockMode.PESSIMISTIC_READ } as const
  const person = await em.findOne(Person, caller(ctx).userId, shared)
  await em.findOne(Brand, brandId, shared)
  const campaign = await em.findOne(Campaign, { brandId, id: campaignId }, shared)
  const room = campaign && (await em.findOne(Room, campaign.roomId, { lockMode: LockMode.PESSIMISTIC_WRITE }))
  if (!person || !campaign || !room) throw notFound('campaign')
  return { person, campaign, room }
}

async function assertApplicable(em: EntityManager, { person, campaign }: Held, { answers, terms }: SubmitApplication): Promise<void> {
  if (person.blockedAt) throw new ParleyError('person.blocked', 'This person is shut out of the platform')
  if (await em.count(Application, { campaignId: campaign.id, creatorId: person.id }))
    throw new ParleyError('application.exists', 'You have applied to this campaign already')
  if (!(await isShown(em, campaign.id, person.id))) throw notFound('campaign') // it was taken from them meanwhile
  if (campaign.state !== 'open') throw new ParleyError('campaign.notOpen', 'This campaign takes no applications now')
  const now = await databaseNow(em)
  if ([campaign.applyBy, campaign.decideBy].some((by) => by && by <= now))
    throw new ParleyError('deadline.passed', 'The time to apply is over')
  if (terms) assertAhead(terms, now)
  const given = new Set(answers.map(({ key }) => key))
  const open = campaign.questions.find(({ key, required }) => required && !given.has(key))
  if (open) throw new ParleyError('application.incomplete', `answers: ${open.key} has to be answered`)
  const stray = answers.find(({ key }) => campaign.questions.every((question) => question.key !== key))
  if (stray) throw new ParleyError('application.incomplete', 'answers: one is to no question of this campaign')
}

/** The caller holds person, brand, campaign and the campaign's room. */
async function submit(em: EntityManager, ctx: Ctx, { person, campaign, room }: Held, input: SubmitApplication): Promise<ApplicationPlace> {
  const { brandId, id: campaignId } = campaign
  const by = { actor: SYSTEM, commandId: input.commandId, accessVersion: null }
  const title = roomTitle(`${campaign.title} × ${person.name}`)
  const opened = await openTeamRoom(em, by, { kind: 'application', brandId, title, creator: person.id })
  const at = ctx.now()
  const application = em.create(Application, {
    brandId,
    id: newId<ApplicationId>(),
    campaignId,
    creatorId: person.id,
    roomId: opened.room.id,
    notesRoomId: null,
    state: 'submitted',
    hasTerms: input.terms !== null,
    expiresAt: null,
    disputedAt: null,
    submitted: SUBMITTED,
    submittedAt: at,
    changedAt: at,
  })
  await em.flush()
  await countMove(em, campaignId, null, 'submitted')
  const joining = await join(em, room, person.id, 'creator')
  const said = { ...by, actor: opened.keyOf(person.id), streamId: opened.room.id }
  const entries: Entry[] = [opened.created, { ...said, ...submitted(application, campaign.questions, input) }]
  if (input.terms) entries.push({ ...said, ...proposed({ offer: 1, by: 'creator', basedOn: null, validUntil: null, terms: input.terms }) })
  await append(em, ctx, by, entries, [...opened.joining, joining])
  return { applicationId: application.id, version: application.version, state: application.state, roomId: application.roomId }
}

/** Answers go with the questions as they were asked, in the campaign's order. */
function submitted({ id: applicationId, campaignId }: Application, questions: readonly Question[], { cover, answers }: SubmitApplication) {
  const given = new Map(answers.map(({ key, text }) => [key, text]))
  const answered = questions.flatMap(({ key, text: question }) => {
    const text = given.get(key)
    return text === undefined ? [] : [{ key, text, question }]
  })
  return { type: 'application.submitted', deal: { applicationId, campaignId }, personal: { cover, answers: answered } } as const
}

const platformsOf = ({ terms }: SubmitApplication) => terms?.deliverables.map(({ platform }) => platform) ?? []

type Words = Part<'application.submitted', 'personal'>
/** A repeat is known by its words in the log, since nothing else may keep them. Those that are erased are compared with nothing. */
async function assertSameWords(ctx: Ctx, applicationId: ApplicationId, input: SubmitApplication): Promise<void> {
  const said = await applicationOf(ctx.db.pool, applicationId)
  if (!said?.answers || said.cover === null) return
  const isSame = (answers: Words['answers']) =>
    answers.length === input.answers.length &&
    input.answers.every(({ key, text }) => answers.some((answer) => answer.key === key && answer.text === text))
  if (said.cover !== input.cover || !isSame(said.answers))
    throw new ParleyError('command.reused', 'This command id was used for something else')
}
