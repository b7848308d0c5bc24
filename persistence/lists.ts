import type { Pool } from 'pg'
import type { ApplicationCard, BrandId, CampaignCard, RoomId, StreamId, UserId } from '../client-sdk/contract/index.ts'
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
 * right to it, or of an earlier one: nobody reads what is younger than their removal. The most frequent are asked for first, and
 * what was found is not asked for again: the list of people can be long.
 */
export async function listChanges(pool: Pool, streams: readonly Listed[], users: readonly UserId[]): Promise<ListChanges> {
  const rest = new Map<StreamId, Listed>(streams.map((one) => [one.streamId, one]))
  const found: ListChanges = { applications: [], campaigns: [], brands: [] }
  if (rest.size > 0) found.applications = await applicationsIn(pool, rest, users)
  if (rest.size > 0) found.campaigns = await campaignsIn(pool, rest, users)
  if (rest.size > 0) found.brands = await brandsOf(pool, rest, users)
  return found
}
type Rest = Map<StreamId, Listed>

/** To whoever is in an application's room. */
async function applicationsIn(pool: Pool, rest: Rest, users: readonly UserId[]): Promise<Heard<ApplicationCard>[]> {
  const rows = await read<applications.CardRow & { users: UserId[] }>(
    pool,
    'listed_applications',
    `select ${applications.CARD},
            array(select m.user_id from active_member m where m.room_id = a.room_id and m.user_id = any($2::uuid[]))::text[] as users
       from application a ${applications.ABOUT} where a.room_id = any($1::uuid[])`,
    [[...rest.keys()], users],
  )
  for (const { room_id } of rows) rest.delete(room_id)
  return rows.map((row) => ({ item: applications.toCard(row), users: row.users }))
}

/** To whoever is in a campaign's room, and to the creators who find it: all of them, where it is public. */
async function campaignsIn(pool: Pool, rest: Rest, users: readonly UserId[]): Promise<Heard<CampaignCard>[]> {
  const rows = await read<campaigns.CardRow & { room_id: RoomId; users: UserId[]; is_public: boolean }>(
    pool,
    'listed_campaigns',
    `select ${campaigns.CARD}, c.room_id, c.published_at is not null and c.visibility = 'public' as is_public,
            array(select m.user_id from active_member m where m.room_id = c.room_id and m.user_id = any($2::uuid[])
                  union select p.id from campaign_guest s join person p on p.email = s.email
                   where s.campaign_id = c.id and p.id = any($2::uuid[]) and ${IS_SHOWN})::text[] as users
       from campaign c join brand b on b.id = c.brand_id where c.room_id = any($1::uuid[])`,
    [[...rest.keys()], users],
  )
  for (const { room_id } of rows) rest.delete(room_id)
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
async function brandsOf(pool: Pool, rest: Rest, users: readonly UserId[]): Promise<Heard<BrandId>[]> {
  const rows = await read<{ id: BrandId; users: UserId[] }>(
    pool,
    'listed_brands',
    `select b.id, array(
              select t.user_id from active_team t where t.brand_id = b.id and t.user_id = any($3::uuid[])
              union select p.id from event e join team_member t on t.brand_id = b.id and t.actor_key = (e.deal::json ->> 'member')::uuid
                join person p on p.id = t.user_id and p.blocked_at is null
               where e.stream_id = b.id and e.seq >= k.first and e.type = 'brand.memberRemoved' and p.id = any($3::uuid[]))::text[] as users
       from unnest($1::uuid[], $2::bigint[]) as k (id, first) join brand b on b.id = k.id`,
    [[...rest.keys()], Array.from(rest.values(), ({ first }) => first), users],
  )
  return rows.map(({ id, users }) => ({ item: id, users }))
}
