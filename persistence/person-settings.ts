import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { canonical } from '../client-sdk/contract/canonical.ts'
import { type Notifications, type PersonSettings, type UserId, usualNotifications } from '../client-sdk/contract/index.ts'
import { passOver } from './digest-unread.ts'
import { query, read } from './sql.ts'

type Row = Omit<PersonSettings, 'notifications'> & { notifications: string | null }
const COLUMNS = 'presence, language, time_zone as "timeZone", notifications, profile_shown as profile'

/** Undefined where there is no such person. */
export async function settingsOf(pool: Pool, userId: UserId): Promise<PersonSettings | undefined> {
  const [row] = await read<Row>(pool, 'person_settings', `select ${COLUMNS} from person where id = $1`, [userId])
  return row && fromRow(row)
}

/** The same, and the person's row stays locked. */
export async function lockSettings(em: EntityManager, userId: UserId): Promise<PersonSettings | undefined> {
  const [row] = await query<Row>(em, `select ${COLUMNS} from person where id = $1 for no key update`, [userId])
  return row && fromRow(row)
}

type Change = { before: PersonSettings; after: PersonSettings }
/**
 * Under the lock of the person's row. Who hides leaves no trace of when they were last seen. What was said while somebody wanted no digest,
 * none is ever to tell.
 */
export async function writeSettings(em: EntityManager, userId: UserId, { before, after }: Change): Promise<void> {
  const { presence, language, timeZone, notifications, profile } = after
  await query(em, 'update person set presence = $2, language = $3, time_zone = $4, notifications = $5, profile_shown = $6 where id = $1', [
    userId,
    presence,
    language,
    timeZone,
    toText(notifications),
    profile,
  ])
  if (presence === 'hidden') await query(em, 'delete from last_seen where user_id = $1', [userId])
  if (notifications.digest && !before.notifications.digest) await passOver(em, userId)
}

const USUAL = canonical(usualNotifications)
/** What is usual is not written down, so that it may change for whoever never chose. */
const toText = (notifications: Notifications) => {
  const text = canonical(notifications)
  return text === USUAL ? null : text
}
const fromRow = ({ notifications, ...rest }: Row): PersonSettings => ({
  ...rest,
  notifications: { ...usualNotifications, ...(notifications === null ? null : (JSON.parse(notifications) as Partial<Notifications>)) },
})
