import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { ActorKey, Brand, BrandId, Invitation, RoomId, TeamMember, TeamRole, UserId } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

const BRAND = `select b.id as "brandId", b.version, b.name, b.about, b.website, b.territory, t.role as me, ${instant('b.created_at')} as "createdAt"
  from active_team t join brand b on b.id = t.brand_id`

/** The brands that a person is of the team of, the newest first, after that one. */
export const brandsOf = (pool: Pool, userId: UserId, limit: number, after: BrandId | null): Promise<Brand[]> =>
  read(pool, 'brands_of', `${BRAND} where t.user_id = $1 and ($3::uuid is null or t.brand_id < $3) order by t.brand_id desc limit $2`, [
    userId,
    limit,
    after,
  ])

/** A brand as somebody of its team sees it; undefined for everybody else. */
export async function brandFor(pool: Pool, brandId: BrandId, userId: UserId): Promise<Brand | undefined> {
  const [row] = await read<Brand>(pool, 'brand_for', `${BRAND} where t.brand_id = $1 and t.user_id = $2`, [brandId, userId])
  return row
}

/** Who is in the team, the longest there first; those too whom the platform has shut out, since they are to be removed like others. */
export const teamOf = (pool: Pool, brandId: BrandId): Promise<TeamMember[]> =>
  read(
    pool,
    'team_of',
    `select t.user_id as "userId", p.name, p.email, t.role, ${instant('t.since')} as since
       from team_member t join person p on p.id = t.user_id
      where t.brand_id = $1 and t.removed_at is null order by t.since, t.actor_key`,
    [brandId],
  )

/** What can still be taken up, the newest first. */
export const invitationsOf = (pool: Pool, brandId: BrandId): Promise<Invitation[]> =>
  read(
    pool,
    'invitations_of',
    `select id as "invitationId", email, role, ${instant('created_at')} as "createdAt", ${instant('ends_at')} as "endsAt"
       from invitation where brand_id = $1 and ends_at > clock_timestamp() order by created_at desc, id desc`,
    [brandId],
  )

/** Of an invitation that can be taken up: whether its address has an account already. Undefined where there is none. */
export async function invitedBy(pool: Pool, codeHash: Buffer): Promise<{ hasAccount: boolean } | undefined> {
  const [row] = await read<{ hasAccount: boolean }>(
    pool,
    'invited_by',
    `select exists (select from person p where p.email = i.email) as "hasAccount" from invitation i
      where i.code_hash = $1 and i.ends_at > clock_timestamp()`,
    [codeHash],
  )
  return row
}

/** As it is now: whoever holds the brand's row sees what those did who held it before. */
export async function accessVersionOf(em: EntityManager, brandId: BrandId): Promise<number> {
  const [row] = await query<{ access_version: string }>(em, 'select access_version from stream where id = $1', [brandId])
  return Number(row!.access_version)
}

/** How many are in the team, or invited into it. */
export async function countTeam(em: EntityManager, brandId: BrandId): Promise<number> {
  const [row] = await query<{ n: number }>(
    em,
    `select ((select count(*) from team_member where brand_id = $1 and removed_at is null and user_id is not null)
           + (select count(*) from invitation where brand_id = $1))::int as n`,
    [brandId],
  )
  return row!.n
}

/** Whether anybody is left who can manage the team: whom the platform has shut out cannot. */
export async function hasOwner(em: EntityManager, brandId: BrandId): Promise<boolean> {
  const rows = await query(em, `select 1 from active_team where brand_id = $1 and role = 'owner' limit 1`, [brandId])
  return rows.length > 0
}

/** Whose membership changed in a room: `member` as the room knows them, `actor` as it knows who changed it. */
export type InRoom = { roomId: RoomId; member: ActorKey; actor: ActorKey }

/** The rooms that follow this brand's team, locked in id order. While its brand is locked there will be no others. */
export async function lockRooms(em: EntityManager, brandId: BrandId): Promise<RoomId[]> {
  const rows = await query<{ id: RoomId }>(em, 'select id from room where brand_id = $1 order by id for no key update', [brandId])
  return rows.map(({ id }) => id)
}

/** Makes somebody a member of these rooms, who has read all that is there and is counted; `tellSince` is to come. */
export const joinRooms = (em: EntityManager, rooms: readonly RoomId[], userId: UserId, role: TeamRole): Promise<InRoom[]> =>
  query(
    em,
    `with came as (
       insert into member (room_id, actor_key, user_id, role, since)
         select r, gen_random_uuid(), $2::uuid, $3::text, 0 from unnest($1::uuid[]) as r
       on conflict (room_id, user_id) do update set role = excluded.role, removed_at = null, since = 0 where member.removed_at is not null
       returning room_id, actor_key),
     started as (
       insert into reading (user_id, room_id, seq, n) select $2::uuid, s.id, s.last_seq, s.msg_count from came join stream s on s.id = came.room_id
       on conflict (user_id, room_id) do update set seq = excluded.seq, n = excluded.n),
     counted as (update room set members = members + 1, told_members = told_members + 1 from came where id = came.room_id)
     select room_id as "roomId", actor_key as member, actor_key as actor from came`,
    [rooms, userId, role],
  )

/** Writes the seqs that added a member of these rooms. */
export async function tellSince(em: EntityManager, userId: UserId, added: readonly { streamId: string; seq: number }[]): Promise<void> {
  await query(
    em,
    `update member m set since = u.seq from unnest($2::uuid[], $3::bigint[]) as u (room_id, seq)
      where m.room_id = u.room_id and m.user_id = $1`,
    [userId, added.map(({ streamId }) => streamId), added.map(({ seq }) => seq)],
  )
}

/** Takes somebody out of these rooms; `by` did it. */
export const leaveRooms = (em: EntityManager, rooms: readonly RoomId[], userId: UserId, by: UserId, at: Date): Promise<InRoom[]> =>
  query(
    em,
    `with gone as (
       update member m set removed_at = $4 from unnest($1::uuid[]) as r
        where m.room_id = r and m.user_id = $2 and m.removed_at is null returning m.room_id, m.actor_key),
     counted as (update room set members = members - 1, told_members = told_members - 1 from gone where id = gone.room_id)
     select g.room_id as "roomId", g.actor_key as member, a.actor_key as actor
       from gone g left join member a on a.room_id = g.room_id and a.user_id = $3`,
    [rooms, userId, by, at],
  )

/** Gives somebody another role in these rooms; `by` did it. */
export const changeRoleInRooms = (
  em: EntityManager,
  rooms: readonly RoomId[],
  userId: UserId,
  by: UserId,
  role: TeamRole,
): Promise<InRoom[]> =>
  query(
    em,
    `with changed as (
       update member m set role = $4 from unnest($1::uuid[]) as r
        where m.room_id = r and m.user_id = $2 and m.removed_at is null returning m.room_id, m.actor_key)
     select c.room_id as "roomId", c.actor_key as member, a.actor_key as actor
       from changed c left join member a on a.room_id = c.room_id and a.user_id = $3`,
    [rooms, userId, by, role],
  )
