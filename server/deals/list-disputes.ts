import { z } from 'zod'
import { ApplicationId, type Dispute, type Page, type PageOf, ParleyError, waitingIn } from '../../client-sdk/contract/index.ts'
import { type DisputePlace, disputesAfter } from '../../persistence/deals/disputes.ts'
import { dealsOf } from '../../persistence/deals.ts'
import { type Ctx, demand } from '../ctx.ts'
import { cursorFrom, partsOf } from '../cursor.ts'

/** Deals that wait for an administrator, the longest waiting first, with what of each does. */
export async function listDisputes(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<Dispute>> {
  demand(ctx, 'administer')
  const found = await disputesAfter(ctx.db.pool, after(cursor), limit + 1)
  const shown = found.slice(0, limit)
  const deals = await dealsOf(
    ctx.db.pool,
    shown.map(({ roomId }) => roomId),
  )
  const items = shown.flatMap(({ place: _, ...dispute }) => {
    const deal = deals.get(dispute.roomId)
    const waits = deal ? waitingIn(deal) : []
    return waits.length > 0 ? [{ ...dispute, waits }] : [] // what was settled between the two reads is left out
  })
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
