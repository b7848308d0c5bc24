import type { PendingActivity, WorkflowHistory, WorkflowStep } from '../../client-sdk/contract/index.ts'
import { kinds } from '../kinds.ts'
import { instantOf, msOf, type Reached } from './reach.ts'
import { type DescribedRun, isStuck } from './runs.ts'

/** Of a run's steps, as many are shown. */
const MOST_STEPS = 1_000
/** Of a failure, in UTF-16 units. */
const MOST_WORDS = 1_000

type Answer = Awaited<ReturnType<Reached['service']['getWorkflowExecutionHistoryReverse']>>
export type Event = NonNullable<NonNullable<NonNullable<Answer['history']>['events']>[number]>
type Failure = NonNullable<DescribedRun['described']['pendingActivities']>[number]['lastFailure']

/** The last events of a run, the last first. */
export async function* eventsBackwards({ service, namespace }: Reached, { workflowId, runId }: DescribedRun['run']): AsyncGenerator<Event> {
  for (let nextPageToken: Uint8Array | undefined; ; ) {
    const page = { namespace, execution: { workflowId, runId }, maximumPageSize: MOST_STEPS, ...(nextPageToken && { nextPageToken }) }
    const answer = await service.getWorkflowExecutionHistoryReverse(page)
    yield* answer.history?.events ?? []
    if (!answer.nextPageToken?.length) return
    nextPageToken = answer.nextPageToken
  }
}

/** What a run did and does. Of what it was given, and of what came of it, nothing is told. */
export async function historyOf(temporal: Reached, found: DescribedRun): Promise<WorkflowHistory> {
  const events: Event[] = []
  for await (const event of eventsBackwards(temporal, found.run)) if (events.push(event) === MOST_STEPS) break
  events.reverse()
  return { ...found.run, pending: pendingOf(found, events), steps: stepsOf(events) }
}

function pendingOf({ run, described }: DescribedRun, events: readonly Event[]): PendingActivity[] {
  const activities = (described.pendingActivities ?? []).map((one) => ({
    activity: one.activityType?.name ?? '',
    tries: one.attempt ?? 0,
    failure: wordsOf(one.lastFailure),
    nextAt: one.nextAttemptScheduleTime ? instantOf(one.nextAttemptScheduleTime) : null,
  }))
  if (!isStuck({ run, described })) return activities
  const tries = described.pendingWorkflowTask?.attempt ?? 0
  const failed = events.findLast((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes?.failure
  return [...activities, { activity: kinds[run.kind].definition, tries, failure: wordsOf(failed), nextAt: null }]
}

function stepsOf(events: readonly Event[]): WorkflowStep[] {
  const abouts = new Map<number, string>()
  return events.map((event) => {
    const step = idOf(event.eventId)
    const about = aboutOf(event, abouts)
    if (about !== null) abouts.set(step, about)
    return { step, at: instantOf(event.eventTime ?? {}), type: typeOf(event), about, failure: failureOf(event) }
  })
}

export const idOf = (id: unknown): number => Number(String(id))

/** `ActivityTaskFailed` as `activity failed`: Temporal's own name of it, in words. */
function typeOf(event: Event): string {
  const name = Object.keys(event).find((key) => key.endsWith('EventAttributes') && event[key as keyof Event]) ?? 'unknown'
  const words = name.replace('EventAttributes', '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words
    .replace('workflow execution', 'run')
    .replace('activity task', 'activity')
    .replace(/(signal|cancel)ed$/, '$1led')
}

/** An activity's or a signal's name; of a timer, its moment. What follows on a step is about the same. */
function aboutOf(event: Event, abouts: ReadonlyMap<number, string>): string | null {
  const scheduled = event.activityTaskScheduledEventAttributes
  if (scheduled) return scheduled.activityType?.name ?? null
  const timer = event.timerStartedEventAttributes
  if (timer) return new Date(msOf(event.eventTime ?? {}) + msOf(timer.startToFireTimeout ?? {})).toISOString()
  if (event.workflowExecutionSignaledEventAttributes) return event.workflowExecutionSignaledEventAttributes.signalName ?? null
  const before =
    event.activityTaskStartedEventAttributes?.scheduledEventId ??
    event.activityTaskCompletedEventAttributes?.scheduledEventId ??
    event.activityTaskFailedEventAttributes?.scheduledEventId ??
    event.activityTaskTimedOutEventAttributes?.scheduledEventId ??
    event.activityTaskCancelRequestedEventAttributes?.scheduledEventId ??
    event.activityTaskCanceledEventAttributes?.scheduledEventId ??
    event.timerFiredEventAttributes?.startedEventId ??
    event.timerCanceledEventAttributes?.startedEventId
  return before === undefined || before === null ? null : (abouts.get(idOf(before)) ?? null)
}

const failureOf = (event: Event): string | null =>
  wordsOf(
    event.activityTaskFailedEventAttributes?.failure ??
      event.activityTaskTimedOutEventAttributes?.failure ??
      event.activityTaskStartedEventAttributes?.lastFailure ??
      event.workflowTaskFailedEventAttributes?.failure ??
      event.workflowExecutionFailedEventAttributes?.failure,
  )

/** What it comes from in the end, by its type and its words: `mail.failed: …`. */
function wordsOf(failure: Failure): string | null {
  if (!failure) return null
  let last = failure
  while (last.cause) last = last.cause
  const type = last.applicationFailureInfo?.type
  return [type, last.message].filter(Boolean).join(': ').slice(0, MOST_WORDS)
}
