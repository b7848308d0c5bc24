import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gather } from './load/crowd.ts'
import { runTrial, warm } from './load/trial.ts'
import { tell } from './measures/durable-rate.ts'
import type { Stage } from './stage.ts'

type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}
const SECONDS = 15
const TOP = 40

/** Where Parley's process spends its time at this rate. Leaves a .cpuprofile in `out` for Chrome's or VS Code's viewer. */
export async function profile(stage: Stage, rate: number, out: string, say: (line: string) => void): Promise<void> {
  const dir = join(out, 'profile')
  rmSync(dir, { recursive: true, force: true })
  const server = await stage.server('parley', ['--cpu-prof', `--cpu-prof-dir=${dir}`])
  const clients = await gather(server.port, stage.seats.chat)
  const target = { name: 'parley', clients, pid: server.pid, postgres: stage.postgres }
  await warm(target)
  say(tell(await runTrial(target, { rate, warmUp: 3, seconds: SECONDS, patience: Number.POSITIVE_INFINITY })))
  await server.stop()
  for (const name of readdirSync(dir)) {
    const file = join(dir, name)
    say(`${file}\n${topOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)}`)
  }
}

/** Self time by function, of the time that was not idle. */
function topOf({ nodes, samples, timeDeltas }: CpuProfile): string {
  const names = new Map(
    nodes.map(({ id, callFrame: f }) => [
      id,
      `${f.functionName || '(anonymous)'} ${where(f.url)}${f.lineNumber > 0 ? `:${f.lineNumber + 1}` : ''}`,
    ]),
  )
  const self = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const name = names.get(id)!.trim()
    if (name !== '(idle)') self.set(name, (self.get(name) ?? 0) + timeDeltas[i]!)
  }
  const busy = [...self.values()].reduce((a, b) => a + b, 0)
  const top = [...self].sort((a, b) => b[1] - a[1]).slice(0, TOP)
  return top.map(([name, us]) => `${((us / busy) * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n')
}

const where = (url: string) => (url.includes('/node_modules/') ? url.slice(url.lastIndexOf('/node_modules/') + 14) : basename(url))
