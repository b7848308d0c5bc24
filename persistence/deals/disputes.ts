import type { Pool } from 'pg'
import type { ApplicationId, Dispute } from '../../client-sdk/contract/index.ts'
import type { Place } from '../applications/lists.ts'
import { ABOUT, CARD, type CardRow, toCard } from '../applications.ts'
import { exactly, instant } from '../log/read.ts'
import { read } from '../sql.ts'

/** `place`: where a page goes on behind it; `at`: since when it waits. */
export type Disputed = Omit<Dispute, 'waits'> & { place: Place }
/** Before every application. */
const FIRST: Place = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' as ApplicationId }

/**
 * Deals that wait for an administrator, the longest waiting first: of those with a dispute since the first of them, of the others since
 * one side asked to cancel. Each kind is read in its order by its own index, of nothing else.
 */
export async function disputesAfter(pool: Pool, after: Place | null, limit: number): Promise<Disputed[]> {
  const { at, id } = after ?? FIRST
  const rows = await read<CardRow & { since: string; place: string }>(
    pool,
    'disputes_after',
    `select ${CARD}, ${instant('k.since')} as since, ${exactly('k.since')} as place from (
       (select id, disputed_at as since from application where disputed_at is not null and (disputed_at, id) > ($1::timestamptz, $2::uuid)
         order by disputed_at, id limit $3)
       union all
       (select id, changed_at from application where state like '%+%' and disputed_at is null and (changed_at, id) > ($1::timestamptz, $2::uuid)
         order by changed_at, id limit $3)
       order by since, id limit $3) k
       join application a on a.id = k.id ${ABOUT} order by k.since, k.id`,
    [at, id, limit],
  )
  return rows.map((row) => {
    const { applicationId, roomId, title: campaign, brand, creator, state } = toCard(row)
    return { applicationId, roomId, campaign, brand, creator, state, since: row.since, place: { at: row.place, id: row.id } }
  })
}
