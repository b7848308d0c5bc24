import type { MailKind } from '../../client-sdk/contract/index.ts'
import { notFound } from '../../persistence/event-log.ts'
import * as persons from '../../persistence/person-settings.ts'
import { userByMailKey } from '../../persistence/readers.ts'
import type { Ctx } from '../ctx.ts'
import { type MailLanguage, mailLanguage } from './kinds-in-words.ts'

type Which = { mailKey: string; kind: MailKind }
/** How it stands with a kind of mail, and in which language to say so. Nothing else of whoever gets it. */
export type MailStanding = { isOn: boolean; language: MailLanguage }

/** Asked with the key that each of a person's mails has, by whoever has the mail. Changes nothing: machines follow links. */
export async function readMailKind(ctx: Ctx, { mailKey, kind }: Which): Promise<MailStanding> {
  const { pool } = ctx.db
  const userId = await userByMailKey(pool, mailKey)
  const settings = userId && (await persons.settingsOf(pool, userId))
  if (!settings) throw notFound('mail')
  return { isOn: settings.notifications[kind], language: mailLanguage(settings.language) }
}

/** Ends a kind of mail, or begins it again, and leaves every other as it is. The same again does nothing. */
export async function changeMailKind(ctx: Ctx, { mailKey, kind }: Which, isOn: boolean): Promise<MailStanding> {
  const userId = await userByMailKey(ctx.db.pool, mailKey)
  if (!userId) throw notFound('mail')
  return ctx.em.transactional(async (em) => {
    const before = await persons.lockSettings(em, userId)
    if (!before) throw notFound('mail')
    const { notifications, language } = before
    if (notifications[kind] !== isOn)
      await persons.writeSettings(em, userId, { before, after: { ...before, notifications: { ...notifications, [kind]: isOn } } })
    return { isOn, language: mailLanguage(language) }
  })
}
