import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../../client-sdk/contract/uuid.ts'
import { cpuTime, machineTime } from '../cpu.ts'
import { quantile } from '../figures.ts'
import { type Client, STAMP } from './client.ts'
import { Ledger, STAMP_BASE } from './ledger.ts'

/** `postgres`: the postmaster's pid. */
export type Target = { name: string; clients: readonly Client[]; pid: number; postgres: number }
/**
 * It is given up when a message has been unanswered for `patience` ms: then this rate is too high. Only the first `speakers`
 * clients speak; all, if not said.
 */
export type Plan = { rate: number; warmUp: number; seconds: number; patience?: number; speakers?: number }
/** Latencies in ms, from the moment a message should have been sent; CPU in cores. */
export type Trial = {
  rate: number
  p50: number
  p99: number
  /** Until the last of the others has it. */
  lastP50: number
  lastP99: number
  ackP50: number
  ackP99: number
  /** How late the generator itself was, p99. */
  lateP99: number
  cpu: Record<'server' | 'postgres' | 'generator' | 'others', number>
  /** It fell so far behind that the rest was not sent. */
  gaveUp: boolean
  refused: number
}

/** In ms. */
const PATIENCE = 1_500
/** What is still under way at the end has this long to arrive before it counts as lost, in ms. */
const DRAIN = 30_000
const FILLER =
  'The boxes left on Tuesday; please film the morning light before the weekend, and keep the logo out of the first three seconds, thanks'
/** In characters, all of one byte. */
const TEXT = 128
let trials = 0

/**
 * Open loop: every member sends on a schedule of its own, whatever the server does, and latency counts from the moment the
 * schedule names. Throws if an acknowledged message is lost, doubled, out of order or in the wrong room.
 */
export async function runTrial(
  { name, clients, pid, postgres }: Target,
  { rate, warmUp, seconds, patience = PATIENCE, speakers = clients.length }: Plan,
): Promise<Trial> {
  const trial = ++trials
  const total = Math.round(rate * (warmUp + seconds))
  const due = schedule(rate, total, speakers)
  const ledger = new Ledger(name, clients, trial, due, Math.round(rate * warmUp))
  for (const client of clients) client.ear = ledger

  let before: Usage | null = null
  const usage = () => usageOf(pid, postgres)
  const begin = performance.now() + 50
  ledger.begin = begin
  let sent = 0
  while (sent < total && !ledger.isBroken) {
    const now = performance.now()
    for (; sent < total && begin + due.at[sent]! <= now; sent++) send(clients[due.who[sent]!]!, trial, sent, ledger)
    if (sent >= ledger.first) before ??= usage()
    if (now - ledger.oldestDue(sent) > patience) break
    await sleep(1)
  }
  const after = usage()
  const until = performance.now() + DRAIN
  while (!ledger.isComplete(sent) && performance.now() < until) await sleep(5)
  ledger.audit(sent)
  for (const client of clients) client.ear = null

  const { latencies, lastLatencies, ackLatencies, lateness } = ledger.samples(sent)
  return {
    rate,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    lastP50: quantile(lastLatencies, 0.5),
    lastP99: quantile(lastLatencies, 0.99),
    ackP50: quantile(ackLatencies, 0.5),
    ackP99: quantile(ackLatencies, 0.99),
    lateP99: quantile(lateness, 0.99),
    cpu: cores(before ?? after, after),
    gaveUp: sent < total,
    refused: ledger.refused,
  }
}

type Usage = Record<'wall' | 'server' | 'postgres' | 'generator' | 'machine', number>

const usageOf = (pid: number, postgres: number): Usage => ({
  wall: performance.now(),
  server: cpuTime(pid),
  postgres: cpuTime(postgres, true),
  generator: cpuTime(process.pid),
  machine: machineTime(),
})

function cores(before: Usage, after: Usage): Trial['cpu'] {
  const wall = Math.max(1, after.wall - before.wall)
  // A process that ends between two looks is counted twice, or not at all.
  const of = (key: keyof Usage) => Math.max(0, after[key] - before[key]) / wall
  const [server, postgres, generator] = [of('server'), of('postgres'), of('generator')]
  return { server, postgres, generator, others: Math.max(0, of('machine') - server - postgres - generator) }
}

/** Some traffic that does not count, so that the hot paths are compiled. */
export const warm = (target: Target): Promise<Trial> => runTrial(target, { rate: 300, warmUp: 0, seconds: 2 })

function send(client: Client, trial: number, n: number, ledger: Ledger): void {
  const stamp = trial * STAMP_BASE + n
  const text = `${String(stamp).padStart(STAMP, '0')} ${FILLER}`.slice(0, TEXT)
  ledger.sentAt[n] = performance.now()
  client.say(n, `{"commandId":"${newId()}","roomId":"${client.seat.roomId}","text":"${text}"}`)
}

/** When (ms from the start) and by which client: each sends every `clients / rate` seconds, with a phase of its own. */
function schedule(rate: number, total: number, clients: number): { at: Float64Array; who: Uint16Array } {
  const interval = (clients / rate) * 1_000
  const random = numbers(20_261_121)
  const turns = Array.from({ length: clients }, (_, who) => ({ who, phase: random() })).sort((a, b) => a.phase - b.phase)
  const at = new Float64Array(total)
  const who = new Uint16Array(total)
  for (let n = 0; n < total; n++) {
    const turn = turns[n % clients]!
    at[n] = (Math.floor(n / clients) + turn.phase) * interval
    who[n] = turn.who
  }
  return { at, who }
}

/** Numbers in [0, 1), the same every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
