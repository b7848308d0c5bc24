import { eventId } from '../../client-sdk/contract/chain.ts'
import {
  type ApplicationId,
  type ApplicationPlace,
  type BrandId,
  type CampaignPlace,
  type CommandId,
  newId,
  type RoomId,
  SYSTEM,
  type UserId,
} from '../../client-sdk/contract/index.ts'
import { digest } from '../../persistence/digest.ts'
import { moveApplication } from '../applications/move-application.ts'
import { openNotes } from '../applications/open-notes.ts'
import { submitApplication } from '../applications/submit-application.ts'
import { acceptInvitation } from '../brands/accept-invitation.ts'
import { createBrand } from '../brands/create-brand.ts'
import { inviteToBrand } from '../brands/invite.ts'
import { createCampaign } from '../campaigns/create-campaign.ts'
import { inviteCreator } from '../campaigns/guests.ts'
import { moveCampaign } from '../campaigns/move-campaign.ts'
import { sendMessage } from '../chat/send-message.ts'
import { type Ctx, context, type House, systemContext } from '../ctx.ts'
import { createPerson } from '../people/create-person.ts'
import { putProfile } from '../profiles/put-profile.ts'
import { brands, type DemoApplication, type DemoBrand, type DemoCampaign, invited } from './demo/market.ts'
import { DEMO_PASSWORD, people, type Who } from './demo/people.ts'
import { profiles } from './demo/profiles.ts'
import { playDeal, type Stage } from './play-deal.ts'

/** Any id: the seed's commands have theirs from it, the same at every start. */
const SEED = '7e1f64a2-93c5-4b0d-8d6a-5f2b8c0e9a11' as CommandId
const DAY = 86_400_000

/**
 * Puts the demo people and their market into an empty database, by the same use cases as everybody else. One that was killed
 * halfway is finished by the next, since it sends the same commands again. The admin comes last: who is there, all is there.
 */
export async function seed(house: House): Promise<void> {
  if (await createdAt(house, 'admin')) return
  const { admin, ...others } = people
  const steps = stepsOf(SEED)
  const ids = new Map<Who, UserId>()
  for (const who of Object.keys(others) as Who[]) ids.set(who, await settle(house, steps, who))
  const as = (who: Who) => actAs(house, ids.get(who)!, who)
  const stage: Stage = { house, as, step: steps, begun: (await createdAt(house, 'nora'))! }

  for (const [who, fields] of Object.entries(profiles)) await putProfile(as(who as Who), { ...steps(), version: 0, ...fields })
  const ended: (() => Promise<void>)[] = []
  for (const brand of brands) {
    const brandId = await found(stage, brand)
    for (const campaign of brand.campaigns) {
      if (campaign.state !== 'completed') await run(stage, brand, brandId, campaign)
      // Its dates are of this minute, so that the sweep completes it: another try is another campaign.
      else ended.push(() => run({ ...stage, step: stepsOf(newId<CommandId>()), begun: house.now() }, brand, brandId, campaign))
    }
  }
  for (const end of ended) await end()
  await settle(house, steps, 'admin')
}

function stepsOf(from: CommandId) {
  let steps = 0
  return () => ({ commandId: eventId(digest, from, SYSTEM, steps++) as string as CommandId })
}

async function createdAt({ db }: House, who: Who): Promise<Date | undefined> {
  const { rows } = await db.pool.query<{ at: Date | string }>('select created_at as at from person where email = $1', [people[who].email])
  return rows[0] && new Date(rows[0].at) // MikroORM's own parsers leave it a text
}

async function settle(house: House, step: Stage['step'], who: Who): Promise<UserId> {
  const { email, name, role } = people[who]
  return (await createPerson(systemContext(house), { ...step(), email, name, role, password: DEMO_PASSWORD })).userId
}

const actAs = (house: House, userId: UserId, who: Who): Ctx =>
  context(house, { userId, sessionId: newId(), role: people[who].role, endsAt: new Date(house.now().getTime() + 60_000) })

/** A brand and its team, who come by the code that was mailed to them. */
async function found({ house, as, step }: Stage, { fields, owner, team }: DemoBrand): Promise<BrandId> {
  const { brandId } = await createBrand(as(owner), { ...step(), ...fields })
  for (const [who, role] of Object.entries(team) as [Who, NonNullable<DemoBrand['team'][Who]>][]) {
    const { email } = people[who]
    await inviteToBrand(as(owner), { ...step(), brandId, email, role })
    const { rows } = await house.db.pool.query<{ code: string }>(
      `select substring(body from '(?n)^[A-Za-z0-9_-]{43}$') as code from mail where recipient = $1 order by created_at desc limit 1`,
      [email],
    )
    await acceptInvitation(as(who), { ...step(), code: rows[0]!.code })
  }
  return brandId
}

async function run(stage: Stage, { owner }: DemoBrand, brandId: BrandId, campaign: DemoCampaign): Promise<void> {
  const { as, step, begun } = stage
  const { fields, applyIn, decideIn, state } = campaign
  const after = (days: number) => new Date(begun.getTime() + days * DAY).toISOString()
  const dates = { applyBy: after(applyIn), decideBy: after(decideIn) }
  let place = await createCampaign(as(owner), { ...step(), brandId, ...dates, ...fields })
  const { campaignId } = place
  const move = async (move: 'publish' | 'pause' | 'close' | 'cancel', reason?: string) => {
    place = await moveCampaign(as(owner), { ...step(), campaignId, version: place.version, move, reason })
  }
  if (state === 'draft') return
  await move('publish')
  const guests = fields.visibility === 'invited' ? invited : []
  for (const who of guests) await inviteCreator(as(owner), { ...step(), campaignId, email: people[who].email })
  for (const application of campaign.applications ?? []) await negotiate(stage, owner, place, application)
  const { roomId } = await roomOf(stage.house, campaignId)
  for (const [who, text] of campaign.news ?? []) await sendMessage(as(who), { ...step(), roomId, text })
  if (state === 'paused') await move('pause')
  if (state === 'closed') await move('close')
  if (state === 'cancelled') await move('cancel', 'The boat was sold.')
}

async function roomOf({ db }: House, campaignId: CampaignPlace['campaignId']): Promise<{ roomId: RoomId }> {
  const { rows } = await db.pool.query<{ roomId: RoomId }>('select room_id as "roomId" from campaign where id = $1', [campaignId])
  return rows[0]!
}

async function negotiate(stage: Stage, owner: Who, { campaignId }: CampaignPlace, application: DemoApplication): Promise<void> {
  const { as, step } = stage
  const { creator, cover, answers = [], terms = null, lines, notes, outcome, deal } = application
  const place: ApplicationPlace = await submitApplication(as(creator), {
    ...step(),
    campaignId,
    cover,
    answers,
    terms,
  })
  const { applicationId, roomId, version } = place
  for (const [who, text] of lines) await sendMessage(as(who), { ...step(), roomId, text })
  if (notes) await takeNotes({ as, step }, owner, applicationId, notes)
  if (outcome) await moveApplication(as(outcome.by), { ...step(), applicationId, version, move: outcome.move, reason: outcome.reason })
  if (deal) await playDeal(stage, place, deal)
}

async function takeNotes(
  { as, step }: Pick<Stage, 'as' | 'step'>,
  owner: Who,
  applicationId: ApplicationId,
  notes: DemoApplication['notes'] & {},
) {
  const { roomId } = await openNotes(as(owner), { ...step(), applicationId })
  for (const [who, text] of notes) await sendMessage(as(who), { ...step(), roomId, text })
}
