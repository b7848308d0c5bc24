import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { applicationStates, isFinal } from '../../client-sdk/contract/applications/machine.ts'
import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { query, read } from '../sql.ts'

const idsOf = (rows: readonly { id: CampaignId }[]): CampaignId[] => rows.map(({ id }) => id)
/** Something may still become of it. */
export const PENDING = `state in (${applicationStates.filter((state) => !isFinal(state)).map((state) => `'${state}'`)})`

/** Drafts whose moment to open has come, the longest over first. */
export const campaignsToOpen = async (pool: Pool, limit: number): Promise<CampaignId[]> =>
  idsOf(
    await read<{ id: CampaignId }>(
      pool,
      'campaigns_to_open',
      `select id from campaign where state = 'draft' and opens_at <= (select clock_timestamp()) order by opens_at limit $1`,
      [limit],
    ),
  )

/** Campaigns that take applications though their time is over, the longest over first. */
export const campaignsToClose = async (pool: Pool, limit: number): Promise<CampaignId[]> =>
  idsOf(
    await read<{ id: CampaignId }>(
      pool,
      'campaigns_to_close',
      `select id from campaign where state in ('open', 'paused') and apply_by <= (select clock_timestamp()) order by apply_by limit $1`,
      [limit],
    ),
  )

/** Closed campaigns whose time to decide is over, and of whose applications nothing can become any more. One of them is looked for at a time, by index. */
export const campaignsToComplete = async (pool: Pool, limit: number): Promise<CampaignId[]> =>
  idsOf(
    await read<{ id: CampaignId }>(
      pool,
      'campaigns_to_complete',
      `select c.id from campaign c where c.state = 'closed' and c.decide_by <= (select clock_timestamp())
          and (select true from application a where a.campaign_id = c.id and a.${PENDING} limit 1) is null
        order by c.decide_by limit $1`,
      [limit],
    ),
  )

/** Whether something may still become of an application to this campaign. */
export async function isPending(em: EntityManager, id: CampaignId): Promise<boolean> {
  const found = await query(em, `select 1 from application where campaign_id = $1 and ${PENDING} limit 1`, [id])
  return found.length > 0
}
