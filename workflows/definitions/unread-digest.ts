import { continueAsNew, defineSignal, proxyActivities, setHandler, sleep, workflowInfo } from '@temporalio/workflow'
import type { UserId } from '../../client-sdk/contract/index.ts'
import type { NotificationActivities } from '../activities/notifications.ts'
import { usual } from './usual.ts'

const { mailUnread } = proxyActivities<NotificationActivities>(usual)

/** Something was said that this person has not read. */
const unread = defineSignal('unread')

/** In ms: clocks may differ, and two looks are at least so far apart. */
const BREATH = 1_000

/**
 * One mail for a person about all that is unread, once something has been for `wait` ms. Each signal is answered by a look at least that
 * much later, so whoever signals need not do so again before. While the person is there, or all is young, it looks again when it is told to.
 */
export async function unreadDigest(userId: UserId, wait: number): Promise<void> {
  let due = Date.now() + wait
  let last = due
  setHandler(unread, () => {
    last = Date.now() + wait
  })
  for (;;) {
    await sleep(Math.max(due - Date.now(), BREATH))
    const again = await mailUnread(userId, wait)
    if (again === null && last <= due) return
    due = again === null ? last : Date.now() + again
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof unreadDigest>(userId, wait)
  }
}
