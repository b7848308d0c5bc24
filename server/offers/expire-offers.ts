import { SYSTEM } from '../../client-sdk/contract/index.ts'
import { type DueOffer, dealIn, dueOffers } from '../../persistence/deals.ts'
import { databaseNow } from '../../persistence/market.ts'
import { hold } from '../applications/change.ts'
import type { Ctx } from '../ctx.ts'
import { expiryIn } from '../deals/change-deal.ts'
import { tell } from '../deals/tell.ts'
import { platformId } from '../once.ts'
import { each, movedOf } from '../sweep/each.ts'

/** How many are looked at in one call, so that who stops the sweep waits for no more. */
const AT_ONCE = 100

/** Says of offers whose time is over that they are. Says of how many. Any number of processes may: what one has in hand, the others leave alone. */
export async function expireOffers(ctx: Ctx): Promise<number> {
  const due = await dueOffers(ctx.db.pool, AT_ONCE)
  return movedOf(await each(due, (one) => expireOffer(ctx, one, false)), 'offers could not be expired')
}

/** True if this call did it: by now the offer may have been answered, or another be open. Not waiting, it leaves alone what somebody has in hand. */
export const expireOffer = (ctx: Ctx, due: DueOffer, wait = true): Promise<boolean> =>
  ctx.em.fork().transactional(async (em) => {
    const held = await hold(em, due, wait)
    const before = held && (await dealIn(em, due.roomId))
    if (!before) return false
    const now = (await databaseNow(em)).toISOString()
    const facts = expiryIn(before, now)
    if (facts.length === 0) return false
    const commandId = platformId(due.applicationId, Date.parse(due.expiresAt)) // no other offer of it ran out at that moment
    const by = { ...due, as: 'system', actorKey: SYSTEM, accessVersion: null } as const
    await tell(em, ctx, held.application, { by, ids: { own: commandId, system: commandId }, before, facts, now })
    return true
  })
