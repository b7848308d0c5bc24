import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type BrandId, type MailKind, type TeamRole, type UserId, usualNotifications } from '../client-sdk/contract/index.ts'
import { query, read } from './sql.ts'

/** Somebody whom a mail is to reach, and what it needs to know of them. `mailKey`: lets whoever has it end mails of a kind. */
export type Reader = { userId: UserId; email: string; name: string; language: string; timeZone: string; mailKey: string }

type Row = { id: UserId; email: string; name: string; language: string; time_zone: string; mail_key: string }
const COLUMNS = 'id, email, name, language, time_zone, mail_key'
const toReader = ({ id: userId, time_zone: timeZone, mail_key: mailKey, ...rest }: Row): Reader => ({ userId, timeZone, mailKey, ...rest })

/** Those of these people who want mail of this kind. */
export async function readersAmong(em: EntityManager, users: readonly UserId[], kind: MailKind): Promise<Reader[]> {
  const rows = await query<Row>(
    em,
    `select ${COLUMNS} from person
      where id = any($1::uuid[]) and blocked_at is null and coalesce((notifications::json ->> $2)::boolean, $3) order by id`,
    [users, kind, usualNotifications[kind]],
  )
  return rows.map(toReader)
}

/** Who has these addresses, by address, whatever they want. */
export async function readersAt(em: EntityManager, emails: readonly string[]): Promise<Map<string, Reader>> {
  const rows = await query<Row>(em, `select ${COLUMNS} from person where email = any($1::text[])`, [emails])
  return new Map(rows.map((row) => [row.email, toReader(row)]))
}

/** Whose key this is. */
export async function userByMailKey(pool: Pool, mailKey: string): Promise<UserId | undefined> {
  const [row] = await read<{ id: UserId }>(pool, 'user_by_mail_key', 'select id from person where mail_key = $1', [mailKey])
  return row?.id
}

/** People of a brand's team in one of these roles. */
export async function teamOf(em: EntityManager, brandId: BrandId, roles: readonly TeamRole[]): Promise<UserId[]> {
  const rows = await query<{ user_id: UserId }>(
    em,
    'select user_id from active_team where brand_id = $1 and role = any($2) order by user_id',
    [brandId, roles],
  )
  return rows.map(({ user_id }) => user_id)
}

/** Of these names those that were never said before; from now on they were. In the caller's transaction. */
export async function firstTold(em: EntityManager, names: readonly string[]): Promise<Set<string>> {
  const rows = await query<{ name: string }>(
    em,
    'insert into told (name) select n from unnest($1::text[]) as n order by n on conflict do nothing returning name',
    [names],
  )
  return new Set(rows.map(({ name }) => name))
}
