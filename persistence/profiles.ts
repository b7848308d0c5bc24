import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { canonical, type Json } from '../client-sdk/contract/canonical.ts'
import { blankProfile, type Profile, type ProfileFields, type UserId } from '../client-sdk/contract/index.ts'
import { query, read } from './sql.ts'

export type StoredProfile = { version: number; fields: ProfileFields }
type Row = { version: number | null; fields: string | null }
type NamedRow = Row & { userId: UserId; name: string }

const stored = ({ version, fields }: Row): StoredProfile => ({
  version: version ?? 0,
  fields: fields === null ? blankProfile : { ...blankProfile, ...(JSON.parse(fields) as ProfileFields) },
})
const named = ({ userId, name, ...row }: NamedRow): Profile => {
  const { version, fields } = stored(row)
  return { userId, name, version, ...fields }
}

/** Somebody's, to themselves. */
export async function ownProfile(pool: Pool, userId: UserId): Promise<Profile | undefined> {
  const [row] = await read<NamedRow>(
    pool,
    'own_profile',
    `select p.id as "userId", p.name, f.version, f.fields from person p left join profile f on f.user_id = p.id where p.id = $1`,
    [userId],
  )
  return row && named(row)
}

/**
 * A creator's, to somebody of a brand's team: where they show it to all brands, or have applied to a brand of `viewer`'s. Undefined
 * for everything else, alike.
 */
export async function shownProfile(pool: Pool, userId: UserId, viewer: UserId): Promise<Profile | undefined> {
  const [row] = await read<NamedRow>(
    pool,
    'shown_profile',
    `select p.id as "userId", p.name, f.version, f.fields from person p left join profile f on f.user_id = p.id
      where p.id = $1 and p.role = 'creator' and p.blocked_at is null
        and exists (select from active_team t where t.user_id = $2
          and (p.profile_shown = 'brands' or exists (select from application a where a.creator_id = p.id and a.brand_id = t.brand_id)))`,
    [userId, viewer],
  )
  return row && named(row)
}

/**
 * A person's profile as it is now, held until the transaction ends; undefined where there is no such person. The first has no row
 * yet, so it is the person's that is locked; and that must be over before the profile is read, or it could be an older one.
 */
export async function lockProfile(em: EntityManager, userId: UserId): Promise<StoredProfile | undefined> {
  const [person] = await query(em, 'select id from person where id = $1 for no key update', [userId])
  if (!person) return undefined
  const [row] = await query<Row>(em, 'select version, fields from profile where user_id = $1', [userId])
  return stored(row ?? { version: null, fields: null })
}

/** Under the lock. */
export async function writeProfile(em: EntityManager, userId: UserId, { version, fields }: StoredProfile, at: Date): Promise<void> {
  await query(
    em,
    `insert into profile (user_id, version, fields, changed_at) values ($1, $2, $3, $4)
      on conflict (user_id) do update set version = excluded.version, fields = excluded.fields, changed_at = excluded.changed_at`,
    [userId, version, canonical(fields as Json), at],
  )
}
