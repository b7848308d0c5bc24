import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import type { DeadLetter, MailId } from '../client-sdk/contract/index.ts'
import { exactly, instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** Where a page goes on: when it died, to the microsecond. */
export type DeadPlace = { at: string; id: MailId }

/** Mails that nobody took, the last one first, without their words. */
export const deadLetters = (pool: Pool, before: DeadPlace | null, limit: number): Promise<(DeadLetter & { place: string })[]> =>
  read<DeadLetter & { place: string }>(
    pool,
    'dead_letters',
    `select id as "mailId", recipient as to, kind, subject, ${instant('created_at')} as "createdAt", ${instant('died_at')} as "diedAt", tries,
        coalesce(failure, '') as failure, ${exactly('died_at')} as place
      from mail where died_at is not null and ($1::timestamptz is null or (died_at, id) < ($1::timestamptz, $2::uuid))
      order by died_at desc, id desc limit $3`,
    [before?.at ?? null, before?.id ?? null, limit],
  )

/** `isUseless`: what it has is good for nothing any more. Its row stays locked. */
export async function holdDeadLetter(em: EntityManager, id: MailId): Promise<{ isUseless: boolean } | undefined> {
  const [row] = await query<{ isUseless: boolean }>(
    em,
    `select m.invitation_id is not null
         and not exists (select from invitation i where i.id = m.invitation_id and i.ends_at > clock_timestamp()) as "isUseless"
       from mail m where id = $1 and died_at is not null for update`,
    [id],
  )
  return row
}

/** Under its row's lock: it is sent again, as if it had never been tried. */
export async function reviveMail(em: EntityManager, id: MailId): Promise<void> {
  await query(
    em,
    `update mail set died_at = null, held_until = null, failure = null, tries = 0, next_at = clock_timestamp(), revived_at = clock_timestamp()
      where id = $1`,
    [id],
  )
}

/** Under its row's lock. */
export async function dropDeadLetter(em: EntityManager, id: MailId): Promise<void> {
  await query(em, 'delete from mail where id = $1', [id])
}

/**
 * Lets go those that have been dead for so many days, and what its reader can do without and nobody has looked after for as long: where no mail
 * server is known it would wait for ever. Says how many.
 */
export async function dropOldMail(pool: Pool, days: number): Promise<number> {
  const gone = await read(
    pool,
    'drop_old_mail',
    `delete from mail where id in (
       select id from mail where died_at < clock_timestamp() - make_interval(days => $1)
       union all
       select id from mail where next_at < clock_timestamp() - make_interval(days => $1) and kind is not null) returning 1`,
    [days],
  )
  return gone.length
}
