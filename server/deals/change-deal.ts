import type { EntityManager } from '@mikro-orm/postgresql'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import {
  type Actor,
  type ActorKey,
  type ApplicationId,
  type BrandId,
  type CampaignId,
  type CommandId,
  type CommandName,
  type Deal,
  type DealPlace,
  type EventName,
  isOpen,
  isPast,
  type MarketRule,
  openOffer,
  ParleyError,
  type Refusal,
  type RoomId,
  SYSTEM,
} from '../../client-sdk/contract/index.ts'
import { saidWith } from '../../persistence/applications/details.ts'
import { dealIn } from '../../persistence/deals.ts'
import type { Campaign } from '../../persistence/entities/campaigns.ts'
import { notFound } from '../../persistence/event-log.ts'
import { databaseNow } from '../../persistence/market.ts'
import { hold } from '../applications/change.ts'
import type { Ctx } from '../ctx.ts'
import { asParty, insisting } from '../market/authorise.ts'
import { once, ownId } from '../once.ts'
import { type Fact, tell } from './tell.ts'

export type { Fact } from './tell.ts'

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
/** What comes of an order: the facts that are told, at least one, the last of which answers it; and what else the answer says. */
type Decide<A extends object> = (held: Held) => Decision<A> | Promise<Decision<A>>
type Decision<A extends object> = { facts: readonly Fact[]; answer: A }
/** Free words, as an event of that type has them: they may have to be erased, and are kept in the log alone. */
type Words = { type: EventName; words: object }
/** A command's name, the right that it takes, and what it says. `personal`: what of it is words. */
type Command<I extends Order> = { name: CommandName; rule: MarketRule; input: I; personal?: Words }

/**
 * Does something to a deal, by one of its people: under the application's lock, `decide` says from how it stands which facts there
 * are, or throws; what follows from them, for the application too, is told in the same commit.
 */
export const changeDeal = <I extends Order, A extends object>(
  ctx: Ctx,
  { rule, ...command }: Command<I>,
  decide: Decide<A>,
): Promise<DealPlace & A> =>
  insisting(async () => {
    const { role, ...standing } = await asParty(ctx, rule, command.input.applicationId)
    return changeDealAs(ctx, { ...standing, as: role }, command, decide)
  })

/** The same by somebody whose right to it is known already. */
export async function changeDealAs<I extends Order, A extends object>(
  ctx: Ctx,
  acting: Acting,
  { name, input, personal }: Omit<Command<I>, 'rule'>,
  decide: Decide<A>,
): Promise<DealPlace & A> {
  const ids = { own: input.commandId, system: ownId(ctx, input.commandId) }
  let isNew = false
  // A fork: of several orders in one request none sees what another has read.
  const place = await ctx.em.fork().transactional(async (em) => {
    const held = await hold(em, acting)
    if (!held) throw notFound('application')
    const { campaign, application } = held
    return once<Json>(em, ctx, name, withoutWords(input, personal), async () => {
      isNew = true
      const at = await databaseNow(em)
      if (isOpen(application.state)) assertDecidable(campaign, at)
      const deal = await dealIn(em, acting.roomId)
      if (!deal) throw notFound('application')
      const now = at.toISOString()
      const { facts, answer } = await decide({ ...acting, em, deal, now })
      const told = await tell(em, ctx, application, { by: acting, ids, before: deal, facts: [...expiryIn(deal, now), ...facts], now })
      return { ...told, ...answer }
    })
  })
  if (!isNew && personal) await assertSameWords(ctx, acting, ids, personal)
  return place as unknown as DealPlace & A
}

/** The same as for every other move of an application that is open. */
function assertDecidable({ state, decideBy }: Campaign, now: Date): void {
  if (state === 'cancelled') throw new ParleyError('application.illegalMove', 'The campaign was cancelled')
  if (decideBy && decideBy <= now) throw new ParleyError('deadline.passed', 'The time to decide is over')
}

/** What ran out, though nobody has said so yet. */
export function expiryIn(deal: Deal, now: string): Fact[] {
  const open = openOffer(deal)
  return open && isPast(open, now) ? [{ type: 'offer.expired', deal: { offer: open.offer }, personal: null, bySystem: true }] : []
}

/** What a repeat is known by is kept: no words that could have to be erased. */
const withoutWords = <I extends Order>(input: I, personal?: Words): I =>
  personal ? { ...input, ...Object.fromEntries(Object.keys(personal.words).map((field) => [field, null])) } : input

/** A repeat is known by its words in the log, since nothing else may keep them. Those that are erased are compared with nothing. */
async function assertSameWords(
  ctx: Ctx,
  { roomId: streamId, actorKey: actor }: Acting,
  { own, system }: Record<'own' | 'system', CommandId>,
  { type, words }: Words,
): Promise<void> {
  const said = await saidWith(ctx.db.pool, { streamId, actor, commandId: actor === SYSTEM ? system : own, type })
  const again = words as Record<string, Json>
  const isSame = (Object.entries(said ?? {}) as [string, Json][]).every(
    ([field, text]) => canonical(text) === canonical(again[field] ?? null),
  )
  if (!isSame) throw new ParleyError('command.reused', 'This command id was used for something else')
}

/** Throws what the rules say. */
export function assertAllowed(refusal: Refusal | null): void {
  if (refusal) throw new ParleyError(refusal.code, refusal.why)
}
