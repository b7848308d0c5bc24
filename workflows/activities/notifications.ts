import { ApplicationFailure, activityInfo, heartbeat } from '@temporalio/activity'
import type { MailId, UserId } from '../../client-sdk/contract/index.ts'
import { mailUnread } from '../../server/digest/mail-unread.ts'
import { buryMail, sendMail } from '../../server/mail/send-mail.ts'
import { type Mailer, MailFailure } from '../../server/ports.ts'
import { countBrandWeek } from '../../server/weeks/count-brand-week.ts'
import { countCreatorWeek } from '../../server/weeks/count-creator-week.ts'
import type { Run } from './run.ts'

/** Of the queue `parley-notifications`. */
export const notificationActivities = (run: Run, mailer: Mailer | null) => ({
  mailUnread: (userId: UserId, wait: number) => run((ctx) => mailUnread(ctx, userId, wait)),
  sendMail: (mailId: MailId) =>
    run(async (ctx) => {
      if (!mailer) throw ApplicationFailure.retryable('No mail server is known', 'mail.noServer')
      try {
        await sendMail(ctx, mailer, mailId)
      } catch (error) {
        if (!(error instanceof MailFailure)) throw error
        throw ApplicationFailure.create({ type: 'mail.failed', message: error.message, nonRetryable: error.isFinal })
      }
    }),
  buryMail: (mailId: MailId, why: string) => run((ctx) => buryMail(ctx, mailId, why)),
  countBrandWeek: (now: string) => run((ctx) => countBrandWeek(ctx, { now, ...goingOn() })),
  countCreatorWeek: (now: string) => run((ctx) => countCreatorWeek(ctx, { now, ...goingOn() })),
})
export type NotificationActivities = ReturnType<typeof notificationActivities>

/** Where the try before, whose worker may have died, had come to. */
const goingOn = () => ({ after: (activityInfo().heartbeatDetails as string | undefined) ?? null, alive: (last: string) => heartbeat(last) })
