import type { MailId } from '../../client-sdk/contract/index.ts'
import { type ClaimedMail, claimMail, dropMail, layMailAside, releaseMail } from '../../persistence/mail.ts'
import type { Ctx } from '../ctx.ts'
import { type Mail, type Mailer, MailFailure } from '../ports.ts'
import { type Links, unsubscribeUrl } from './render.ts'

/** In seconds. A claim outlasts a sending: while one is under way, nobody else sends the same. */
export const CLAIM = 120
/** Of what is kept of a failure, in characters. */
const WHY = 300

/** Sends one mail, if nobody has. Throws `MailFailure`; what somebody else has in hand is tried again later. */
export async function sendMail({ db: { pool }, links }: Ctx, mailer: Mailer, mailId: MailId): Promise<void> {
  const mail = await claimMail(pool, mailId, CLAIM)
  if (mail === null) return
  if (mail === 'held') throw new MailFailure('somebody else has it in hand', { ofMail: true })
  const failure = await attempt(mailer, links, mail)
  if (!failure) return dropMail(pool, mail)
  await releaseMail(pool, mail, failure.message, null)
  throw failure
}

/** Lays aside what nobody takes: an administrator sees it, and may have it sent again. */
export const buryMail = ({ db: { pool } }: Pick<Ctx, 'db'>, mailId: MailId, why: string): Promise<void> =>
  layMailAside(pool, mailId, why.slice(0, WHY))

/** Null once it is another server's to deliver, or where nobody wants it any more. The caller has claimed it. */
export async function attempt(mailer: Mailer, links: Links, mail: ClaimedMail): Promise<MailFailure | null> {
  if (!mail.isWanted) return null
  try {
    await mailer.send(outgoing(links, mail))
    return null
  } catch (error) {
    return error instanceof MailFailure ? error : new MailFailure('the mailer broke', { ofMail: false })
  }
}

function outgoing(links: Links, { id, to, subject, text, html, language, kind, mailKey }: ClaimedMail): Mail {
  return {
    ...{ id, to, subject, text },
    ...(html && { html }),
    ...(language && { language }),
    ...(kind && mailKey && { unsubscribe: unsubscribeUrl(links, mailKey, kind) }),
  }
}
