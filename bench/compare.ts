import { median, round } from './figures.ts'

export type Size = 'small' | 'big'
/** Looks at the small one or at the big one; how long that took, in ms. */
export type Look = (size: Size) => Promise<number>
export type Compared = Record<Size | 'ratio', number>

/** Medians in ms. The two take turns, so that noise hits both alike. */
export async function compare(looks: Record<string, Look>, rounds: number): Promise<Record<string, Compared>> {
  const times = Object.entries(looks).map(([name, look]) => ({ name, look, small: [] as number[], big: [] as number[] }))
  for (let i = -rounds / 10; i < rounds; i++) {
    for (const its of times) {
      for (const size of ['small', 'big'] as const) {
        const ms = await its.look(size)
        if (i >= 0) its[size].push(ms)
      }
    }
  }
  return Object.fromEntries(
    times.map((its) => {
      const [small, big] = [median(its.small), median(its.big)]
      return [its.name, { small: round(small), big: round(big), ratio: round(big / small) }]
    }),
  )
}
