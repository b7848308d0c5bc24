import type { Pool } from 'pg'
import type { MailId } from '../../client-sdk/contract/index.ts'
import type { Log } from '../log.ts'
import type { Mailer } from '../ports.ts'
import type { Engine } from '../route.ts'
import { deliverMail } from './deliver.ts'
import type { Links } from './render.ts'
import { type SmtpOptions, smtpMailer } from './smtp.ts'
import { watchMailer } from './watch-mailer.ts'

/** `mailer`: null where this process sends none. */
export type Post = { mailer: Mailer | null; engine(): Engine; stop(): Promise<void> | void }
type Options = {
  smtp: SmtpOptions | null
  isEmbedded: boolean
  isWorker: boolean
  pool: Pool
  links: Links
  /** Hands a mail to Temporal; false where that cannot be done now. */
  carry?(mailId: MailId): Promise<boolean>
  log: Log
}

const name = 'Mail'
const still = (on: boolean, why: string): Post => ({ mailer: null, engine: () => ({ name, on, why }), stop: () => {} })

/** What becomes of mail in this process. The embedded mode sends none to anybody: whoever runs it reads it all. */
export function openPost({ smtp, isEmbedded, isWorker, pool, links, carry, log }: Options): Post {
  if (isEmbedded) return still(true, 'kept here, to read at /dev/mailbox')
  if (!smtp) return still(false, 'no SMTP_URL: mail waits')
  if (!isWorker) return still(true, 'sent by processes with the role worker')
  const mailer = watchMailer(smtpMailer(smtp))
  const { stop } = deliverMail({
    ...{ pool, mailer, links },
    ...(carry && { carry }),
    failed: (mail) => log.warn('mail', mail),
    broken: (error) => log.warn('mail', { error }),
  })
  const engine = (): Engine => {
    const failed = mailer.failure()
    if (!failed) return { name, on: true, why: 'by SMTP_URL' }
    return { name, on: false, why: `nothing could be sent since ${failed.since.toISOString()}, ${failed.why}; mail waits` }
  }
  return { mailer, engine, stop }
}
