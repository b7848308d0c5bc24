import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy, WorkflowNotFoundError } from '@temporalio/client'
import type { ApplicationId, Envelope, MailId, UserId, WorkflowKind } from '../client-sdk/contract/index.ts'
import type { Database } from '../persistence/database.ts'
import { forgetFollowers, type Teller } from '../persistence/followers.ts'
import { allLiving, type Living, peopleToTell, subjectsOf } from '../persistence/slow-work.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { kinds, workflowId } from './kinds.ts'
import { isOfSlowWork, type Order, ordersOf } from './orders.ts'

/** Requests to Temporal that are under way at once. */
const AT_ONCE = 20
/** A person whose digest is signalled is not signalled again for so much less than it waits, in ms: clocks may differ. */
const MARGIN = 5_000
const PREFIX = 'workflows:'

type Options = { db: Database; client: Client; namespaceId: string; digestAfter: number }

/**
 * Brings runs to life as the log says: by ids made of the things' own, so that what is told twice begins once. It belongs to one
 * namespace: one that is new, or has lost everything, gets a cursor of its own, and a run of all that is still going on.
 */
export function starter({ db, client, namespaceId, digestAfter }: Options): Teller {
  const name = PREFIX + namespaceId
  const told = new Map<UserId, number>()

  const order = (one: Order): Promise<void> => {
    const entity = one.kind === 'offer' ? `${one.entity}:${one.offer}` : one.entity
    const args = one.kind === 'offer' ? [one.entity, one.offer] : [one.entity]
    if (one.begins) return begin(client, one.kind, entity, { args, signal: 'changed' })
    return gone(client.workflow.getHandle(workflowId(one.kind, entity)).signal('changed'))
  }

  async function digest(events: readonly Envelope[]): Promise<void> {
    const rooms = new Set(events.filter(({ type }) => type === 'chat.messageSent').map(({ roomId }) => roomId))
    if (rooms.size === 0) return
    const now = Date.now()
    for (const [userId, until] of told) if (until <= now) told.delete(userId)
    const people = (await peopleToTell(db.pool, [...rooms])).filter((userId) => !told.has(userId))
    await inParallel(people, async (userId) => {
      await begin(client, 'digest', userId, { args: [userId, digestAfter], signal: 'unread' }, WorkflowIdReusePolicy.ALLOW_DUPLICATE)
      told.set(userId, now + Math.max(0, digestAfter - MARGIN))
    })
  }

  return {
    name,
    share: { quiet: 0.5, busy: 0.1 },
    async begin() {
      for await (const page of allLiving(db.pool)) await inParallel(page.map(toOrder), order)
      await forgetFollowers(db.pool, PREFIX, name)
    },
    async tell(events) {
      const its = events.filter(isOfSlowWork)
      if (its.length > 0) {
        const subjects = await subjectsOf(db.pool, [...new Set(its.map(({ roomId }) => roomId))])
        await inParallel(distinct(its.flatMap((event) => ordersOf(event, subjects))), order)
      }
      await digest(events)
    },
  }
}

const toOrder = (one: Living): Order =>
  one.kind === 'offer'
    ? { kind: 'offer', entity: one.id as ApplicationId, offer: one.offer, begins: true }
    : ({ kind: one.kind, entity: one.id, begins: true } as Order)

/** One of each run: it begins if any of the orders says so. */
function distinct(orders: readonly Order[]): Order[] {
  const byRun = Map.groupBy(orders, ({ begins: _, ...run }) => JSON.stringify(run))
  return Array.from(byRun.values(), (its) => ({ ...its[0]!, begins: its.some(({ begins }) => begins) }))
}

/** In the order of the entities, so that what begins with an event is there before a later one signals it. */
async function inParallel<T>(all: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const rest = all.values()
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
      for (const item of rest) await one(item)
    }),
  )
}

type Begin = { args: unknown[]; signal: string }
/** Begins a run, or signals the one that there is. One that is over stays over. */
const begin = (
  client: Client,
  kind: WorkflowKind,
  entity: string,
  { args, signal }: Begin,
  workflowIdReusePolicy: WorkflowIdReusePolicy = WorkflowIdReusePolicy.REJECT_DUPLICATE,
): Promise<void> => {
  const { definition, queue: taskQueue } = kinds[kind]
  const options = { workflowId: workflowId(kind, entity), taskQueue, args, signal, workflowIdReusePolicy }
  return gone(client.workflow.signalWithStart(definition, options))
}

/** Begins to deliver a mail. One whose run has failed begins anew. */
export const beginMail = (client: Client, mailId: MailId, patience: Patience): Promise<void> => {
  const { definition, queue: taskQueue } = kinds.mail
  const workflowIdReusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
  return gone(
    client.workflow.start(definition, {
      workflowId: workflowId('mail', mailId),
      taskQueue,
      args: [mailId, patience],
      workflowIdReusePolicy,
    }),
  )
}

/** What is over needs to hear nothing. */
async function gone(asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError)) throw error
  }
}
