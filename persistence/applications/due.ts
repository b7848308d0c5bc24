import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type ApplicationId, type BrandId, type CampaignId, openStates } from '../../client-sdk/contract/index.ts'
import { query, read } from '../sql.ts'

/**
 * What ends applications by itself: a campaign's deadline, or that it was cancelled. `settled`: what a campaign has been ended up
 * to then. The clock is asked in a subquery, once: a volatile function can be no condition of an index.
 */
const causes = {
  deadline: { isDue: 'c.settled < c.decide_by and c.decide_by <= (select clock_timestamp())', order: 'c.decide_by', settled: 'decide_by' },
  cancelled: { isDue: `c.state = 'cancelled' and c.settled < 'infinity'`, order: 'c.id', settled: `'infinity'` },
} as const
export type Cause = keyof typeof causes

/** Campaigns whose open applications are to end, as far as nobody has ended all of them yet. */
export async function dueCampaigns(pool: Pool, cause: Cause, limit: number): Promise<CampaignId[]> {
  const { isDue, order } = causes[cause]
  const rows = await read<{ id: CampaignId }>(
    pool,
    `due_${cause}`,
    `select c.id from campaign c where ${isDue} order by ${order} limit $1`,
    [limit],
  )
  return rows.map(({ id }) => id)
}

const OPEN = `state in (${openStates.map((state) => `'${state}'`).join(', ')})`
export type Due = { id: ApplicationId; brandId: BrandId; campaignId: CampaignId }

export async function openApplications(pool: Pool, campaigns: readonly CampaignId[], limit: number): Promise<Due[]> {
  type Row = { id: ApplicationId; brand_id: BrandId; campaign_id: CampaignId }
  const rows = await read<Row>(
    pool,
    'open_applications',
    `select a.id, a.brand_id, a.campaign_id from unnest($1::uuid[]) as k (id) cross join lateral (
       select id, brand_id, campaign_id from application where campaign_id = k.id and ${OPEN} limit $2) a limit $2`,
    [campaigns, limit],
  )
  return rows.map(({ id, brand_id: brandId, campaign_id: campaignId }) => ({ id, brandId, campaignId }))
}

/**
 * Campaigns that have no open application left need not be looked at again. Locked first and looked at after: whoever applies
 * holds the campaign, and must not come in between.
 */
export async function settle(em: EntityManager, cause: Cause, campaigns: readonly CampaignId[]): Promise<void> {
  const { isDue, settled } = causes[cause]
  const held = await query<{ id: CampaignId }>(
    em,
    `select c.id from campaign c where c.id = any($1::uuid[]) and ${isDue} order by c.id for no key update skip locked`,
    [campaigns],
  )
  await query(
    em,
    `update campaign c set settled = ${settled} where c.id = any($1::uuid[])
        and not exists (select from application a where a.campaign_id = c.id and a.${OPEN})`,
    [held.map(({ id }) => id)],
  )
}
