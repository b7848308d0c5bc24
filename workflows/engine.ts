import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Connection } from '@temporalio/client'
import type { MailId } from '../client-sdk/contract/index.ts'
import { type Following, follow } from '../persistence/followers.ts'
import type { TemporalTls } from '../server/config.ts'
import type { Log } from '../server/log.ts'
import type { Engine } from '../server/route.ts'
import type { Patience } from './definitions/mail-delivery.ts'
import { connectClient, PATIENCE, type Reach, whyAway } from './reach.ts'
import { ensureSchedules } from './schedules.ts'
import { beginMail, starter } from './starter.ts'
import { startWorkers, type Work, type Workers } from './workers.ts'

/**
 * `address`: asked before each attempt to connect; it may bring its server first, and `doing` is then what it is at. `from`: how we came to it,
 * for people.
 */
export type TemporalOptions = {
  address(stopping: AbortSignal): Promise<string>
  doing?(): string | null
  from?: string
  namespace: string
  apiKey: string | null
  tls: TemporalTls
}

export type Temporal = {
  engine(): Engine
  /** The client while it can be reached, else null. */
  client(): Client | null
  /** Takes the role of a worker: does slow work from now on, whenever Temporal can be reached. */
  work(work: Work): void
  /** Hands a mail over; false where that cannot be done now. */
  carry(mailId: MailId): Promise<boolean>
  /** Why the log was not followed the last time, null where it was. */
  failure(): unknown
  /** Within 5 s, whatever Temporal is at. */
  stop(): Promise<void>
}

const NAME = 'Temporal'
/** How often it is looked at, in ms. */
const WATCH = 1_000
/** A look that does not come to its end when all stops is left behind, in ms. */
const FAREWELL = 4_500
/** For half an hour, then ever later, for half a day; then somebody has to look. */
const mailPatience: Patience = { tries: 30, pause: 15_000, longest: 1_800_000 }

/** `why`: of its being away, `said` the last time. */
type State = { on: boolean; since: Date; why: string }
type Connected = { reach: Reach; connection: Connection; client: Client }

/** What Parley has to do with Temporal in one process. It goes on without, says so, and catches up. */
export function openTemporal(options: TemporalOptions, log: Log): Temporal {
  const { namespace, from = 'by TEMPORAL_ADDRESS' } = options
  const stopping = new AbortController()
  let state: State = { on: false, since: new Date(), why: '' }
  let its: Connected | null = null
  let work: Work | null = null
  let workers: { address: string; all: Workers } | null = null
  let following: { namespaceId: string; one: Following } | null = null

  async function connected(): Promise<Connected> {
    if (its) return its
    const reach = { address: await options.address(stopping.signal), apiKey: options.apiKey, tls: options.tls }
    const connection = await connectClient(reach)
    its = { reach, connection, client: new Client({ connection, namespace }) }
    return its
  }

  async function look(): Promise<void> {
    const { connection, client, reach } = await connected()
    const answer = await connection.withDeadline(Date.now() + PATIENCE, () => client.workflowService.describeNamespace({ namespace }))
    if (work) await serve(work, client, reach, answer.namespaceInfo?.id ?? '')
    if (state.on || stopping.signal.aborted) return
    const wasTold = state.why !== ''
    state = { on: true, since: new Date(), why: '' }
    following?.one.wake()
    log[wasTold ? 'warn' : 'info']('temporal', { on: true }) // whoever reads that it is away reads that it is back
  }

  /** Workers reconnect by themselves; at another address they are other workers. A namespace that is another has a follower of its own. */
  async function serve(work: Work, client: Client, reach: Reach, namespaceId: string): Promise<void> {
    if (workers?.address !== reach.address || !workers.all.running()) {
      const old = workers
      workers = null
      await old?.all.stop()
      stopping.signal.throwIfAborted()
      workers = { address: reach.address, all: await startWorkers({ ...reach, namespace }, work, log) }
    }
    if (following?.namespaceId === namespaceId) return
    await following?.one.stop()
    following = null
    await ensureSchedules(client)
    stopping.signal.throwIfAborted()
    const deaf = (workflowId: string) => log.warn('temporal', { said: 'A run takes no more signals', workflowId })
    following = { namespaceId, one: follow(work.house.db, starter({ ...work, db: work.house.db, client, namespaceId, deaf })) }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch(away)
      await sleep(WATCH, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function away(error: unknown): Promise<void> {
    if (stopping.signal.aborted) return
    const why = whyAway(error, namespace)
    if (state.on || state.why !== why) log.warn('temporal', { on: false, why, error })
    state = { on: false, since: state.on ? new Date() : state.since, why }
    await forget()
  }

  /** The next look connects anew: it may be another server by then. What is asked of the old connection fails at once. */
  async function forget(): Promise<void> {
    const [old, follower] = [its, following]
    its = null
    following = null
    await old?.connection.close().catch(() => {})
    await follower?.one.stop()
  }

  const watching = watch()
  return {
    engine: () => ({
      name: NAME,
      on: state.on,
      why: state.on ? `${from}, since ${state.since.toISOString()}` : gone(state, options.doing?.()),
    }),
    client: () => (state.on && its ? its.client : null),
    work: (one) => {
      work = one
    },
    async carry(mailId) {
      if (!state.on || !its || !work?.mailer) return false
      await beginMail(its.client, mailId, work.patience ?? mailPatience)
      return true
    },
    failure: () => following?.one.failure() ?? null,
    async stop() {
      stopping.abort()
      const all = Promise.all([forget(), watching]).then(() => Promise.all([forget(), workers?.all.stop()]))
      await Promise.race([Promise.all([all, workers?.all.stop()]), sleep(FAREWELL, undefined, { ref: false })])
    },
  }
}

function gone({ since, why }: State, doing: string | null | undefined): string {
  if (why === '') return `${doing ?? 'it has not answered yet'}. Reminders and mail by it wait for that, deadlines are kept`
  return `${doing ?? why}; away since ${since.toISOString()}. Reminders and mail by it are late, deadlines are kept`
}
