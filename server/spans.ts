/** In ms. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** So many ms after a moment; both ISO 8601 in UTC. */
export const after = (moment: string, ms: number): string => new Date(Date.parse(moment) + ms).toISOString()
/** From one moment to another, in ms. */
export const between = (from: string, to: string): number => Date.parse(to) - Date.parse(from)

/** The earliest of these, and of several at one moment the first; null where there is none. */
export const earliest = <S extends { at: string }>(steps: readonly S[]): S | null =>
  steps.reduce<S | null>((first, step) => (first && first.at <= step.at ? first : step), null)
