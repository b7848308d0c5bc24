import type { EntityManager } from '@mikro-orm/postgresql'
import { type ApplicationId, type ApplicationMove, type Envelope, isOpen, openOffer, SYSTEM } from '../../client-sdk/contract/index.ts'
import { behind, cardOf } from '../../persistence/deals/reminders.ts'
import { firstTold } from '../../persistence/readers.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'
import { look, reminderId, type Seen, tellName, tellReminders, withHeld } from '../deals/look.ts'
import { notify } from '../mail/notify.ts'
import { applicationOutcome } from '../mail/templates/application-outcome.ts'
import { after, between, DAY, earliest, HOUR, MINUTE } from '../spans.ts'
import { endApplication } from './end-due-applications.ts'
import { mailWaiting } from './mail-waiting.ts'

/** `expire`, `decline`: by the campaign's deadline, and as it was cancelled. `tell`: the creator, of what has become of it. */
export type ApplicationStep = Step<'waiting' | 'closing' | 'tell' | 'expire' | 'decline'>

/** After so long without a decision the brand is reminded, in ms. */
const WAITING = 3 * DAY
/** The same before the deadline; halfway to it where the time is shorter than `SHORT`, and never where it is shorter than `SHORTEST`. */
const CLOSING = 2 * DAY
const SHORT = 4 * DAY
const SHORTEST = HOUR
/** So long a creator has to see for themselves what has become of their application, in ms. */
const UNTOLD = 2 * MINUTE

/** What is next for an application; null where that is nothing. */
export async function nextOfApplication(ctx: Ctx, applicationId: ApplicationId): Promise<ApplicationStep | null> {
  const seen = await look(ctx, applicationId)
  return seen ? earliest(agendaOf(seen)) : null
}

/** Does it, if it is still to be done. */
export async function stepApplication(ctx: Ctx, applicationId: ApplicationId, { what }: ApplicationStep): Promise<void> {
  if (what === 'expire' || what === 'decline') {
    await endApplication(ctx, applicationId, what === 'expire' ? 'deadline' : 'cancelled')
    return
  }
  await withHeld(ctx, applicationId, async (em, seen) => {
    if (!agendaOf(seen).some((step) => step.what === what && step.at <= seen.now)) return
    await (what === 'tell' ? tellCreator(em, ctx, seen) : remindBrand(em, ctx, seen, what))
  })
}

/** All that is to be done about it, as far as can be said now. */
export const agendaOf = (seen: Seen): ApplicationStep[] => [...toTell(seen), ...(isOpen(seen.deal.state) ? toDecide(seen) : [])]

function toDecide(seen: Seen): ApplicationStep[] {
  const { campaign, deal, reminded, place, now } = seen
  const since = changed(seen)
  if (campaign.state === 'cancelled') return [{ at: since.at, what: 'decline' }]
  const decideBy = campaign.decideBy?.toISOString() ?? NEVER
  const end: ApplicationStep[] = decideBy === NEVER ? [] : [{ at: decideBy, what: 'expire' }]
  if (decideBy <= now || openOffer(deal)) return end // what was offered waits for its own answer
  const waiting: ApplicationStep = { at: after(since.at, WAITING), what: 'waiting' }
  const isWaiting = waiting.at < decideBy && !reminded.has(reminderId(place.applicationId, 'waiting', since.seq))
  const closing = decideBy === NEVER || reminded.has(closingId(seen)) ? null : closingAt(since.at, decideBy)
  return [...(isWaiting ? [waiting] : []), ...(closing === null ? [] : [{ at: closing, what: 'closing' as const }]), ...end]
}
/** Later than every moment. */
const NEVER = '~'

function closingAt(since: string, decideBy: string): string | null {
  const time = between(since, decideBy)
  if (time < SHORTEST) return null
  return after(decideBy, -(time < SHORT ? time / 2 : CLOSING))
}
const closingId = ({ place, campaign }: Seen) => reminderId(place.applicationId, 'closing', campaign.decideBy?.getTime() ?? 0)

const CHANGES: readonly Envelope['type'][] = [
  'application.submitted',
  'application.statusChanged',
  'offer.proposed',
  'offer.declined',
  'offer.withdrawn',
  'offer.expired',
]
/** What changed it last: what was only said of it counts for nothing. */
const changed = ({ log }: Seen): Envelope => log.findLast(({ type }) => CHANGES.includes(type))!

const outcomes = {
  shortlist: 'shortlisted',
  decline: 'declined',
  expire: 'expired',
  accept: 'agreed',
  'cancel.confirm': 'cancelled',
} as const satisfies Partial<Record<ApplicationMove, string>>
type Outcome = (typeof outcomes)[keyof typeof outcomes]
type Told = { outcome: Outcome; version: number; event: Envelope }

/** What the creator is to be told: how it stands, unless they brought that about themselves. That somebody asks to cancel it leaves it as it is. */
function lastOutcome({ log }: Seen): Told | null {
  const event = log.findLast((one) => one.type === 'application.statusChanged' && !/request|revoke/.test(one.data.deal.move))
  if (event?.type !== 'application.statusChanged' || event.actor === log[0]?.actor) return null
  const { move, version } = event.data.deal
  if (move === 'decline' && event.actor === SYSTEM) return null // as the campaign was cancelled: its own run tells them
  return move in outcomes ? { outcome: outcomes[move as keyof typeof outcomes], version, event } : null
}

function toTell(seen: Seen): ApplicationStep[] {
  const last = lastOutcome(seen)
  if (!last || seen.told.has(tellName('application', seen.place.applicationId, last.version))) return []
  return [{ at: after(last.event.at, UNTOLD), what: 'tell' }]
}

/** Unless they have read it themselves by now. It is told no more in either case. */
async function tellCreator(em: EntityManager, ctx: Ctx, seen: Seen): Promise<void> {
  const { applicationId, roomId } = seen.place
  const { outcome, version, event } = lastOutcome(seen)!
  await firstTold(em, [tellName('application', applicationId, version)])
  const { title: campaign, brand, creator } = await cardOf(em, applicationId)
  const to = await behind(em, { roomId, seq: event.seq }, [creator.userId])
  await notify(em, ctx, { to, template: applicationOutcome, data: { campaign, brand: brand.name, outcome, roomId } })
}

async function remindBrand(em: EntityManager, ctx: Ctx, seen: Seen, kind: 'waiting' | 'closing'): Promise<void> {
  await mailWaiting(em, ctx, seen)
  const commandId = kind === 'waiting' ? reminderId(seen.place.applicationId, kind, changed(seen).seq) : closingId(seen)
  await tellReminders(em, ctx, seen, [{ type: 'application.reminded', deal: { kind, to: 'brand' }, commandId }])
}
