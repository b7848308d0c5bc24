/** How often counts are told, in ms. */
const EVERY = 1_000

/**
 * Counts what floods are made of, by name, and tells each count once a second at most: a line for every one would be a
 * second flood.
 */
export function tally(tell: (name: string, count: number) => void): (name: string) => void {
  const counts = new Map<string, number>()
  const flush = () => {
    const counted = [...counts]
    counts.clear()
    for (const [name, count] of counted) tell(name, count)
  }
  return (name) => {
    if (counts.size === 0) setTimeout(flush, EVERY).unref()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
}
