import { continueAsNew, defineSignal, proxyActivities, setHandler, sleep, workflowInfo } from '@temporalio/workflow'
import type { UserId } from '../../client-sdk/contract/index.ts'
import type { NotificationActivities } from '../activities/notifications.ts'
import { usual } from './usual.ts'

const { mailUnread } = proxyActivities<NotificationActivities>(usual)

/** Something was said that this person has not read. */
export const unread = defineSignal('unread')

/**
 * One mail for a person about all that is unread for `wait` ms. Each signal is answered by a look at least that much later, so whoever
 * signals need not do so again before. While the person is there, nothing is mailed, and it looks again.
 */
export async function unreadDigest(userId: UserId, wait: number): Promise<void> {
  let due = Date.now() + wait
  let last = due
  setHandler(unread, () => {
    last = Date.now() + wait
  })
  for (;;) {
    await sleep(Math.max(due - Date.now(), 1))
    const found = await mailUnread(userId)
    if (found !== 'present' && last <= due) return
    due = found === 'present' ? Date.now() + wait : last
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof unreadDigest>(userId, wait)
  }
}
