import { continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { Idle, Step } from '../server/agenda.ts'
import { keepTo } from './definitions/keep-to.ts'

/** What a test makes of a thing: what is next, and what it does. */
export type AgendaActivities = { next(thing: string): Promise<Step | Idle | null>; act(thing: string, step: Step): Promise<void> }
const { next, act } = proxyActivities<AgendaActivities>({ startToCloseTimeout: '10 seconds', retry: { initialInterval: '100 ms' } })

/** A run over a thing of a test. */
export const agenda = (thing: string): Promise<void> =>
  keepTo({ next: () => next(thing), act: (step) => act(thing, step), anew: () => continueAsNew<typeof agenda>(thing) })
