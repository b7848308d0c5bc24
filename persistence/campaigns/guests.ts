import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { CampaignId, Guest, UserId } from '../../client-sdk/contract/index.ts'
import { instant } from '../log/read.ts'
import { query, read } from '../sql.ts'

/** Lets an address see a campaign; false where it could already. */
export async function addGuest(em: EntityManager, id: CampaignId, email: string, via: Guest['via'], at: Date): Promise<boolean> {
  const added = await query(
    em,
    'insert into campaign_guest (campaign_id, email, via, at) values ($1, $2, $3, $4) on conflict do nothing returning 1',
    [id, email, via, at],
  )
  return added.length > 0
}

/** The same for the address of somebody with an account. */
export async function addPersonAsGuest(em: EntityManager, id: CampaignId, userId: UserId, at: Date): Promise<void> {
  await query(
    em,
    `insert into campaign_guest (campaign_id, email, via, at) select $1, email, 'code', $3 from person where id = $2 on conflict do nothing`,
    [id, userId, at],
  )
}

/** Takes that back, but for whoever has applied. */
export async function removeGuest(em: EntityManager, id: CampaignId, email: string): Promise<void> {
  await query(
    em,
    `delete from campaign_guest g where g.campaign_id = $1 and g.email = $2
        and not exists (select from application a join person p on p.id = a.creator_id where a.campaign_id = g.campaign_id and p.email = g.email)`,
    [id, email],
  )
}

/** How many were invited. */
export async function countInvited(em: EntityManager, id: CampaignId): Promise<number> {
  const [row] = await query<{ n: number }>(em, `select count(*)::int as n from campaign_guest where campaign_id = $1 and via = 'invited'`, [
    id,
  ])
  return row!.n
}

/** Those who were invited, but for those who came by the code. */
export async function invitedTo(em: EntityManager, id: CampaignId): Promise<string[]> {
  const rows = await query<{ email: string }>(
    em,
    `select email from campaign_guest where campaign_id = $1 and via = 'invited' order by email`,
    [id],
  )
  return rows.map(({ email }) => email)
}

/** The campaign that this code opens: one that was published for those who have it. Held so until the end of the transaction. */
export async function campaignByCode(em: EntityManager, code: string): Promise<CampaignId | undefined> {
  const [row] = await query<{ id: CampaignId }>(
    em,
    `select id from campaign where code = $1 and visibility = 'code' and published_at is not null for share`,
    [code],
  )
  return row?.id
}

/** By address; those after `after`. */
export const guestsOf = (pool: Pool, id: CampaignId, after: string | null, limit: number): Promise<Guest[]> =>
  read<Guest>(
    pool,
    'guests_of',
    `select email, via, ${instant('at')} as at from campaign_guest where campaign_id = $1 and ($2::text is null or email > $2)
      order by email limit $3`,
    [id, after, limit],
  )
