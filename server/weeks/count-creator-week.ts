import { countCreators, FIRST } from '../../persistence/weeks.ts'
import type { Ctx } from '../ctx.ts'
import { type Counting, lastWeek } from './week.ts'

/** A page is a transaction of less than 10 s, as every one. */
const PAGE = 100

/** Keeps which creators were new, active or returning in the last full week. What is kept already stays. */
export async function countCreatorWeek(ctx: Ctx, { now, after, alive }: Counting): Promise<void> {
  const week = lastWeek(now)
  for (let last = after ?? FIRST; ; alive(last)) {
    const next = await countCreators(ctx.db.pool, week, last, PAGE)
    if (next === null) return
    last = next
  }
}
