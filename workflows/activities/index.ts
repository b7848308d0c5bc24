import type { Mailer } from '../../server/ports.ts'
import type { queues } from '../kinds.ts'
import { applicationActivities } from './applications.ts'
import { campaignActivities } from './campaigns.ts'
import { notificationActivities } from './notifications.ts'
import { type Ports, runner } from './run.ts'

/** Where workflows touch the world, by task queue. `mailer`: null where this process knows no mail server. */
export function createActivities(ports: Ports & { mailer: Mailer | null }): Record<(typeof queues)[number], object> {
  const run = runner(ports)
  return {
    'parley-applications': applicationActivities(run),
    'parley-campaigns': campaignActivities(run),
    'parley-notifications': notificationActivities(run, ports.mailer),
  }
}
