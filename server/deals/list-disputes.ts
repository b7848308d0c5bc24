import { z } from 'zod'
import { ApplicationId, type Dispute, type Page, type PageOf, ParleyError, waitingIn } from '../../client-sdk/contract/index.ts'
import { type DisputePlace, disputesAfter } from '../../persistence/deals/disputes.ts'
import { dealOf } from '../../persistence/deals.ts'
import { type Ctx, demand } from '../ctx.ts'
import { cursorFrom, partsOf } from '../cursor.ts'

/** Deals that wait for an administrator, the longest waiting first, with what of each does. */
export async function listDisputes(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<Dispute>> {
  demand(ctx, 'administer')
  const found = await disputesAfter(ctx.db.pool, after(cursor), limit + 1)
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
const At = z.iso.datetime({ precision: 6 }).refine((at) => !at.startsWith('0000'))
const Cursor = z.tuple([z.literal(NAME), At, ApplicationId])

function after(cursor: string | undefined): DisputePlace | null {
  if (cursor === undefined) return null
  const place = Cursor.safeParse(partsOf(cursor))
  if (!place.success) throw new ParleyError('request.invalid', '`cursor` is none of this list')
  const [, at, id] = place.data
  return { at, id }
}
