import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { PersonSettings, UserId } from '../client-sdk/contract/index.ts'
import { query, read } from './sql.ts'

/** Undefined where there is no such person. */
export async function settingsOf(pool: Pool, userId: UserId): Promise<PersonSettings | undefined> {
  const [settings] = await read<PersonSettings>(pool, 'person_settings', 'select presence from person where id = $1', [userId])
  return settings
}

/** Locks the person's row. False where nothing changes. Who hides leaves no trace of when they were last seen. */
export async function changeSettings(em: EntityManager, userId: UserId, { presence }: PersonSettings): Promise<boolean> {
  const changed = await query(em, 'update person set presence = $2 where id = $1 and presence <> $2 returning id', [userId, presence])
  if (presence === 'hidden') await query(em, 'delete from last_seen where user_id = $1', [userId])
  return changed.length > 0
}
