import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type MailKind, newId, type UserId } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** `kind`, `userId`: of what its reader can do without; both absent of what nobody can. */
export type NewMail = { to: string; subject: string; text: string; html?: string | null; kind?: MailKind; userId?: UserId }
/** A mail that this process may try to send now. `tries` counts this one; `age` in seconds. */
export type DueMail = NewMail & { id: string; tries: number; age: number }
/** A mail that waits, and why. */
export type WaitingMail = NewMail & { id: string; at: string; tries: number; failure: string | null }

/** Writes a mail in the caller's transaction, with what it is about: it goes if that is committed, and only then. */
export const queueMail = (em: EntityManager, mail: NewMail): Promise<void> => queueMails(em, [mail])

/** The same of many, in one statement. */
export async function queueMails(em: EntityManager, mails: readonly NewMail[]): Promise<void> {
  if (mails.length === 0) return
  await query(
    em,
    `insert into mail (id, recipient, subject, body, html, kind, user_id)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[])`,
    [
      mails.map(() => newId()),
      mails.map(({ to }) => to),
      mails.map(({ subject }) => subject),
      mails.map(({ text }) => text),
      mails.map(({ html }) => html ?? null),
      mails.map(({ kind }) => kind ?? null),
      mails.map(({ userId }) => userId ?? null),
    ],
  )
}

/**
 * Takes mails that are due, the longest waiting first, and nobody else gets them for `seconds`: by then they are gone, put off, or
 * whoever took them is dead. One statement, its own transaction: none is open while anybody talks to a mail server.
 */
export const claimMail = (pool: Pool, limit: number, seconds: number): Promise<DueMail[]> =>
  read<DueMail>(
    pool,
    'claim_mail',
    `update mail set next_at = clock_timestamp() + make_interval(secs => $2), tries = tries + 1
      where id in (select id from mail where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked)
      returning id, recipient as to, subject, body as text, tries,
        extract(epoch from clock_timestamp() - created_at)::float8 as age`,
    [limit, seconds],
  )

/** It has been sent. */
export async function dropMail(pool: Pool, { id }: Pick<DueMail, 'id'>): Promise<void> {
  await read(pool, 'drop_mail', 'delete from mail where id = $1', [id])
}

/** It could not be sent; again in so many seconds. Whoever claimed it after us keeps their claim. */
export async function putMailOff(
  pool: Pool,
  { id, tries }: Pick<DueMail, 'id' | 'tries'>,
  seconds: number,
  failure: string,
): Promise<void> {
  await read(
    pool,
    'put_mail_off',
    'update mail set next_at = clock_timestamp() + make_interval(secs => $3), failure = $4 where id = $1 and tries = $2',
    [id, tries, seconds, failure],
  )
}

/** What waits, the newest first. */
export const waitingMail = (pool: Pool, limit: number): Promise<WaitingMail[]> =>
  read<WaitingMail>(
    pool,
    'waiting_mail',
    `select id, recipient as to, subject, body as text, ${instant('created_at')} as at, tries, failure from mail
      order by created_at desc, id desc limit $1`,
    [limit],
  )
