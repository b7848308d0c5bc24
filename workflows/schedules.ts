import { type Client, ScheduleAlreadyRunning, type ScheduleDescription, ScheduleOverlapPolicy } from '@temporalio/client'
import { kinds, workflowId } from './kinds.ts'

/** On Mondays at these hours, by UTC: a brand's week tells of its creators'. */
const WEEKLY = [
  { kind: 'creatorWeek', hour: 5 },
  { kind: 'brandWeek', hour: 6 },
] as const
type Weekly = (typeof WEEKLY)[number]

const spec = ({ hour }: Weekly) => ({ calendars: [{ dayOfWeek: 'MONDAY' as const, hour }] })
const action = ({ kind }: Weekly) => {
  const { definition: workflowType, queue: taskQueue } = kinds[kind]
  return { type: 'startWorkflow' as const, workflowType, workflowId: workflowId(kind, 'week'), taskQueue, args: [] }
}
/** What was missed is made up for within the week. */
const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '6 days' as const }

/** Sees to it that each is there, and says what it says here. Whether it is paused stays as it is. */
export async function ensureSchedules(client: Client): Promise<void> {
  for (const one of WEEKLY) {
    const its = { spec: spec(one), action: action(one), policies }
    try {
      await client.schedule.create({ scheduleId: one.kind, ...its })
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error
      const handle = client.schedule.getHandle(one.kind)
      if (!isSame(await handle.describe(), one)) await handle.update(({ state }) => ({ ...its, state }))
    }
  }
}

function isSame({ spec, action: { type, workflowType, taskQueue } }: ScheduleDescription, one: Weekly): boolean {
  const [calendar, ...others] = spec.calendars ?? []
  const isThen = calendar?.hour?.[0]?.start === one.hour && calendar.dayOfWeek?.[0]?.start === 'MONDAY' && others.length === 0
  return isThen && type === 'startWorkflow' && workflowType === action(one).workflowType && taskQueue === action(one).taskQueue
}
