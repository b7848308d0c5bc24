import { proxyActivities } from '@temporalio/workflow'
import type { NotificationActivities } from '../activities/notifications.ts'
import { long } from './usual.ts'

const { countBrandWeek, countCreatorWeek } = proxyActivities<NotificationActivities>(long)

/** Keeps what the last full week was for each brand, and mails it to those who run the brand. */
export const brandWeek = (): Promise<void> => countBrandWeek(new Date(Date.now()).toISOString())

/** Keeps which creators were new, active or returning in the last full week. */
export const creatorWeek = (): Promise<void> => countCreatorWeek(new Date(Date.now()).toISOString())
