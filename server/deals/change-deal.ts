import { LockMode } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import {
  type Actor,
  type ActorKey,
  type ApplicationId,
  type ApplicationMove,
  type BrandId,
  type CampaignId,
  type CommandId,
  type CommandName,
  type Deal,
  type DealPlace,
  type Envelope,
  type EventName,
  isAllApproved,
  isFinal,
  isOpen,
  isPast,
  type MarketRule,
  nextApplication,
  openOffer,
  ParleyError,
  type Refusal,
  type RoomId,
  reduceDeal,
  type StreamId,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import { countMove, saveDeadlines } from '../../persistence/applications/changes.ts'
import { saidWith } from '../../persistence/applications/details.ts'
import { dealIn } from '../../persistence/deals.ts'
import { Application } from '../../persistence/entities/applications.ts'
import { Campaign } from '../../persistence/entities/campaigns.ts'
import { type Entry, notFound } from '../../persistence/event-log.ts'
import { databaseNow } from '../../persistence/market.ts'
import type { Ctx } from '../ctx.ts'
import { asParty, insisting } from '../market/authorise.ts'
import { once, ownId } from '../once.ts'

/** Something that is to be told, in the application's room, by whoever acts; or by the platform. */
export type Fact = { [E in EventName]: Pick<Extract<Entry, { type: E }>, 'type' | 'deal' | 'personal'> & { bySystem?: true } }[EventName]
/** Who acts on which deal. `actorKey`: in the application's room. */
export type Acting = {
  as: Actor
  brandId: BrandId
  campaignId: CampaignId
  applicationId: ApplicationId
  roomId: RoomId
  actorKey: ActorKey
  accessVersion: number | null
}
/** A deal that is held, with the moment at which it is decided: PostgreSQL's, ISO 8601. */
export type Held = Acting & { em: EntityManager; deal: Deal; now: string }
type Order = { commandId: CommandId; applicationId: ApplicationId }
/** What comes of an order: the facts that are told, the last of which answers it, and what else the answer says. */
type Decide<A extends object> = (held: Held) => Decision<A> | Promise<Decision<A>>
export type Decision<A extends object = object> = { facts: readonly Fact[]; answer: A }
/** A command's name, the right that it takes, and what it says: `personal` is what may have to be erased, and is kept in the log alone. */
type Command<I extends Order> = { name: CommandName; rule: MarketRule; input: I; personal?: { type: EventName; words: object } }

/**
 * Does something to a deal, by one of its people: under the application's lock, `decide` says from how it stands which facts there
 * are, or throws; what follows from them, for the application too, is told in the same commit.
 */
export const changeDeal = <I extends Order, A extends object>(
  ctx: Ctx,
  { name, rule, input, personal }: Command<I>,
  decide: Decide<A>,
): Promise<DealPlace & A> =>
  insisting(async () => {
    const { role, ...standing } = await asParty(ctx, rule, input.applicationId)
    return changeDealAs(ctx, { ...standing, as: role }, { name, input, ...(personal && { personal }) }, decide)
  })

/** The same by somebody whose right to it is known already. */
export async function changeDealAs<I extends Order, A extends object>(
  ctx: Ctx,
  acting: Acting,
  { name, input, personal }: Omit<Command<I>, 'rule'>,
  decide: Decide<A>,
): Promise<DealPlace & A> {
  const kept = { ...input, ...(personal && Object.fromEntries(Object.keys(personal.words).map((field) => [field, null]))) }
  let isNew = false
  // A fork: of several orders in one request none sees what another has read.
  const place = await ctx.em.fork().transactional(async (em) => {
    const { campaign, application } = await hold(em, acting)
    const answer = await once(em, ctx, name, kept, async () => {
      isNew = true
      const at = await databaseNow(em)
      if (isOpen(application.state)) assertDecidable(campaign, at)
      const deal = await dealIn(em, acting.roomId)
      if (!deal) throw notFound('application')
      const now = at.toISOString()
      const { facts, answer } = await decide({ ...acting, em, deal, now })
      const all = [...expiry(deal, now), ...facts]
      return {
        ...(await write(em, ctx, { acting, application, commandId: input.commandId, before: deal, facts: all, now })),
        ...answer,
      } as Json
    })
    return answer as unknown as DealPlace & A
  })
  if (!isNew && personal) await assertSameWords(ctx, acting, input.commandId, personal)
  return place
}

/** Nothing of a deal happens meanwhile; and nothing of its campaign. */
async function hold(em: EntityManager, { brandId, campaignId, applicationId }: Acting) {
  const campaign = await em.findOne(Campaign, { brandId, id: campaignId }, { lockMode: LockMode.PESSIMISTIC_READ })
  const application =
    campaign && (await em.findOne(Application, { brandId, id: applicationId, campaignId }, { lockMode: LockMode.PESSIMISTIC_WRITE }))
  if (!application) throw notFound('application')
  return { campaign, application }
}

/** The same as for every other move of an application that is open. */
function assertDecidable({ state, decideBy }: Campaign, now: Date): void {
  if (state === 'cancelled') throw new ParleyError('application.illegalMove', 'The campaign was cancelled')
  if (decideBy && decideBy <= now) throw new ParleyError('deadline.passed', 'The time to decide is over')
}

/** What ran out, though nobody has said so yet. */
function expiry(deal: Deal, now: string): Fact[] {
  const open = openOffer(deal)
  return open && isPast(open, now) ? [{ type: 'offer.expired', deal: { offer: open.offer }, personal: null, bySystem: true }] : []
}

/** What these facts do to the application itself. */
function movesFrom(before: Deal, after: Deal, facts: readonly Fact[], as: Actor): { move: ApplicationMove; as: Actor }[] {
  const has = (type: EventName) => facts.some((fact) => fact.type === type)
  if (has('application.statusChanged')) return []
  if (has('offer.accepted') && isOpen(before.state)) return [{ move: 'accept', as }]
  if (has('offer.proposed') && (before.state === 'submitted' || before.state === 'shortlisted')) return [{ move: 'firstOffer', as }]
  const isSubmission = facts.some((fact) => fact.type === 'deliverable.statusChanged' && fact.deal.move === 'submit')
  if (isSubmission && before.state.startsWith('agreed')) return [{ move: 'firstDelivery', as }]
  if (before.state.startsWith('delivering') && isAllApproved(after)) return [{ move: 'allApproved', as: 'system' }]
  return []
}

type Writing = { acting: Acting; application: Application; commandId: CommandId; before: Deal; facts: readonly Fact[]; now: string }
/** Tells the facts and what follows from them, and leaves the application's row as they say. The last of the facts is the answer's. */
async function write(em: EntityManager, ctx: Ctx, { acting, application, commandId, before, facts, now }: Writing): Promise<DealPlace> {
  const { roomId, actorKey: actor, accessVersion, applicationId, as } = acting
  const shown = (deal: Deal, fact: Fact, i: number): Deal => reduceDeal(deal, asEnvelope(deal, fact, acting, i, now)) as Deal
  const after = facts.reduce(shown, before)
  const all: Fact[] = [...facts]
  for (const move of movesFrom(before, after, facts, as)) {
    const to = nextApplication(before.state, move.move, move.as)
    if (!to) throw new ParleyError('application.illegalMove', `${move.move} is not possible from ${before.state}`)
    const deal = { move: move.move, from: before.state, to, version: application.version + 1 }
    all.push({ type: 'application.statusChanged', deal, personal: { reason: null }, ...(move.as === 'system' && { bySystem: true }) })
  }
  const end = all.slice(facts.length).reduce(shown, after)
  const own = { streamId: roomId as StreamId, actor, commandId, accessVersion }
  const system = { streamId: roomId as StreamId, actor: SYSTEM, commandId: ownId(ctx, commandId), accessVersion: null }
  const entries = all.map(({ bySystem, ...fact }) => ({ ...(bySystem || actor === SYSTEM ? system : own), ...fact }) as Entry)
  if (end.state !== before.state) await countMove(em, acting.campaignId, before.state, end.state)
  const checked = accessVersion === null ? [] : [{ streamId: roomId as StreamId, accessVersion }]
  const appended = await ctx.log.append(em, entries, [], checked)
  const moved = appended[all.findLastIndex(({ type }) => type === 'application.statusChanged')]
  await save(em, ctx, application, end, moved?.seq, now)
  const main = appended[facts.length - 1]!
  return { applicationId, roomId, seq: main.seq, state: end.state, version: end.version }
}

/** The application's row, once: what counts its moves, and what sweeps look for. */
async function save(
  em: EntityManager,
  ctx: Ctx,
  application: Application,
  end: Deal,
  moved: number | undefined,
  now: string,
): Promise<void> {
  const validUntil = openOffer(end)?.validUntil ?? null
  const isDisputed = [...end.deliverables, ...end.milestones].some(({ state }) => state === 'disputed') && !isFinalForAll(end)
  const deadlines = {
    expiresAt: validUntil === null ? null : new Date(validUntil),
    disputedAt: isDisputed ? (application.disputedAt ?? new Date(now)) : null,
  }
  if (moved !== undefined) {
    em.assign(application, { state: end.state, changedAt: ctx.now(), moved, ...deadlines })
    await em.flush() // once: to write a row twice locks what it refers to
  } else if (
    application.expiresAt?.getTime() !== deadlines.expiresAt?.getTime() ||
    application.disputedAt?.getTime() !== deadlines.disputedAt?.getTime()
  ) {
    await saveDeadlines(em, application.id, deadlines)
  }
}

/** Payments may be disputed still when the work is done. */
const isFinalForAll = ({ state, milestones }: Deal): boolean => isFinal(state) && milestones.every((one) => one.state !== 'disputed')

/** As the log will tell it, but for what it alone can know. */
const asEnvelope = (deal: Deal, { type, deal: its, personal, bySystem }: Fact, { roomId, actorKey }: Acting, i: number, at: string) =>
  ({
    roomId,
    seq: deal.asOf + 1 + i,
    type,
    version: 1,
    actor: bySystem ? SYSTEM : actorKey,
    at,
    data: { deal: its, personal },
  }) as unknown as Envelope

/** A repeat is known by its words in the log, since nothing else may keep them. Those that are erased are compared with nothing. */
async function assertSameWords(
  ctx: Ctx,
  { roomId, actorKey: actor }: Acting,
  commandId: CommandId,
  { type, words }: { type: EventName; words: object },
): Promise<void> {
  const by = actor === SYSTEM ? ownId(ctx, commandId) : commandId
  const said = await saidWith(ctx.db.pool, { streamId: roomId, actor, commandId: by, type })
  if (said && canonical(said as Json) !== canonical(words as Json))
    throw new ParleyError('command.reused', 'This command id was used for something else')
}

/** Throws what the rules say. */
export function assertAllowed(refusal: Refusal | null): void {
  if (refusal) throw new ParleyError(refusal.code, refusal.why)
}
