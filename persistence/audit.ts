import type { Pool } from 'pg'
import { type AuditEntry, PLATFORM, type UserId } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { read } from './sql.ts'

type Row = { seq: string; at: string; type: string; deal: string | null; userId: UserId | null; name: string | null; reason: string | null }

/** Entries of the platform's stream before a seq, the newest first; from its end where that is null. */
export async function auditBefore(pool: Pool, before: number | null, limit: number): Promise<AuditEntry[]> {
  const rows = await read<Row>(
    pool,
    'audit_before',
    `select e.seq, ${instant('e.at')} as at, e.type, e.deal, p.id as "userId", p.name, e.personal::json ->> 'reason' as reason
       from event e left join person p on p.id = (e.personal::json ->> 'by')::uuid
      where e.stream_id = $1 and e.seq < coalesce($2::bigint, 9223372036854775807) order by e.seq desc limit $3`,
    [PLATFORM, before, limit],
  )
  return rows.map(({ seq, at, type, deal, userId, name, reason }) => ({
    seq: Number(seq),
    at,
    type,
    about: deal === null ? {} : JSON.parse(deal),
    by: userId !== null && name !== null ? { userId, name } : null,
    reason,
  }))
}
