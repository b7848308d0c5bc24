import type { WorkflowKind } from '../client-sdk/contract/index.ts'
import type * as definitions from './definitions/index.ts'

type Queue = 'parley-applications' | 'parley-campaigns' | 'parley-notifications'
/** Of each kind of slow work: its definition, and the task queue of its runs and their activities. */
export const kinds = {
  application: { definition: 'applicationReview', queue: 'parley-applications' },
  offer: { definition: 'offerExpiry', queue: 'parley-applications' },
  deliverables: { definition: 'deliverableReminders', queue: 'parley-applications' },
  campaign: { definition: 'campaignLifecycle', queue: 'parley-campaigns' },
  digest: { definition: 'unreadDigest', queue: 'parley-notifications' },
  mail: { definition: 'mailDelivery', queue: 'parley-notifications' },
  brandWeek: { definition: 'brandWeek', queue: 'parley-notifications' },
  creatorWeek: { definition: 'creatorWeek', queue: 'parley-notifications' },
} as const satisfies Record<WorkflowKind, { definition: keyof typeof definitions; queue: Queue }>

export const queues = [...new Set(Object.values(kinds).map(({ queue }) => queue))]
export const workflowId = (kind: WorkflowKind, entity: string) => `${kind}:${entity}`
