import type { EntityManager } from '@mikro-orm/postgresql'
import {
  type Actor,
  type ActorKey,
  type ApplicationId,
  type CampaignId,
  type CommandId,
  type Deal,
  type DealPlace,
  type Envelope,
  type EventName,
  followingMove,
  isFinal,
  isPast,
  nextApplication,
  openOffer,
  ParleyError,
  type RoomId,
  reduceDeal,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import { countMove, saveDeadlines } from '../../persistence/applications/changes.ts'
import type { Application } from '../../persistence/entities/applications.ts'
import type { Entry } from '../../persistence/event-log.ts'
import type { Ctx } from '../ctx.ts'

/** Something that is to be told, in the application's room, by whoever acts; or by the platform. */
export type Fact = { [E in EventName]: Pick<Extract<Entry, { type: E }>, 'type' | 'deal' | 'personal'> & { bySystem?: true } }[EventName]
type Teller = {
  as: Actor
  campaignId: CampaignId
  applicationId: ApplicationId
  roomId: RoomId
  actorKey: ActorKey
  accessVersion: number | null
}
/** `ids`: of the command, in what its giver tells, and in what the platform does. */
type Telling = { by: Teller; ids: Record<'own' | 'system', CommandId>; before: Deal; facts: readonly Fact[]; now: string }

/**
 * Tells at least one fact and what follows from it, and leaves the application's row as they say. The last of the facts is the
 * answer's. The caller holds the application.
 */
export async function tell(
  em: EntityManager,
  ctx: Ctx,
  application: Application,
  { by, ids, before, facts, now }: Telling,
): Promise<DealPlace> {
  const after = shown(before, facts, by, now)
  const moves = movesFrom(before, after, by.as, application)
  const end = shown(after, moves, by, now)
  const all = [...facts, ...moves]
  if (end.state !== before.state) await countMove(em, by.campaignId, before.state, end.state)
  const appended = await ctx.log.append(
    em,
    all.map((fact) => entryOf(fact, by, ids)),
  )
  const accepted = appended[facts.findIndex(({ type }) => type === 'offer.accepted')]
  if (accepted) assertInTime(before, accepted.at)
  const moved = appended[all.findLastIndex(({ type }) => type === 'application.statusChanged')]
  await save(em, ctx, application, end, moved?.seq ?? null, now)
  const { applicationId, roomId } = by
  return { applicationId, roomId, seq: appended[facts.length - 1]!.seq, state: end.state, version: end.version }
}

/** The log may have waited for others: what was open is accepted in time only if it was still good when that was written down. */
function assertInTime(before: Deal, at: string): void {
  const open = openOffer(before)
  if (open && isPast(open, at)) throw new ParleyError('offer.expired', 'Its time is over')
}

/** What these facts do to the application itself: one move, at most. */
function movesFrom(before: Deal, after: Deal, as: Actor, { version }: Application): Fact[] {
  const next = followingMove(before, after, as)
  if (!next) return []
  const { move, by } = next
  const { state: from } = before
  const to = nextApplication(from, move, by)
  if (!to) throw new ParleyError('application.illegalMove', `${move} is not possible from ${from}`)
  const deal = { move, from, to, version: version + 1 } // as the flush raises it
  return [{ type: 'application.statusChanged', deal, personal: { reason: null }, ...(by === 'system' && { bySystem: true }) }]
}

const entryOf = ({ bySystem, ...fact }: Fact, { roomId: streamId, actorKey, accessVersion }: Teller, ids: Telling['ids']): Entry => {
  const isOwn = !bySystem && actorKey !== SYSTEM
  const by = isOwn ? { actor: actorKey, commandId: ids.own, accessVersion } : { actor: SYSTEM, commandId: ids.system, accessVersion: null }
  return { streamId, ...by, ...fact } as Entry
}

/** As the log will show it, but for what it alone can know. */
const shown = (deal: Deal, facts: readonly Fact[], { roomId, actorKey }: Teller, at: string): Deal =>
  facts.reduce((so, { type, deal, personal, bySystem }) => {
    const its = { roomId, seq: so.asOf + 1, version: 1, actor: bySystem ? SYSTEM : actorKey, at, type, data: { deal, personal } }
    return reduceDeal(so, its as unknown as Envelope) ?? so
  }, deal)

/** The application's row, once: what counts its moves, and what sweeps look for. `moved`: the seq of its move, if it did. */
async function save(em: EntityManager, ctx: Ctx, application: Application, end: Deal, moved: number | null, now: string): Promise<void> {
  const validUntil = openOffer(end)?.validUntil
  const expiresAt = validUntil ? new Date(validUntil) : null
  const disputedAt = isDisputed(end) ? (application.disputedAt ?? new Date(now)) : null
  if (moved !== null) {
    em.assign(application, { state: end.state, changedAt: ctx.now(), moved, expiresAt, disputedAt })
    await em.flush() // once: to write a row twice locks what it refers to
  } else if (differ(application.expiresAt, expiresAt) || differ(application.disputedAt, disputedAt)) {
    await saveDeadlines(em, application.id, { expiresAt, disputedAt })
  }
}
const differ = (a: Date | null | undefined, b: Date | null): boolean => a?.getTime() !== b?.getTime()

/** Something waits for an administrator: payments may when the work is over, too. */
const isDisputed = ({ state, deliverables, milestones }: Deal): boolean =>
  milestones.some((one) => one.state === 'disputed') || (!isFinal(state) && deliverables.some((one) => one.state === 'disputed'))
