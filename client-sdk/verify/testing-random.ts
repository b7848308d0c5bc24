/** Random numbers that a seed gives again (mulberry32), and what is made of them. */
export type Random = ReturnType<typeof randomFrom>
export function randomFrom(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** From 0, below `n`. */
  const int = (n: number): number => Math.floor(next() * n)
  const pick = <T>(all: readonly T[]): T => all[int(all.length)] as T
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => int(256))
  const hexOf = (n: number): string => Buffer.from(bytes(n)).toString('hex')
  const uuid = <T extends string>(): T => {
    const hex = hexOf(16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20)}` as T
  }
  return { int, pick, bytes, hexOf, uuid, chance: (share: number): boolean => next() < share }
}
