import type { EntityManager } from '@mikro-orm/postgresql'
import { type ApplicationId, isOpen, isPast, type Offer, openOffer, type UserId } from '../../client-sdk/contract/index.ts'
import { behind, cardOf } from '../../persistence/deals/reminders.ts'
import { firstTold, teamOf } from '../../persistence/readers.ts'
import type { Step } from '../agenda.ts'
import { endApplication } from '../applications/end-due-applications.ts'
import { mailWaiting } from '../applications/mail-waiting.ts'
import type { Ctx } from '../ctx.ts'
import { look, reminderId, type Seen, tellName, tellReminders, withHeld } from '../deals/look.ts'
import { notify } from '../mail/notify.ts'
import { offerExpiring } from '../mail/templates/offer-expiring.ts'
import { offerWaiting } from '../mail/templates/offer-waiting.ts'
import { after, between, DAY, earliest, MINUTE } from '../spans.ts'
import { expireOffer } from './expire-offers.ts'

/** `tell`: whoever is to answer, that there is something to answer. `remind`: them, that its time is nearly over. */
export type OfferStep = Step<'tell' | 'remind' | 'expire'>

/** So long whoever is to answer has to see it for themselves, in ms. */
const UNTOLD = 2 * MINUTE
/** So long before its end they are reminded, in ms; halfway to it where its life is shorter than `SHORT`, and never where that is shorter than `SHORTEST`. */
const REMINDING = DAY
const SHORT = 2 * DAY
const SHORTEST = 10 * MINUTE

/** What is next for a version of the terms; null once it is answered, or nothing is to be done about it any more. */
export async function nextOfOffer(ctx: Ctx, applicationId: ApplicationId, offer: number): Promise<OfferStep | null> {
  const seen = await look(ctx, applicationId)
  return seen ? earliest(agendaOf(seen, offer)) : null
}

/** Does it, if it is still to be done. */
export async function stepOffer(ctx: Ctx, applicationId: ApplicationId, offer: number, { what }: OfferStep): Promise<void> {
  if (what === 'expire') return end(ctx, applicationId, offer)
  await withHeld(ctx, applicationId, async (em, seen) => {
    const open = openOffer(seen.deal)
    if (!open || !agendaOf(seen, offer).some((step) => step.what === what && step.at <= seen.now)) return
    await (what === 'tell' ? tellOther(em, ctx, seen, open) : remindOther(em, ctx, seen, open))
  })
}

/** All that is to be done about it, as far as can be said now. */
export function agendaOf(seen: Seen, offer: number): OfferStep[] {
  const open = openOffer(seen.deal)
  if (open?.offer !== offer) return []
  const until = endOf(seen, open)
  const end: OfferStep[] = until === null ? [] : [{ at: until, what: 'expire' }]
  if (until !== null && until <= seen.now) return end
  const { applicationId } = seen.place
  const tellAt = after(open.at, UNTOLD)
  const isToTell = (until === null || tellAt < until) && !seen.told.has(tellName('offer', applicationId, offer))
  const remindAt = until === null || seen.reminded.has(reminderId(applicationId, 'expiring', offer)) ? null : remindingAt(open.at, until)
  return [
    ...(isToTell ? [{ at: tellAt, what: 'tell' as const }] : []),
    ...(remindAt === null ? [] : [{ at: remindAt, what: 'remind' as const }]),
    ...end,
  ]
}

/** When it ends by itself: at its own moment, or with an application on which nobody has decided by then. Null: never. */
function endOf({ deal, campaign }: Seen, { validUntil }: Offer): string | null {
  const decideBy = (isOpen(deal.state) && campaign.decideBy?.toISOString()) || null
  return [validUntil, decideBy].filter((moment) => moment !== null).sort()[0] ?? null
}

function remindingAt(since: string, until: string): string | null {
  const life = between(since, until)
  if (life < SHORTEST) return null
  return after(until, -(life < SHORT ? life / 2 : REMINDING))
}

async function end(ctx: Ctx, applicationId: ApplicationId, offer: number): Promise<void> {
  const seen = await look(ctx, applicationId)
  const open = seen && openOffer(seen.deal)
  if (!open || open.offer !== offer) return
  const { validUntil } = open
  if (validUntil !== null && isPast(open, seen.now)) await expireOffer(ctx, { ...seen.place, expiresAt: validUntil })
  else await endApplication(ctx, applicationId, 'deadline')
}

/** What came with an application is told of with the others that wait: a campaign may have thousands. */
const isOpening = ({ deal: { state } }: Seen): boolean => state === 'submitted' || state === 'shortlisted'

/** Who is to answer, and what they are told of it. */
async function noticeOf(em: EntityManager, seen: Seen, { by, offer }: Offer) {
  const { applicationId, brandId, roomId } = seen.place
  const { title: campaign, brand, creator } = await cardOf(em, applicationId)
  const to: UserId[] = by === 'brand' ? [creator.userId] : await teamOf(em, brandId, ['owner', 'manager'])
  return { to, data: { campaign, by: by === 'brand' ? brand.name : creator.name, offer, roomId } }
}

/** But for those who have read it by now. Nobody is told of it any more after that. */
async function tellOther(em: EntityManager, ctx: Ctx, seen: Seen, open: Offer): Promise<void> {
  const { applicationId, roomId } = seen.place
  await firstTold(em, [tellName('offer', applicationId, open.offer)])
  if (isOpening(seen)) return mailWaiting(em, ctx, seen)
  const { to, data } = await noticeOf(em, seen, open)
  const said = { ...data, amends: open.basedOn !== null, until: endOf(seen, open) }
  await notify(em, ctx, { to: await behind(em, { roomId, seq: open.seq }, to), template: offerWaiting, data: said })
}

async function remindOther(em: EntityManager, ctx: Ctx, seen: Seen, open: Offer): Promise<void> {
  const { offer, by } = open
  if (isOpening(seen)) await mailWaiting(em, ctx, seen)
  else {
    const { to, data } = await noticeOf(em, seen, open)
    await notify(em, ctx, { to, template: offerExpiring, data: { ...data, until: endOf(seen, open)! } })
  }
  const commandId = reminderId(seen.place.applicationId, 'expiring', offer)
  const deal = { offer, kind: 'expiring', to: by === 'brand' ? 'creator' : 'brand' } as const
  await tellReminders(em, ctx, seen, [{ type: 'offer.reminded', deal, commandId }])
}
