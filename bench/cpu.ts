import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** CPU time is counted in ticks of this many ms; USER_HZ is 100 wherever Linux runs Node. */
const TICK = 10
const hasProc = existsSync('/proc/self/stat')

/** The numbers of a process's line in /proc, from its state on (proc(5), field 3 is index 0). */
function statOf(pid: number): number[] | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return line
      .slice(line.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch {
    return null // it is gone
  }
}

/** CPU time of a process so far, in ms; with `family`, its children's too, those that have ended included. */
export function cpuTime(pid: number, family = false): number {
  if (!hasProc) return Number.NaN
  const own = statOf(pid)
  if (!own) return 0
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = own.slice(11, 15)
  if (!family) return (user + system) * TICK
  const living = childrenOf(pid).reduce((sum, child) => sum + cpuTime(child), 0)
  return (user + system + endedUser + endedSystem) * TICK + living
}

function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((child) => statOf(child)?.[1] === pid)
}
