import type { Pool } from 'pg'
import { applicationStates, isFinal } from '../../client-sdk/contract/applications/machine.ts'
import type { CampaignId } from '../../client-sdk/contract/index.ts'
import { read } from '../sql.ts'

const idsOf = (rows: readonly { id: CampaignId }[]): CampaignId[] => rows.map(({ id }) => id)
/** Something may still become of it. */
const PENDING = applicationStates.filter((state) => !isFinal(state)).map((state) => `'${state}'`)

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
          and (select true from application a where a.campaign_id = c.id and a.state in (${PENDING}) limit 1) is null
        order by c.decide_by limit $1`,
      [limit],
    ),
  )
