import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { ApplicationId, Envelope, MailId, UserId, WorkflowKind } from '../client-sdk/contract/index.ts'
import type { Database } from '../persistence/database.ts'
import { forgetFollowers, type Teller } from '../persistence/followers.ts'
import { allLiving, allToTell, type Living, peopleToTell, type Spoken, subjectsOf } from '../persistence/slow-work.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { kinds, workflowId } from './kinds.ts'
import { isOfSlowWork, type Order, ordersOf } from './orders.ts'

/** Requests to Temporal that are under way at once. */
const AT_ONCE = 20
/** How long one of them may take, in ms. */
const PATIENCE = 10_000
/** A person whose digest is signalled is not signalled again for so much less than it waits, in ms: clocks may differ. */
const MARGIN = 5_000
const PREFIX = 'workflows:'

/** `deaf`: a run that takes no more signals. `clock`: in ms. */
type Options = { db: Database; client: Client; namespaceId: string; digestAfter: number; deaf(workflowId: string): void; clock?(): number }
/** What begins runs, and signals them. */
type Door = Pick<Options, 'client' | 'deaf'>

/**
 * Brings runs to life as the log says: by ids made of the things' own, so that what is told twice begins once. It belongs to one
 * namespace: one that is new, or has lost everything, gets a cursor of its own, and a run of all that is still going on.
 */
export function starter({ db, namespaceId, digestAfter, clock = Date.now, ...door }: Options): Teller {
  const name = PREFIX + namespaceId
  const told = new Map<UserId, number>() // since when

  const order = (one: Order): Promise<void> => {
    const entity = one.kind === 'offer' ? `${one.entity}:${one.offer}` : one.entity
    const args = one.kind === 'offer' ? [one.entity, one.offer] : [one.entity]
    if (one.begins) return begin(door, one.kind, entity, { args, signal: 'changed' })
    const id = workflowId(one.kind, entity)
    return heard(door, id, () => door.client.workflow.getHandle(id).signal('changed'))
  }

  async function digest(events: readonly Envelope[]): Promise<void> {
    const said = spokenIn(events)
    if (said.length > 0) await signalUnread(await peopleToTell(db.pool, said))
  }

  /** Each at most once per wait: the run looks once more at least so long after it. A clock that was put back knows nothing of how long ago that is. */
  async function signalUnread(people: readonly UserId[]): Promise<void> {
    const now = clock()
    for (const [userId, since] of told) if (now < since || now - since >= digestAfter - MARGIN) told.delete(userId)
    const untold = people.filter((userId) => !told.has(userId))
    await inParallel(untold, async (userId) => {
      await begin(door, 'digest', userId, { args: [userId, digestAfter], signal: 'unread' }, WorkflowIdReusePolicy.ALLOW_DUPLICATE)
      told.set(userId, now)
    })
  }

  return {
    name,
    share: { quiet: 0.5, busy: 0.1 },
    async begin() {
      for await (const page of allLiving(db.pool)) await inParallel(page.map(toOrder), order)
      for await (const page of allToTell(db.pool)) await signalUnread(page)
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

function spokenIn(events: readonly Envelope[]): Spoken[] {
  const rooms = Map.groupBy(
    events.filter(({ type }) => type === 'chat.messageSent'),
    ({ roomId }) => roomId,
  )
  return Array.from(rooms, ([roomId, its]) => {
    const [{ actor }] = its as [Envelope, ...Envelope[]]
    return { roomId, only: its.every((one) => one.actor === actor) ? actor : null }
  })
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

/** All of them, some at a time. After a failure nothing more is begun, and nothing is under way any more once it is thrown. */
async function inParallel<T>(all: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const rest = all.values()
  let isBroken = false
  const lane = async () => {
    for (const item of rest) {
      if (isBroken) return
      await one(item).catch((error: unknown) => {
        isBroken = true
        throw error
      })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, all.length) }, lane))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

type Begin = { args: unknown[]; signal: string }
/** Begins a run, or signals the one that there is. One that is over stays over. */
const begin = (
  door: Door,
  kind: WorkflowKind,
  entity: string,
  { args, signal }: Begin,
  workflowIdReusePolicy: WorkflowIdReusePolicy = WorkflowIdReusePolicy.REJECT_DUPLICATE,
): Promise<void> => {
  const { definition, queue: taskQueue } = kinds[kind]
  const id = workflowId(kind, entity)
  const options = { workflowId: id, taskQueue, args, signal, workflowIdReusePolicy }
  return heard(door, id, () => door.client.workflow.signalWithStart(definition, options))
}

/** Of gRPC. */
const INVALID_ARGUMENT = 3
/**
 * A run can hear so many signals, 10,000 unless Temporal is set up otherwise: one that is stuck, or slow, could hear no more for ever, and
 * is not to hold up all that comes after. It looks again by itself, as soon as it goes on and at the latest after a day.
 */
async function heard({ client, deaf }: Door, id: string, ask: () => Promise<unknown>): Promise<void> {
  try {
    await gone(client, ask)
  } catch (error) {
    const { cause } = error as Error
    if (!isGrpcServiceError(cause) || cause.code !== INVALID_ARGUMENT) throw error
    const { status } = await client.withDeadline(Date.now() + PATIENCE, () => client.workflow.getHandle(id).describe())
    if (status.name !== 'RUNNING') throw error
    deaf(id)
  }
}

/** Begins to deliver a mail. One whose run has failed begins anew. */
export const beginMail = (client: Client, mailId: MailId, patience: Patience): Promise<void> => {
  const { definition, queue: taskQueue } = kinds.mail
  const workflowIdReusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
  return gone(client, () =>
    client.workflow.start(definition, {
      workflowId: workflowId('mail', mailId),
      taskQueue,
      args: [mailId, patience],
      workflowIdReusePolicy,
    }),
  )
}

/** What is over needs to hear nothing. A request that is not answered has failed: Temporal may hang. */
async function gone(client: Client, ask: () => Promise<unknown>): Promise<void> {
  try {
    await client.withDeadline(Date.now() + PATIENCE, ask)
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError)) throw error
  }
}
