import type { ApplicationState } from '../../contract/applications/machine.ts'
import type { CampaignState } from '../../contract/campaigns/machine.ts'

/** What creators look for. Everything given must hold; of several values of one kind, one. */
export type DiscoverFilter = {
  /** Words of its title and its brief. */
  readonly q?: string
  readonly platform?: readonly string[]
  readonly category?: readonly string[]
  /** BCP 47. */
  readonly language?: readonly string[]
  /** ISO 3166-1. */
  readonly territory?: readonly string[]
  /** ISO 4217. */
  readonly currency?: string
  /** At least so much, in minor units of `currency`. */
  readonly budget?: number
  /** `deadline`: the first to close first. */
  readonly sort?: 'newest' | 'deadline' | 'budget'
  /** So many at once, at most 100. */
  readonly limit?: number
}
/** Which of a brand's campaigns. */
export type CampaignFilter = {
  /** Any of these; of all states where none is given. */
  readonly state?: readonly CampaignState[]
  /** Words of its title and its brief. */
  readonly q?: string
  /** So many at once, at most 100. */
  readonly limit?: number
}
/** Which applications, and in which order. */
export type ApplicationFilter = {
  /** Any of these; of all states where none is given. */
  readonly state?: readonly ApplicationState[]
  /** By when they were submitted, or, `changed`, the last changed first. */
  readonly sort?: 'newest' | 'oldest' | 'changed'
  /** So many at once, at most 100. */
  readonly limit?: number
}
