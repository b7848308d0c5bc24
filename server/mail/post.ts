import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import type { Engine } from '../route.ts'
import { deliverMail } from './deliver.ts'
import { type SmtpOptions, smtpMailer } from './smtp.ts'

export type Post = { engine(): Engine; stop(): Promise<void> | void }
type Options = { smtp: SmtpOptions | null; isEmbedded: boolean; isWorker: boolean; pool: Pool; log: Log }

const name = 'Mail'
const still = (on: boolean, why: string): Post => ({ engine: () => ({ name, on, why }), stop: () => {} })

/** What becomes of mail in this process. The embedded mode sends none to anybody: whoever runs it reads it all. */
export function openPost({ smtp, isEmbedded, isWorker, pool, log }: Options): Post {
  if (isEmbedded) return still(true, 'kept here, to read at /dev/mailbox')
  if (!smtp) return still(false, 'no SMTP_URL: mail waits')
  if (!isWorker) return still(true, 'sent by processes with the role worker')
  const { failure, stop } = deliverMail({
    pool,
    mailer: smtpMailer(smtp),
    failed: (mail) => log.warn('mail', mail),
    broken: (error) => log.warn('mail', { error }),
  })
  const engine = (): Engine => {
    const failed = failure()
    if (!failed) return { name, on: true, why: 'by SMTP_URL' }
    return { name, on: false, why: `nothing could be sent since ${failed.since.toISOString()}, ${failed.why}; mail waits` }
  }
  return { engine, stop }
}
