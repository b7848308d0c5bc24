import { z } from 'zod'
import { type AuditEntry, type Page, type PageOf, ParleyError, Seq } from '../../client-sdk/contract/index.ts'
import { auditBefore } from '../../persistence/audit.ts'
import { type Ctx, demand } from '../ctx.ts'
import { cursorFrom, partsOf } from '../cursor.ts'

const NAME = 'audit'
const Cursor = z.tuple([z.literal(NAME), Seq])

/** What was done to the platform as a whole, the newest first. */
export async function readAudit(ctx: Ctx, { limit, cursor }: Page): Promise<PageOf<AuditEntry>> {
  demand(ctx, 'administer')
  const found = await auditBefore(ctx.db.pool, cursor === undefined ? null : seqFrom(cursor), limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, cursor: last && found.length > limit ? cursorFrom([NAME, last.seq]) : null }
}

function seqFrom(cursor: string): number {
  const { data } = Cursor.safeParse(partsOf(cursor))
  if (!data) throw new ParleyError('request.invalid', 'cursor: is none of this list')
  return data[1]
}
