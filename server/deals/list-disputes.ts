import { type Dispute, type Page, type PageOf, waitingIn } from '../../client-sdk/contract/index.ts'
import { disputesAfter } from '../../persistence/deals/disputes.ts'
import { dealOf } from '../../persistence/deals.ts'
import { placeAfter } from '../applications/cursor.ts'
import { type Ctx, demand } from '../ctx.ts'
import { cursorFrom } from '../cursor.ts'

/** Deals that wait for an administrator, the longest waiting first, with what of each does. */
export async function listDisputes(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<Dispute>> {
  demand(ctx, 'administer')
  const found = await disputesAfter(ctx.db.pool, placeAfter(cursor, NAME), limit + 1)
  const shown = found.slice(0, limit)
  const items: Dispute[] = []
  for (const { place: _, ...dispute } of shown) {
    const deal = await dealOf(ctx.db.pool, dispute.roomId) // one after the other: a deal may be megabytes
    const waits = deal ? waitingIn(deal) : []
    if (waits.length > 0) items.push({ ...dispute, waits }) // what was settled meanwhile is left out
  }
  const last = shown.at(-1)
  return { items, cursor: last && found.length > limit ? cursorFrom([NAME, last.place.at, last.place.id]) : null }
}

const NAME = 'disputes'
