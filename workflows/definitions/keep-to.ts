import { condition, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow'
import type { Step } from '../../server/agenda.ts'

/** Something has become of the thing: look again. It says no more, so that it may come late, twice or in vain. */
export const changed = defineSignal('changed')

/** In ms: how long to wait where what was done is still to be done, as PostgreSQL's clock is a little behind. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

type Agenda<S> = {
  next(): Promise<S | null>
  act(step: S): Promise<unknown>
  /** Goes on in a new run, as the history of this one is long. */
  anew(): Promise<never>
}

/**
 * Does what is next about a thing at its moment, an absolute time, until there is nothing more. It knows nothing by itself: before every
 * step it asks, so it may be started late, or again, and is always where the thing is.
 */
export async function keepTo<S extends Step>({ next, act, anew }: Agenda<S>): Promise<void> {
  let news = 0
  setHandler(changed, () => {
    news++
  })
  for (let before = '', repeats = 0; ; ) {
    const seen = news
    const step = await next()
    if (!step && news === seen) return
    if (!step) continue
    const name = JSON.stringify(step)
    repeats = name === before ? repeats + 1 : 0
    const pause = repeats === 0 ? 0 : Math.min(FIRST_PAUSE * 2 ** (repeats - 1), LONGEST_PAUSE)
    const wait = Math.max(Date.parse(step.at) - Date.now(), pause)
    if (wait > 0 && (await condition(() => news > seen, wait))) continue
    before = name
    await act(step)
    if (workflowInfo().continueAsNewSuggested) return anew()
  }
}
