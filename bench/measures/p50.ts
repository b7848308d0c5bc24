import { median, round } from '../figures.ts'
import { gather } from '../load/crowd.ts'
import { runTrial, type Target, type Trial, warm } from '../load/trial.ts'
import { kinds } from '../servers/start.ts'
import { tell } from './durable-rate.ts'
import type { Measure, Run } from './measure.ts'

/** Where nothing is known yet of what Parley holds. */
const OTHERWISE = 4_000

/** How long a message takes when nobody is in a hurry: at a tenth of the rate that Parley holds. */
export async function p50(run: Run): Promise<Measure> {
  const { repeats, plan } = run.quick
    ? { repeats: 2, plan: { warmUp: 0.3, seconds: 1.7 } }
    : { repeats: 3, plan: { warmUp: 1, seconds: 4 } }
  const rate = Math.round((run.known.durableRate?.parley ?? OTHERWISE) / 10)
  const trials: Record<string, Trial[]> = { bare: [], batched: [], parley: [] }
  const targets: Target[] = []
  for (const kind of kinds) {
    const { port, pid } = await run.stage.shared(kind)
    const target = { name: kind, clients: await gather(port, run.stage.seats.chat), pid, postgres: run.stage.postgres }
    await warm(target)
    targets.push(target)
  }
  for (let i = 0; i < repeats; i++) {
    for (const target of targets) {
      const trial = await runTrial(target, { rate, ...plan })
      run.say(`  ${target.name.padEnd(8)} ${tell(trial)}`)
      trials[target.name]!.push(trial)
    }
  }
  for (const { clients } of targets) for (const client of clients) client.cut()

  const of = (kind: string, figure: 'p50' | 'p99' | 'ackP50') => round(median(trials[kind]!.map((trial) => trial[figure])))
  const all = (figure: 'p99' | 'ackP50') => ({ parley: of('parley', figure), bare: of('bare', figure), batched: of('batched', figure) })
  return {
    parley: of('parley', 'p50'),
    bare: of('bare', 'p50'),
    batched: of('batched', 'p50'),
    ratio: round(of('parley', 'p50') / of('batched', 'p50')),
    unit: 'ms',
    budget: 'at most 2 ms above batched',
    aboveBatched: round(of('parley', 'p50') - of('batched', 'p50')),
    rate,
    p99: all('p99'),
    ackP50: all('ackP50'),
  }
}
