import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from '../../persistence/database.ts'
import type { Following } from '../../persistence/followers.ts'
import { type Gauges, readGauges } from '../../persistence/gauges.ts'
import { type SlowWorkGauges, slowWorkGauges } from './slow-work.ts'

export type Metrics = {
  /** An answered request. `operation`: its id in OpenAPI, null for what is no operation. */
  request(operation: string | null, code: string, ms: number): void
  /** An answered command of a socket. */
  command(name: string, code: string, ms: number): void
  dropped(name: string): void
  /** An activity of a workflow that has ended. */
  activity(ended: { activity: string; queue: string; code: string; ms: number; waited: number }): void
  /** Where to ask how many sockets are open. */
  sockets(open: () => number): void
  /** Where to ask how slow work stands, in no more than so many ms. */
  slowWork(ask: (patience: number) => Promise<SlowWorkGauges>): void
  /** One of this process's followers. */
  follower(name: string, following: Pick<Following, 'failure'>): void
  /** All of it, in Prometheus's text format. */
  text(): Promise<string>
  contentType: string
}

/** Upper bounds, in s. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 8]
/** How long the database, and Temporal, may take to say how they stand, in ms: without them the rest is told all the same. */
const PATIENCE = 1_000

/** What one process counts. Labels are names of ours, so that no caller can make more of them. */
export function createMetrics({ pool, log }: Pick<Database, 'pool' | 'log'>): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram({ name, help, labelNames, buckets: BUCKETS, registers })
  const requests = histogram('parley_http_request_duration_seconds', 'Requests by operation and how they ended', ['operation', 'code'])
  const commands = histogram('parley_command_duration_seconds', 'Commands of sockets and how they ended', ['command', 'code'])
  const activities = histogram('parley_activity_duration_seconds', 'Activities of workflows and how they ended', ['activity', 'code'])
  const waits = histogram('parley_activity_wait_seconds', 'How long activities waited for a worker', ['queue'])
  const dropped = new Counter({
    name: 'parley_dropped_commands_total',
    help: 'Commands beyond the limit, or without anybody to answer',
    labelNames: ['command'],
    registers,
  })
  const events = new Counter({ name: 'parley_log_events_total', help: 'Events that this process has committed', registers })
  log.onCommit((all) => events.inc(all.reduce((sum, committed) => sum + committed.events.length, 0)))

  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const open = gauge('parley_open_sockets', 'Open sockets of this process')
  const connections = gauge('parley_postgres_connections', 'Of this process, and who waits for one', ['state'])
  const failing = gauge('parley_follower_failing', 'Whether the last batch of a follower of this process failed', ['follower'])
  const database = databaseGauges(gauge)
  const followers = new Map<string, Pick<Following, 'failure'>>()
  let countSockets = () => 0
  let askSlowWork = async () => {}

  const look = async () => {
    open.set(countSockets())
    connections.set({ state: 'idle' }, pool.idleCount)
    connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
    connections.set({ state: 'waited_for' }, pool.waitingCount)
    for (const [follower, following] of followers) failing.set({ follower }, following.failure() === null ? 0 : 1)
    await Promise.all([inTime(readGauges(pool)).then(database), askSlowWork()])
  }
  return {
    request: (operation, code, ms) => requests.observe({ operation: operation ?? 'none', code }, ms / 1_000),
    command: (command, code, ms) => commands.observe({ command, code }, ms / 1_000),
    activity: ({ activity, queue, code, ms, waited }) => {
      activities.observe({ activity, code }, ms / 1_000)
      waits.observe({ queue }, waited / 1_000)
    },
    dropped: (command) => dropped.inc({ command }),
    sockets: (ask) => {
      countSockets = ask
    },
    slowWork: (ask) => {
      const tell = slowWorkGauges(gauge)
      askSlowWork = async () => tell(await inTime(ask(PATIENCE)))
    },
    follower: (name, following) => void followers.set(name, following),
    text: async () => {
      await look()
      return register.metrics()
    },
    contentType: register.contentType,
  }
}

/** Null for what does not come, or too late. */
async function inTime<T>(asked: Promise<T>): Promise<T | null> {
  const late = new AbortController()
  const tooLate = sleep(PATIENCE, null, { signal: late.signal }).catch(() => null)
  try {
    return await Promise.race([asked.catch(() => null), tooLate])
  } finally {
    late.abort()
  }
}

type MakeGauge = <L extends string = never>(name: string, help: string, labelNames?: L[]) => Gauge<L>
/** What a follower's name has after a colon says which of several it is about, such as a namespace of Temporal: no label has that. */
const nameOf = (follower: string) => follower.split(':')[0]!

/** What is not known is not told. */
function databaseGauges(gauge: MakeGauge): (read: Gauges | null) => void {
  const up = gauge('parley_postgres_up', 'Whether PostgreSQL answered')
  const horizon = gauge('parley_log_horizon_transactions', 'How many transactions the oldest open write is behind the newest')
  const lag = gauge('parley_follower_lag_seconds', 'Age of the oldest event that a follower has not had', ['follower', 'shard'])
  const mails = gauge('parley_mail_waiting', 'Mails that have not been sent')
  const deadMails = gauge('parley_mail_dead', 'Mails that nobody took, which wait for an administrator')
  const mailAge = gauge('parley_mail_oldest_seconds', 'Age of the longest waiting mail')
  const overdue = gauge(
    'parley_sweep_overdue_seconds',
    'How late the sweep is to open or close a campaign, or to expire an offer or an application',
  )
  return (read) => {
    up.set(read ? 1 : 0)
    for (const one of [horizon, mails, deadMails, mailAge, overdue]) one.remove()
    lag.reset()
    if (!read) return
    horizon.set(read.horizon)
    mails.set(read.mails)
    deadMails.set(read.deadMails)
    mailAge.set(read.mailAge)
    overdue.set(read.overdue)
    // The one that is furthest behind comes last, and so is what is told of several.
    for (const { name, shard, lag: seconds } of read.followers.toSorted((a, b) => a.lag - b.lag))
      lag.set({ follower: nameOf(name), shard: String(shard) }, seconds)
  }
}
