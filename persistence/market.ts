import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { ActorKey, ApplicationId, BrandId, CampaignId, Role, RoomId, TeamRole, UserId } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** `actorKey`: who they are in the log that the thing's facts are told in, and `accessVersion` is that log's. */
export type TeamStanding = { userId: UserId; brandId: BrandId; role: TeamRole; actorKey: ActorKey; accessVersion: number }
/** `actorKey` is null for a creator who may see the campaign and is not in its room. */
export type CampaignStanding = {
  userId: UserId
  brandId: BrandId
  campaignId: CampaignId
  roomId: RoomId
  role: Role
  actorKey: ActorKey | null
  accessVersion: number
}
export type ApplicationStanding = {
  userId: UserId
  brandId: BrandId
  campaignId: CampaignId
  applicationId: ApplicationId
  roomId: RoomId
  role: Role
  actorKey: ActorKey
  accessVersion: number
}

/** What a person is in a brand's team now; undefined for whoever is not in it. */
export async function teamStanding(pool: Pool, brandId: BrandId, userId: UserId): Promise<TeamStanding | undefined> {
  const [row] = await read<{ role: TeamRole; actor_key: ActorKey; access_version: string }>(
    pool,
    'team_standing',
    `select t.role, t.actor_key, s.access_version from active_team t join stream s on s.id = t.brand_id
      where t.brand_id = $1 and t.user_id = $2`,
    [brandId, userId],
  )
  return row && { userId, brandId, role: row.role, actorKey: row.actor_key, accessVersion: Number(row.access_version) }
}

/** What somebody is in a brand's team, in this transaction: for good while it holds the brand's row. */
export async function teamRole(em: EntityManager, brandId: BrandId, userId: UserId): Promise<TeamRole | undefined> {
  const [row] = await query<{ role: TeamRole }>(em, 'select role from active_team where brand_id = $1 and user_id = $2', [brandId, userId])
  return row?.role
}

/** Of campaign `c` and the person `p`: a creator finds what was published for everybody, or for their address. */
export const IS_SHOWN = `(p.role = 'creator' and p.blocked_at is null and c.published_at is not null
  and (c.visibility = 'public' or exists (select from campaign_guest g where g.campaign_id = c.id and g.email = p.email)))`

/** What a person is to a campaign now; undefined for whoever may not see it. */
export async function campaignStanding(pool: Pool, campaignId: CampaignId, userId: UserId): Promise<CampaignStanding | undefined> {
  type Row = { brand_id: BrandId; room_id: RoomId; role: Role; actor_key: ActorKey | null; access_version: string }
  const [row] = await read<Row>(
    pool,
    'campaign_standing',
    `select c.brand_id, c.room_id, coalesce(m.role, 'creator') as role, m.actor_key, s.access_version
       from campaign c join stream s on s.id = c.room_id join person p on p.id = $2
       left join active_member m on m.room_id = c.room_id and m.user_id = p.id
      where c.id = $1 and (m.role is not null or ${IS_SHOWN})`,
    [campaignId, userId],
  )
  if (!row) return undefined
  const { brand_id: brandId, room_id: roomId, role, actor_key: actorKey } = row
  return { userId, campaignId, brandId, roomId, role, actorKey, accessVersion: Number(row.access_version) }
}

/** Whether a creator may see a campaign, in this transaction: for good while it holds the campaign's row. */
export async function isShown(em: EntityManager, campaignId: CampaignId, userId: UserId): Promise<boolean> {
  const rows = await query(em, `select 1 from campaign c join person p on p.id = $2 where c.id = $1 and ${IS_SHOWN}`, [campaignId, userId])
  return rows.length > 0
}

/** What a person is to an application now; undefined for whoever is not in its room. */
export async function applicationStanding(
  pool: Pool,
  applicationId: ApplicationId,
  userId: UserId,
): Promise<ApplicationStanding | undefined> {
  type Row = { brand_id: BrandId; campaign_id: CampaignId; room_id: RoomId; role: Role; actor_key: ActorKey; access_version: string }
  const [row] = await read<Row>(
    pool,
    'application_standing',
    `select a.brand_id, a.campaign_id, a.room_id, m.role, m.actor_key, s.access_version
       from application a join stream s on s.id = a.room_id join active_member m on m.room_id = a.room_id and m.user_id = $2
      where a.id = $1`,
    [applicationId, userId],
  )
  if (!row) return undefined
  const { brand_id: brandId, campaign_id: campaignId, room_id: roomId, role, actor_key: actorKey } = row
  return { userId, applicationId, brandId, campaignId, roomId, role, actorKey, accessVersion: Number(row.access_version) }
}

/** PostgreSQL's clock, now and not when the transaction began: what decides deadlines, under the lock of what has them. */
export async function databaseNow(em: EntityManager): Promise<Date> {
  const [row] = await query<{ now: string }>(em, `select ${instant('clock_timestamp()')} as now`, [])
  return new Date(row!.now)
}
