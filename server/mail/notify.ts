import type { EntityManager } from '@mikro-orm/postgresql'
import type { UserId } from '../../client-sdk/contract/index.ts'
import { type NewMail, queueMails } from '../../persistence/mail.ts'
import { firstTold, readersAmong, readersAt } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import { render, STRANGER } from './render.ts'
import type { Template } from './templates/template.ts'

/** `once`: of whoever was told something of this name before, nothing is written again. */
type Notice<Data> = { to: readonly UserId[]; template: Template<Data>; data: Data; once?: (userId: UserId) => string }

/**
 * Writes a mail to each of these people who wants its kind, in their language, in the caller's transaction: it goes if that is committed.
 * Before the log is appended to. Says to whom.
 */
export async function notify<Data>(em: EntityManager, ctx: Ctx, { to, template, data, once }: Notice<Data>): Promise<UserId[]> {
  const { kind } = template
  if (kind === null || to.length === 0) return []
  const readers = await readersAmong(em, to, kind)
  const first =
    once &&
    (await firstTold(
      em,
      readers.map(({ userId }) => once(userId)),
    ))
  const told = readers.filter(({ userId }) => !first || first.has(once!(userId)))
  await queueMails(
    em,
    told.map((reader): NewMail => {
      const { userId, email } = reader
      return { to: email, kind, userId, ...render(ctx.links, reader, template, data) }
    }),
  )
  return told.map(({ userId }) => userId)
}

/** `invitationId`: whose code it has. */
type Letter<Data> = { to: readonly string[]; template: Template<Data>; data: Data } & Pick<NewMail, 'invitationId'>

/**
 * Writes what nobody can do without to each of these addresses: in the language of whoever has an account with it, else in English. In
 * the caller's transaction, before the log is appended to.
 */
export async function writeTo<Data>(em: EntityManager, ctx: Ctx, { to, template, data, invitationId }: Letter<Data>): Promise<void> {
  const readers = await readersAt(em, to)
  await queueMails(
    em,
    to.map((email): NewMail => ({ to: email, invitationId, ...render(ctx.links, readers.get(email) ?? STRANGER, template, data) })),
  )
}
