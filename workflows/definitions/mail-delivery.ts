import { ActivityFailure, CancellationScope, proxyActivities } from '@temporalio/workflow'
import type { MailId } from '../../client-sdk/contract/index.ts'
import type { NotificationActivities } from '../activities/notifications.ts'
import { usual } from './usual.ts'

/** `tries`: how often it is sent before it is given up; `pause`: in ms, after the first, twice as long after each. */
export type Patience = { tries: number; pause: number; longest: number }

/**
 * Brings one mail to its mail server. One that nobody takes is laid aside, and the run fails, so that somebody sees it and sends it again.
 * So is one whose run is cancelled: or else it would soon be handed over again.
 */
export async function mailDelivery(mailId: MailId, { tries, pause, longest }: Patience): Promise<void> {
  const retry = { initialInterval: pause, backoffCoefficient: 2, maximumInterval: longest, maximumAttempts: tries }
  const { sendMail } = proxyActivities<NotificationActivities>({ startToCloseTimeout: '1 minute', retry })
  const { buryMail } = proxyActivities<NotificationActivities>(usual)
  try {
    await sendMail(mailId)
  } catch (failure) {
    const why = failure instanceof ActivityFailure ? (failure.cause?.message ?? failure.message) : 'its run was cancelled'
    await CancellationScope.nonCancellable(() => buryMail(mailId, why))
    throw failure
  }
}
