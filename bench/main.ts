import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { durableRate } from './measures/durable-rate.ts'
import { historyPage } from './measures/history.ts'
import { inbox } from './measures/inbox.ts'
import { market } from './measures/market.ts'
import type { Measure, Run } from './measures/measure.ts'
import { memoryPerConnection } from './measures/memory.ts'
import { p50 } from './measures/p50.ts'
import { rooms } from './measures/rooms.ts'
import { silence } from './measures/silence.ts'
import { slowReaders } from './measures/slow-readers.ts'
import { storm } from './measures/storm.ts'
import { profile } from './profile.ts'
import { bottlenecks, table } from './report.ts'
import { openStage } from './stage.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, profile: { type: 'string' } },
})
const all: Record<string, (run: Run) => Promise<Measure>> = {
  durableRate,
  p50,
  memoryPerConnection,
  historyPage,
  storm,
  rooms,
  inbox,
  market,
  silence,
  slowReaders,
}
const wanted = options.only?.split(',') ?? Object.keys(all)
const unknown = wanted.filter((name) => !all[name])
if (unknown.length > 0) throw new Error(`--only takes ${Object.keys(all).join(', ')}, not ${unknown.join(', ')}`)

const out = join(import.meta.dirname, 'out')
const latest = join(out, 'latest.json')
mkdirSync(out, { recursive: true })
const say = (line: string) => console.log(line)
const begin = performance.now()
say(`Parley's budget on ${cpus().length} cores${options.quick ? ' (quick: more noise)' : ''}`)

const stage = await openStage()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => void stage.close().finally(() => process.exit(1)))
try {
  if (options.profile) await profile(stage, Number(options.profile), out, say)
  else await measure()
} finally {
  await stage.close()
}

async function measure(): Promise<void> {
  const before = existsSync(latest) ? (JSON.parse(readFileSync(latest, 'utf8')) as Record<string, Measure>) : {}
  const run: Run = { stage, quick: options.quick, known: wanted.includes('durableRate') ? {} : { durableRate: before.durableRate }, say }
  const found: Record<string, Measure> = {}
  for (const [name, its] of Object.entries(all)) {
    if (!wanted.includes(name)) continue
    say(`\n${name}`)
    const started = performance.now()
    found[name] = await its(run)
    say(`  took ${((performance.now() - started) / 1_000).toFixed(0)} s`)
    if (name === 'durableRate') run.known.durableRate = found[name]
  }
  say(`\n${table(found)}\n`)
  for (const line of bottlenecks(found)) say(line)
  // The last whole run stays what it is.
  const file = options.only || options.quick ? join(out, 'partial.json') : latest
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
  say(`${file}, after ${((performance.now() - begin) / 1_000).toFixed(0)} s`)
}
