import type { BrandFigures, BrandId } from '../../client-sdk/contract/index.ts'
import { dealOf } from '../../persistence/deals.ts'
import { teamOf } from '../../persistence/readers.ts'
import { brandsToCount, FIRST, happenedTo, roomsAtWork, saveBrandWeek, type Week, waitingOf } from '../../persistence/weeks.ts'
import type { Ctx } from '../ctx.ts'
import { notify } from '../mail/notify.ts'
import { weekOfBrand } from '../mail/templates/week-brand.ts'
import { each } from '../sweep/each.ts'
import { type Counting, lastWeek } from './week.ts'

const PAGE = 100

/**
 * Keeps what the last full week was for each brand, and mails it to those who run the brand, where there is anything to say. What is kept
 * already stays, and nobody is told of it again. So many brands at once; each has a commit of its own. One that fails holds up no other: the
 * first fault is thrown at the end, and another try goes on from before it.
 */
export async function countBrandWeek(ctx: Ctx, { now, after, alive }: Counting): Promise<void> {
  const week = lastWeek(now)
  const faults: unknown[] = []
  let kept = after ?? FIRST
  const count = async (brandId: BrandId) => {
    await keep(ctx, brandId, week, await figuresOf(ctx, brandId, week, now.slice(0, 10), () => alive(kept)))
    return true
  }
  for (let last = kept; ; ) {
    const brands = await brandsToCount(ctx.db.pool, week, last, PAGE)
    for (const brandId of brands) {
      faults.push(...(await each([brandId], count)).failures)
      if (faults.length === 0) kept = brandId
      alive(kept)
      last = brandId
    }
    if (brands.length < PAGE) break
  }
  if (faults.length > 0) throw faults[0]
}

async function figuresOf({ db }: Ctx, brandId: BrandId, week: Week, today: string, alive: () => void): Promise<BrandFigures> {
  const [happened, waiting] = [await happenedTo(db.pool, brandId, week), await waitingOf(db.pool, brandId)]
  let overdue = 0
  for (const roomId of await roomsAtWork(db.pool, brandId)) {
    const deal = await dealOf(db.pool, roomId) // one after the other: a deal may be megabytes
    overdue += deal?.deliverables.filter((piece) => isLate(piece, today)).length ?? 0
    alive()
  }
  return { ...happened, waiting, overdue }
}

const isLate = ({ state, due }: { state: string; due: string | null }, today: string): boolean =>
  (state === 'due' || state === 'revisionRequested') && due !== null && due < today

async function keep(ctx: Ctx, brandId: BrandId, { week }: Week, figures: BrandFigures): Promise<void> {
  await ctx.db.orm.em.fork().transactional(async (em) => {
    const brand = await saveBrandWeek(em, brandId, week, figures)
    if (brand === null || Object.values(figures).every((n) => n === 0)) return
    const to = await teamOf(em, brandId, ['owner', 'manager'])
    await notify(em, ctx, { to, template: weekOfBrand, data: { brandId, brand, week, figures } })
  })
}
