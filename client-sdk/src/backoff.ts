/** How long to wait, in ms, before the attempt after this many failed ones. */
export type Backoff = (failed: number) => number

/**
 * Full jitter (AWS, "Exponential Backoff And Jitter"): anywhere between 0 and a ceiling that doubles from `base` up to
 * `cap`, in ms. A thousand clients cut at once come back spread out.
 */
export const fullJitter =
  (random: () => number = Math.random, base = 250, cap = 15_000): Backoff =>
  (failed) =>
    random() * Math.min(cap, base * 2 ** failed)
