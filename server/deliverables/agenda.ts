import type { EntityManager } from '@mikro-orm/postgresql'
import type { ApplicationId, Deliverable, UserId } from '../../client-sdk/contract/index.ts'
import { cardOf } from '../../persistence/deals/reminders.ts'
import { teamOf } from '../../persistence/readers.ts'
import type { Step } from '../agenda.ts'
import type { Ctx } from '../ctx.ts'
import { look, reminderId, type Seen, tellReminders, withHeld } from '../deals/look.ts'
import { notify } from '../mail/notify.ts'
import { deliverablesDueSoon, deliverablesEscalated, deliverablesLate, deliverablesMissing } from '../mail/templates/deliverables-due.ts'
import { after, DAY, earliest } from '../spans.ts'

type Kind = 'dueSoon' | 'overdue' | 'escalated'
/** Of the piece of work with this number. With it goes every other that was due on the same day and of which the same is to be said. */
export type WorkStep = Step<Kind> & { deliverable: number; due: string }

/** From the day on which it is due, in ms. */
const DUE_SOON = -3 * DAY
const OVERDUE = DAY
const ESCALATED = 4 * DAY
/** At this time of the day, in UTC. */
const MORNING = 'T09:00:00.000Z'

/** What is next for the work of a deal; null where nothing of it can be reminded of. */
export async function nextOfWork(ctx: Ctx, applicationId: ApplicationId): Promise<WorkStep | null> {
  const seen = await look(ctx, applicationId)
  return seen ? earliest(agendaOf(seen)) : null
}

/** Does it, if it is still to be done. */
export const stepWork = (ctx: Ctx, applicationId: ApplicationId, { what, due }: WorkStep): Promise<void> =>
  withHeld(ctx, applicationId, async (em, seen) => {
    const its = agendaOf(seen).filter((step) => step.what === what && step.due === due && step.at <= seen.now)
    if (its.length > 0) await remind(em, ctx, seen, { kind: what, due, pieces: its.map(({ deliverable }) => deliverable) })
  })

const isWork = (state: string): boolean => /^(agreed|delivering)/.test(state)
/** All that is to be done about it, as far as can be said now. */
export const agendaOf = (seen: Seen): WorkStep[] =>
  isWork(seen.deal.state) ? seen.deal.deliverables.flatMap((piece) => stepsOf(seen, piece)) : []

function stepsOf(seen: Seen, { deliverable, state, due, moved }: Deliverable): WorkStep[] {
  if (due === null || (state !== 'due' && state !== 'revisionRequested')) return []
  const { applicationId } = seen.place
  const late = lateFrom(seen, due, state === 'revisionRequested' ? moved : null)
  const isAhead = seen.now.slice(0, 10) < due
  const steps: WorkStep[] = [
    ...(isAhead ? [{ at: after(due + MORNING, DUE_SOON), what: 'dueSoon' as const, deliverable, due }] : []),
    { at: after(late + MORNING, OVERDUE), what: 'overdue', deliverable, due },
    { at: after(late + MORNING, ESCALATED), what: 'escalated', deliverable, due },
  ]
  return steps.filter(({ what }) => !seen.reminded.has(reminderOf(applicationId, what, deliverable, due)))
}

/** Since when it is late: whoever was asked for a revision after the day has a day from there. */
function lateFrom({ log }: Seen, due: string, asked: number | null): string {
  const day = log.find(({ seq }) => seq === asked)?.at.slice(0, 10)
  return day && day > due ? day : due
}

const reminderOf = (applicationId: ApplicationId, kind: Kind, deliverable: number, due: string) =>
  reminderId(applicationId, kind, deliverable, Date.parse(due))

type Late = { kind: Kind; due: string; pieces: readonly number[] }
/** One mail to each, and an entry in the room for each piece. */
async function remind(em: EntityManager, ctx: Ctx, seen: Seen, { kind, due, pieces }: Late): Promise<void> {
  const { applicationId, brandId, roomId } = seen.place
  const { title: campaign, brand, creator } = await cardOf(em, applicationId)
  const data = { campaign, brand: brand.name, creator: creator.name, pieces: pieces.length, due, roomId }
  const write = (to: UserId[], template: typeof deliverablesDueSoon) => notify(em, ctx, { to, template, data })
  if (kind === 'dueSoon') await write([creator.userId], deliverablesDueSoon)
  if (kind === 'overdue') {
    await write([creator.userId], deliverablesLate)
    await write(await teamOf(em, brandId, ['owner', 'manager']), deliverablesMissing)
  }
  if (kind === 'escalated') await write(await teamOf(em, brandId, ['owner']), deliverablesEscalated)
  const to = kind === 'escalated' ? 'brand' : 'creator'
  await tellReminders(
    em,
    ctx,
    seen,
    pieces.map((deliverable) => ({
      type: 'deliverable.reminded',
      deal: { deliverable, kind, due, to },
      commandId: reminderOf(applicationId, kind, deliverable, due),
    })),
  )
}
