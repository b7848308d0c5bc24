import type { Week } from '../../persistence/weeks.ts'

const DAY = 86_400_000
/** The last week that was over at this moment: from Monday to Monday, in UTC. */
export function lastWeek(now: string): Week {
  const moment = new Date(now)
  const today = Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate())
  const monday = today - ((moment.getUTCDay() + 6) % 7) * DAY
  const [from, to] = [new Date(monday - 7 * DAY).toISOString(), new Date(monday).toISOString()]
  return { week: from.slice(0, 10), from, to }
}

/** Of what goes through many things in the order of their ids. `after`: the last one that was done before; `alive`: that one is done now. */
export type Counting = { now: string; after: string | null; alive(last: string): void }
