/** The q-th part of the values lies below it; 0 of none. Sorts them. */
export function quantile(values: Float64Array, q: number): number {
  values.sort()
  return values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** To three digits, or whole. */
export const round = (value: number): number => (Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3)))
