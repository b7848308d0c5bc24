import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { type InvitationId, type MailId, type MailKind, newId, type UserId, usualNotifications } from '../client-sdk/contract/index.ts'
import { instant } from './log/read.ts'
import { query, read } from './sql.ts'

/** What a mail says, to whom. `language`: of its words. */
type Letter = { to: string; subject: string; text: string; html?: string | null; language?: string | null; kind?: MailKind | null }
/** `kind`, `userId`: of what its reader can do without; both absent of what nobody can. `invitationId`: whose code it has; it is sent no longer than that is good. */
export type NewMail = Letter & { userId?: UserId; invitationId?: InvitationId }
/**
 * A mail that this process may try to send now. `tries` counts this one; `age` in seconds, since it was written or sent again.
 * `mailKey`: its reader's. `isWanted`: false of a kind that they have ended since, of what is old, and of a code that has ended.
 */
export type ClaimedMail = Letter & { id: MailId; tries: number; age: number; mailKey: string | null; isWanted: boolean }
/** A mail that waits, and why; or that was laid aside. */
export type WaitingMail = Letter & { id: MailId; at: string; tries: number; failure: string | null; isDead: boolean }

/** Writes a mail in the caller's transaction, with what it is about: it goes if that is committed, and only then. */
export const queueMail = (em: EntityManager, mail: NewMail): Promise<void> => queueMails(em, [mail])

/** The same of many, in one statement. */
export async function queueMails(em: EntityManager, mails: readonly NewMail[]): Promise<void> {
  if (mails.length === 0) return
  await query(
    em,
    `insert into mail (id, recipient, subject, body, html, language, kind, user_id, invitation_id)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[])`,
    [
      mails.map(() => newId()),
      mails.map(({ to }) => to),
      mails.map(({ subject }) => subject),
      mails.map(({ text }) => text),
      mails.map(({ html }) => html ?? null),
      mails.map(({ language }) => language ?? null),
      mails.map(({ kind }) => kind ?? null),
      mails.map(({ userId }) => userId ?? null),
      mails.map(({ invitationId }) => invitationId ?? null),
    ],
  )
}

/**
 * Mails that are due, the longest waiting first, and no other who asks gets them for `seconds`. One statement, its own transaction: none
 * is open while anybody talks to a mail server.
 */
export async function dueMail(pool: Pool, limit: number, seconds: number): Promise<MailId[]> {
  const rows = await read<{ id: MailId }>(
    pool,
    'due_mail',
    `update mail set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from mail where next_at <= clock_timestamp() and ${FREE} order by next_at limit $1 for update skip locked)
      returning id`,
    [limit, seconds],
  )
  return rows.map(({ id }) => id)
}

/** Nobody is sending it. */
const FREE = '(held_until is null or held_until <= clock_timestamp())'
const USUAL = JSON.stringify(usualNotifications)
/** In days. What one can do without is of no use after it: whoever sets up a mail server sends nobody months of it. Longer than it is tried. */
const NEWS = 7
/** What its reader could do without, they still want, and it is still news; and what it has is still good. */
const WANTED = `(m.kind is null or coalesce(m.revived_at, m.created_at) > clock_timestamp() - interval '${NEWS} days')
  and (m.kind is null or m.user_id is null or exists (select from person p where p.id = m.user_id and p.blocked_at is null
    and coalesce((p.notifications::json ->> m.kind)::boolean, ($3::json ->> m.kind)::boolean, true)))
  and (m.invitation_id is null or exists (select from invitation i where i.id = m.invitation_id and i.ends_at > clock_timestamp()))`

/**
 * Takes one to send, and nobody else gets it for `seconds`: by then it is gone, released, or whoever took it is dead. One that was laid
 * aside lives again. `held`: somebody else has it in hand; null: it was sent, or let go.
 */
export async function claimMail(pool: Pool, id: MailId, seconds: number): Promise<ClaimedMail | 'held' | null> {
  const [mail] = await read<ClaimedMail>(
    pool,
    'claim_mail',
    `update mail m set held_until = clock_timestamp() + make_interval(secs => $2), tries = tries + 1, died_at = null,
        next_at = case when died_at is null then next_at else clock_timestamp() + make_interval(secs => $2) end,
        revived_at = case when died_at is null then revived_at else clock_timestamp() end
      where id = $1 and ${FREE}
      returning id, recipient as to, subject, body as text, html, language, kind, tries, ${WANTED} as "isWanted",
        (select p.mail_key from person p where p.id = m.user_id) as "mailKey",
        extract(epoch from clock_timestamp() - coalesce(revived_at, created_at))::float8 as age`,
    [id, seconds, USUAL],
  )
  if (mail) return mail
  const left = await read(pool, 'is_mail_there', 'select 1 from mail where id = $1', [id])
  return left.length > 0 ? 'held' : null
}

/** It has been sent. */
export async function dropMail(pool: Pool, { id }: Pick<ClaimedMail, 'id'>): Promise<void> {
  await read(pool, 'drop_mail', 'delete from mail where id = $1', [id])
}

type Claim = Pick<ClaimedMail, 'id' | 'tries'>
/** It could not be sent. `seconds`: when to look at it again; null where somebody else knows. Whoever claimed it after us keeps their claim. */
export async function releaseMail(pool: Pool, { id, tries }: Claim, failure: string, seconds: number | null): Promise<void> {
  await read(
    pool,
    'release_mail',
    `update mail set held_until = null, failure = $4, next_at = coalesce(clock_timestamp() + make_interval(secs => $3), next_at)
      where id = $1 and tries = $2 and died_at is null`,
    [id, tries, seconds, failure],
  )
}

/** Somebody else brings it to its mail server; it is looked at again in so many seconds, if it is still there. */
export async function handMailOver(pool: Pool, id: MailId, seconds: number): Promise<void> {
  await read(
    pool,
    'hand_mail_over',
    'update mail set next_at = clock_timestamp() + make_interval(secs => $2) where id = $1 and died_at is null',
    [id, seconds],
  )
}

/** Nobody takes it: it waits for an administrator. One that was laid aside before stays as it is. */
export async function layMailAside(pool: Pool, id: MailId, failure: string): Promise<void> {
  await read(
    pool,
    'lay_mail_aside',
    `update mail set died_at = clock_timestamp(), next_at = 'infinity', held_until = null, failure = $2 where id = $1 and died_at is null`,
    [id, failure],
  )
}

const SHOWN = `id, recipient as to, subject, body as text, html, language, kind, ${instant('created_at')} as at, tries, failure,
  died_at is not null as "isDead"`
/** What waits, and what was laid aside, the newest first. */
export const waitingMail = (pool: Pool, limit: number): Promise<WaitingMail[]> =>
  read<WaitingMail>(pool, 'waiting_mail', `select ${SHOWN} from mail order by created_at desc, id desc limit $1`, [limit])

export async function oneMail(pool: Pool, id: MailId): Promise<WaitingMail | undefined> {
  const [mail] = await read<WaitingMail>(pool, 'one_mail', `select ${SHOWN} from mail where id = $1`, [id])
  return mail
}
