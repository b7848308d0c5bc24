import { cpus } from 'node:os'
import type { Measure } from './measures/measure.ts'

/** The table for people. */
export function table(measures: Record<string, Measure>): string {
  const head = ['measure', 'parley', 'bare', 'batched', 'unit', 'ratio', 'budget']
  const rows = Object.entries(measures).map(([name, m]) => [
    name,
    show(m.parley),
    show(m.bare),
    show(m.batched),
    m.unit,
    show(m.ratio),
    m.budget,
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i > 0 && i < 6 && i !== 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ')
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n').trimEnd()
}

const show = (value: number | null) => (value === null ? '–' : String(value))

type Near = { serverCores: number; generatorCores: number; postgresCores: number } | undefined

/** What held each server back at its highest rate: its own core, or the machine that it shares with its load. */
export function bottlenecks({ durableRate }: Record<string, Measure>): string[] {
  const near = durableRate?.nearTheLimit as Record<string, Near> | undefined
  const cores = cpus().length
  return Object.entries(near ?? {}).flatMap(([name, its]) => {
    if (!its) return [`${name}: no trial held`]
    const all = its.serverCores + its.generatorCores + its.postgresCores
    const used = `server ${its.serverCores}, generator ${its.generatorCores}, postgres ${its.postgresCores} of ${cores} cores`
    const why =
      its.generatorCores > 0.9 ? 'the load generator: this figure is a lower bound' : its.serverCores > 0.85 ? 'its own one core' : ''
    const shared = all > cores * 0.9 ? 'the machine, which it shares with its load' : 'neither: waiting'
    return [`${name}: at its best rate ${used}. Bottleneck: ${why || shared}`]
  })
}
