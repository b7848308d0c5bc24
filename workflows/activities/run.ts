import { ApplicationFailure, activityInfo } from '@temporalio/activity'
import { ParleyError } from '../../client-sdk/contract/index.ts'
import { type Ctx, type House, systemContext } from '../../server/ctx.ts'
import { foreseen } from '../../server/foreseen.ts'

/** Of an activity that has ended: its name, its queue, how it ended, how long it took and how long it had waited for a worker, in ms. */
export type Ended = { activity: string; queue: string; code: string; ms: number; waited: number }
export type Ports = { house: House; ended(activity: Ended): void }
export type Run = <T>(useCase: (ctx: Ctx) => Promise<T>) => Promise<T>

/**
 * The one door of activities: each runs one use case, as the platform itself. Temporal tries every failure again unless it is told
 * otherwise; our codes know which are worth it. What we did not foresee is tried again, too, and its words stay here.
 */
export const runner =
  ({ house, ended }: Ports): Run =>
  async (useCase) => {
    const { activityType: activity, taskQueue: queue, currentAttemptScheduledTimestampMs: due } = activityInfo()
    const began = performance.now()
    const waited = Math.max(0, Date.now() - due)
    let code = 'ok'
    try {
      return await useCase(systemContext(house))
    } catch (error) {
      if (error instanceof ApplicationFailure) {
        code = error.type ?? 'server.failed'
        throw error
      }
      const known = foreseen(error)
      code = known instanceof ParleyError ? known.code : 'server.failed'
      if (known instanceof ParleyError) throw failure(known.code, known.message, known.retryable)
      const { name, code: sqlState } = error as { name?: string; code?: string }
      throw failure('server.failed', [name, sqlState].filter(Boolean).join(' ') || 'It broke', true)
    } finally {
      ended({ activity, queue, code, ms: performance.now() - began, waited })
    }
  }

const failure = (type: string, message: string, isRetryable: boolean) =>
  ApplicationFailure.create({ type, message, nonRetryable: !isRetryable })
