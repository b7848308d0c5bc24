import { ParleyError } from '../../client-sdk/contract/index.ts'
import { foreseen } from '../foreseen.ts'

export type Outcome = { moved: number; failures: unknown[] }

/** Moves each of these, the one that fails holding up no other. Says how many it moved; throws where PostgreSQL is out of reach. */
export async function each<T>(due: readonly T[], move: (one: T) => Promise<boolean>): Promise<Outcome> {
  const outcome: Outcome = { moved: 0, failures: [] }
  for (const one of due) {
    try {
      if (await move(one)) outcome.moved++
    } catch (error) {
      if (isLost(error)) throw error
      outcome.failures.push(error)
    }
  }
  return outcome
}

const isLost = (error: unknown): boolean => {
  const known = foreseen(error)
  return known instanceof ParleyError && known.retryable
}

/** How many were moved; throws what failed, all in one. */
export function movedOf({ moved, failures }: Outcome, what: string): number {
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} ${what}`)
  return moved
}
