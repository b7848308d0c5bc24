import type { Stage } from '../stage.ts'

export type Measure = {
  parley: number
  /** Null where a baseline has no meaning. */
  bare: number | null
  batched: number | null
  /** As the budget states it; see bench/README.md. */
  ratio: number
  unit: string
  budget: string
  /** What else there is to know. */
  [extra: string]: unknown
}
/** `known`: what earlier measures of this run, or of the last, have found. */
export type Run = { stage: Stage; quick: boolean; known: { durableRate?: Measure }; say(line: string): void }
