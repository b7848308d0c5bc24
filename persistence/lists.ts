import type { Pool } from 'pg'
import type { ApplicationCard, BrandId, CampaignCard, StreamId, UserId } from '../client-sdk/contract/index.ts'
import * as applications from './applications.ts'
import * as campaigns from './campaigns.ts'
import { IS_SHOWN } from './market.ts'
import { read } from './sql.ts'

/** A stream whose events from the seq `first` on change what lists show. */
export type Listed = { streamId: StreamId; first: number }
/** Something that lists show, and who among those asked about may hear of it. */
type Heard<T> = { item: T; users: UserId[] }
export type ListChanges = { campaigns: Heard<CampaignCard>[]; applications: Heard<ApplicationCard>[]; brands: Heard<BrandId>[] }

/**
 * What these streams are about as it stands now, and who of these people may see it. Each card is of the same moment as the
 * right to it, or of an earlier one: nobody reads what is younger than their removal.
 */
export async function listChanges(pool: Pool, streams: readonly Listed[], users: readonly UserId[]): Promise<ListChanges> {
  const ids = streams.map(({ streamId }) => streamId)
  return {
    applications: await applicationsIn(pool, ids, users),
    campaigns: await campaignsIn(pool, ids, users),
    brands: await brandsOf(pool, streams, users),
  }
}

/** To whoever is in an application's room. */
async function applicationsIn(pool: Pool, rooms: readonly StreamId[], users: readonly UserId[]): Promise<Heard<ApplicationCard>[]> {
  const rows = await read<applications.CardRow & { users: UserId[] }>(
    pool,
    'listed_applications',
    `select ${applications.CARD},
            array(select m.user_id from active_member m where m.room_id = a.room_id and m.user_id = any($2::uuid[]))::text[] as users
       from application a ${applications.ABOUT} where a.room_id = any($1::uuid[])`,
    [rooms, users],
  )
  return rows.map((row) => ({ item: applications.toCard(row), users: row.users }))
}

/** To whoever is in a campaign's room, and to the creators who find it: all of them, where it is public. */
async function campaignsIn(pool: Pool, rooms: readonly StreamId[], users: readonly UserId[]): Promise<Heard<CampaignCard>[]> {
  const rows = await read<campaigns.CardRow & { users: UserId[]; is_public: boolean }>(
    pool,
    'listed_campaigns',
    `select ${campaigns.CARD}, c.published_at is not null and c.visibility = 'public' as is_public,
            array(select m.user_id from active_member m where m.room_id = c.room_id and m.user_id = any($2::uuid[])
                  union select p.id from campaign_guest s join person p on p.email = s.email
                   where s.campaign_id = c.id and p.id = any($2::uuid[]) and ${IS_SHOWN})::text[] as users
       from campaign c join brand b on b.id = c.brand_id where c.room_id = any($1::uuid[])`,
    [rooms, users],
  )
  const creators = rows.some((row) => row.is_public) ? await creatorsAmong(pool, users) : []
  return rows.map((row) => ({
    item: campaigns.toCard(row),
    users: row.is_public ? [...new Set([...row.users, ...creators])] : row.users,
  }))
}

/** Asked once for however many campaigns, and after them. */
async function creatorsAmong(pool: Pool, users: readonly UserId[]): Promise<UserId[]> {
  const rows = await read<{ id: UserId }>(
    pool,
    'creators_among',
    `select id from person where id = any($1::uuid[]) and role = 'creator' and blocked_at is null`,
    [users],
  )
  return rows.map(({ id }) => id)
}

/** To a brand's team, and to those who have just been removed from it, for the last time. */
async function brandsOf(pool: Pool, streams: readonly Listed[], users: readonly UserId[]): Promise<Heard<BrandId>[]> {
  const rows = await read<{ id: BrandId; users: UserId[] }>(
    pool,
    'listed_brands',
    `select b.id, array(
              select t.user_id from active_team t where t.brand_id = b.id and t.user_id = any($3::uuid[])
              union select p.id from event e join team_member t on t.brand_id = b.id and t.actor_key = (e.deal::json ->> 'member')::uuid
                join person p on p.id = t.user_id and p.blocked_at is null
               where e.stream_id = b.id and e.seq >= k.first and e.type = 'brand.memberRemoved' and p.id = any($3::uuid[]))::text[] as users
       from unnest($1::uuid[], $2::bigint[]) as k (id, first) join brand b on b.id = k.id`,
    [streams.map(({ streamId }) => streamId), streams.map(({ first }) => first), users],
  )
  return rows.map(({ id, users }) => ({ item: id, users }))
}
