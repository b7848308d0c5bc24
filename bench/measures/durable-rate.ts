import { mean, median, round } from '../figures.ts'
import { gather } from '../load/crowd.ts'
import { runTrial, type Target, type Trial, warm } from '../load/trial.ts'
import { kinds } from '../servers/start.ts'
import { MEMBERS } from '../stage.ts'
import type { Measure, Run } from './measure.ts'

/** In ms, of the deliveries to the others. */
const LIMIT = 200
const START = 1_500
/** By how much the rate moves from one trial to the next: less after each turn, but not below the noise. */
const FIRST_STEP = 1.5
const LAST_STEP = 1.06

type Stair = {
  target: Target
  rate: number
  step: number
  /** The trial before. */
  last: { rate: number; held: boolean } | null
  /** Trials since the last turn: after two the step grows again, so that one bad second does not decide a run. */
  straight: number
  turns: number[]
  trials: Trial[]
}

/** More than that, in cores, taken by programs that have nothing to do with the bench, and a rate that was not held says nothing. */
const NOISE = 0.3
/** So many rounds are repeated, all three servers alike, when a trial in them was spoilt. */
const SPARE = 4

const isSpoilt = (trial: Trial) => !holds(trial) && trial.cpu.others > NOISE
const deliveries = (rate: number) => rate * (MEMBERS - 1)
const holds = ({ p99, gaveUp, refused }: Trial) => p99 <= LIMIT && !gaveUp && refused === 0

/**
 * The highest rate that a server holds: it goes up while it holds and down when it does not, in smaller and smaller steps
 * around the limit. Each turn is one estimate, and the median of the last ones counts. The servers take turns, so that
 * noise hits all alike.
 */
export async function durableRate(run: Run): Promise<Measure> {
  const { rounds, fine } = run.quick ? { rounds: 6, fine: { warmUp: 0.3, seconds: 1.7 } } : { rounds: 12, fine: { warmUp: 1, seconds: 4 } }
  const coarse = { warmUp: 0.3, seconds: 1.2 }
  const stairs: Stair[] = []
  for (const kind of kinds) {
    const { port, pid } = await run.stage.shared(kind)
    const clients = await gather(port, run.stage.seats.chat)
    const target = { name: kind, clients, pid, postgres: run.stage.postgres }
    await warm(target)
    stairs.push({ target, rate: START, step: FIRST_STEP, last: null, straight: 0, turns: [], trials: [] })
  }
  for (let r = 0, spare = SPARE; r < rounds; r++) {
    const trials: [Stair, Trial][] = []
    for (const stair of rotated(stairs, r)) {
      const trial = await runTrial(stair.target, { rate: stair.rate, ...(stair.turns.length === 0 ? coarse : fine) })
      run.say(`  ${stair.target.name.padEnd(8)} ${tell(trial)}`)
      trials.push([stair, trial])
    }
    if (spare > 0 && trials.some(([, trial]) => isSpoilt(trial))) {
      run.say('  other programs spoilt this round: once more')
      spare--
      r--
    } else for (const [stair, trial] of trials) climb(stair, trial)
  }
  for (const { target } of stairs) for (const client of target.clients) client.cut()

  const [bare, batched, parley] = stairs.map(result)
  return {
    parley: parley!.rate,
    bare: bare!.rate,
    batched: batched!.rate,
    ratio: round(parley!.rate / bare!.rate),
    unit: 'msg/s',
    budget: '≥ 0.8 of bare (aim 1.0) and ≥ 0.8 of batched',
    ratioToBatched: round(parley!.rate / batched!.rate),
    deliveriesPerSecond: { parley: deliveries(parley!.rate), bare: deliveries(bare!.rate), batched: deliveries(batched!.rate) },
    spread: { parley: parley!.spread, bare: bare!.spread, batched: batched!.spread },
    otherCores: round(mean(stairs.flatMap(({ trials }) => trials.map(({ cpu }) => cpu.others)))),
    nearTheLimit: { parley: parley!.near, bare: bare!.near, batched: batched!.near },
  }
}

function climb(stair: Stair, trial: Trial): void {
  const held = holds(trial)
  const { last, rate } = stair
  stair.trials.push(trial)
  if (last && last.held !== held) {
    stair.turns.push(Math.sqrt(rate * last.rate))
    stair.step = Math.max(LAST_STEP, Math.sqrt(stair.step))
    stair.straight = 0
  } else if (++stair.straight > 2) stair.step = Math.min(FIRST_STEP, stair.step ** 1.5)
  stair.last = { rate, held }
  stair.rate = Math.round(held ? rate * stair.step : rate / stair.step)
}

/** `near`: the fastest trial that held, with each process's CPU in cores: whose is used up is the bottleneck. */
function result({ turns, trials, rate }: Stair) {
  const held = trials.filter(holds).sort((a, b) => b.rate - a.rate)[0]
  const counted = turns.length > 3 ? turns.slice(2) : turns.length > 0 ? turns : [held?.rate ?? rate]
  return {
    rate: Math.round(median(counted)),
    spread: [Math.round(Math.min(...counted)), Math.round(Math.max(...counted))],
    near: held && { rate: held.rate, p50: round(held.p50), p99: round(held.p99), ackP99: round(held.ackP99), ...coresOf(held) },
  }
}

const coresOf = ({ cpu, lateP99 }: Trial) => ({
  serverCores: round(cpu.server),
  postgresCores: round(cpu.postgres),
  generatorCores: round(cpu.generator),
  otherCores: round(cpu.others),
  generatorLateP99: round(lateP99),
})

const rotated = <T>(items: readonly T[], by: number): T[] => items.map((_, i) => items[(i + by) % items.length]!)

export function tell(trial: Trial): string {
  const { rate, p50, p99, ackP99, cpu, lateP99, gaveUp, refused } = trial
  const verdict = gaveUp ? 'fell behind' : refused > 0 ? `refused ${refused}` : holds(trial) ? 'holds' : 'too slow'
  const figures = `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(0)} ack p99 ${ackP99.toFixed(0)} ms`
  const cores = (['server', 'postgres', 'generator', 'others'] as const).map((whose) => `${whose} ${cpu[whose].toFixed(2)}`).join(', ')
  const used = `${cores} cores, late ${lateP99.toFixed(0)} ms`
  return `${String(rate).padStart(5)} msg/s  ${verdict.padEnd(11)} ${figures}; ${used}`
}
