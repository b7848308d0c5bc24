import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { type ApplicationId, type CommandId, type Deal, type Envelope, SYSTEM } from '../../client-sdk/contract/index.ts'
import { remindersIn, toldAmong } from '../../persistence/deals/reminders.ts'
import { dealEventsIn, dealFrom, type Place, placeOfDeal } from '../../persistence/deals.ts'
import { Application } from '../../persistence/entities/applications.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import type { Entry } from '../../persistence/event-log.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { platformId } from '../once.ts'

/**
 * A deal as slow work sees it. `log`: its own events, but for erasures. `reminded`: of what somebody was reminded, by `reminderId`; `told`: what was
 * told by mail, by `tellName`. `now`: PostgreSQL's clock, ISO 8601.
 */
export type Seen = {
  place: Place
  campaign: Pick<Campaign, 'state' | 'decideBy'>
  deal: Deal
  log: readonly Envelope[]
  reminded: ReadonlySet<CommandId>
  told: ReadonlySet<string>
  now: string
}

/** Looks at a deal without holding it, to say what is next. Undefined where there is none. */
export async function look(ctx: Ctx, applicationId: ApplicationId): Promise<Seen | undefined> {
  const place = await placeOfDeal(ctx.db.pool, applicationId)
  if (!place) return undefined
  const { brandId, campaignId: id } = place
  return ctx.em.fork().transactional(async (em) => {
    const campaign = await em.findOne(Campaign, { brandId, id })
    return campaign ? seenIn(em, place, campaign) : undefined
  })
}

/**
 * Holds a deal, so that nobody answers or reminds meanwhile, and looks at it: to do what is next. Its campaign is not held: thousands are
 * reminded of at the same moment, and whoever moves the campaign would wait for all of them.
 */
export async function withHeld(
  ctx: Ctx,
  applicationId: ApplicationId,
  act: (em: EntityManager, seen: Seen) => Promise<void>,
): Promise<void> {
  const place = await placeOfDeal(ctx.db.pool, applicationId)
  if (!place) return
  const { brandId, campaignId } = place
  await ctx.em.fork().transactional(async (em) => {
    const isHeld = await em.findOne(Application, { brandId, id: applicationId, campaignId }, { lockMode: LockMode.PESSIMISTIC_WRITE })
    const campaign = isHeld && (await em.findOne(Campaign, { brandId, id: campaignId }))
    const seen = campaign && (await seenIn(em, place, campaign))
    if (seen) await act(em, seen)
  })
}

async function seenIn(em: EntityManager, place: Place, { state, decideBy }: Campaign): Promise<Seen | undefined> {
  const log = await dealEventsIn(em, place.roomId)
  const deal = dealFrom(log)
  if (!deal) return undefined
  const reminded = await remindersIn(em, place.roomId)
  const told = await toldAmong(em, tellNames(deal))
  const now = (await databaseNow(em)).toISOString()
  return { place, campaign: { state, decideBy }, deal, log, reminded, told, now }
}

/** By what name it is told, once, that a version waits for an answer, or what has become of the application at a version of it. */
export const tellName = (what: 'offer' | 'application', applicationId: ApplicationId, version: number): string =>
  `${what}:${applicationId}:${version}`
const tellNames = ({ applicationId, offers, version }: Deal): string[] => [
  ...offers.map(({ offer }) => tellName('offer', applicationId, offer)),
  ...Array.from({ length: version }, (_, i) => tellName('application', applicationId, i + 1)),
]

const reminders = ['waiting', 'closing', 'expiring', 'dueSoon', 'overdue', 'escalated'] as const
export type Reminder = (typeof reminders)[number]
/** The command of a reminder, made of what it is about: the log itself takes no second one. Beside the versions and moments of other commands. */
export const reminderId = (applicationId: ApplicationId, kind: Reminder, ...about: number[]): CommandId =>
  about.reduce<CommandId>(platformId, platformId(applicationId, -1 - reminders.indexOf(kind)))

type ReminderType = 'application.reminded' | 'offer.reminded' | 'deliverable.reminded'
type Reminded = { [E in ReminderType]: Pick<Extract<Entry, { type: E }>, 'type' | 'deal' | 'commandId'> }[ReminderType]
/** Says in the room of what somebody was reminded. It is the last thing of a transaction. */
export async function tellReminders(
  em: EntityManager,
  ctx: Ctx,
  { place: { roomId } }: Seen,
  reminders: readonly Reminded[],
): Promise<void> {
  await ctx.log.append(
    em,
    reminders.map((one) => ({ ...one, streamId: roomId, actor: SYSTEM, accessVersion: null, personal: null })),
  )
}
