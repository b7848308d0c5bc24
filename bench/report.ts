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
  const isNumber = (i: number) => [1, 2, 3, 5].includes(i)
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

const show = (value: number | null) => (value === null ? '–' : String(value))

type Near = Record<'serverCores' | 'generatorCores' | 'postgresCores' | 'otherCores', number>
/** More than that is used up, in cores. */
const FULL = 0.85
/** More than that, taken by programs that have nothing to do with the bench, spoils it. */
const NOISE = 0.15

/** What held each server back at its highest rate: its own core, the generator's, or the machine that they share. */
export function bottlenecks({ durableRate }: Record<string, Measure>): string[] {
  if (!durableRate) return []
  const near = durableRate.nearTheLimit as Record<string, Near | undefined>
  const lines = Object.entries(near).map(([name, its]) => `${name}: ${its ? bottleneck(its) : 'no trial held'}`)
  const others = durableRate.otherCores as number
  if (others > NOISE) lines.push(`Other programs used ${others} cores meanwhile: run it again on a quiet machine.`)
  return lines
}

function bottleneck({ serverCores, generatorCores, postgresCores, otherCores }: Near): string {
  const used = `server ${serverCores}, generator ${generatorCores}, postgres ${postgresCores}, others ${otherCores} of ${cpus().length} cores`
  return `at its best rate ${used}; held back by ${cause()}`

  function cause(): string {
    if (generatorCores > FULL) return 'the load generator, so this figure is a lower bound'
    if (serverCores > FULL) return 'its own one core'
    if (serverCores + generatorCores + postgresCores + otherCores > FULL * cpus().length) return 'the machine, which it shares'
    return 'waiting: for the disk, or for its turn'
  }
}
