import type { EntityManager } from '@mikro-orm/postgresql'
import type { UserId } from '../../client-sdk/contract/index.ts'
import { type NewMail, queueMails } from '../../persistence/mail.ts'
import { firstTold, type Reader, readersAmong } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import { render } from './render.ts'
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
    told.map((reader): NewMail => ({ ...mailTo(ctx, reader, template, data), kind, userId: reader.userId })),
  )
  return told.map(({ userId }) => userId)
}

function mailTo<Data>(ctx: Ctx, reader: Reader, template: Template<Data>, data: Data) {
  const { email: to } = reader
  return { to, ...render(ctx.links, reader, template, data) }
}
