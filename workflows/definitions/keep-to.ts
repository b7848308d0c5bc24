import { condition, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow'
import type { Idle, Step } from '../../server/agenda.ts'

/** Something has become of the thing: look again. It says no more, so that it may come late, twice or in vain. */
export const changed = defineSignal('changed')

/** In ms: how long to wait where what was done is still to be done, as PostgreSQL's clock is a little behind. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000
/** Something may have become of it that nobody signals: it looks again after so long, in ms. */
const LONGEST_WAIT = 86_400_000

type Agenda<S> = {
  /** Null once nothing can become of the thing any more. */
  next(): Promise<S | Idle | null>
  act(step: S): Promise<unknown>
  /** Goes on in a new run, as the history of this one is long. */
  anew(): Promise<never>
}

/**
 * Does what is next about a thing at its moment, an absolute time, for as long as anything may become of it. It knows nothing by itself:
 * before every step it asks, so it may be started late, or again, and is always where the thing is.
 */
export async function keepTo<S extends Step>({ next, act, anew }: Agenda<S>): Promise<void> {
  let news = 0
  setHandler(changed, () => {
    news++
  })
  for (let last = '', times = 0; ; ) {
    if (workflowInfo().continueAsNewSuggested) return anew()
    const seen = news
    const step = await next()
    if (!step && news === seen) return
    if (!step) continue
    const name = JSON.stringify(step)
    const pause = name === last ? Math.min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE) : 0
    const wait = step === 'idle' ? LONGEST_WAIT : Math.max(Date.parse(step.at) - Date.now(), pause)
    if (wait > 0 && (await condition(() => news > seen, Math.min(wait, LONGEST_WAIT)))) continue
    if (step === 'idle' || wait > LONGEST_WAIT) continue
    await act(step)
    times = name === last ? times + 1 : 1
    last = name
  }
}
