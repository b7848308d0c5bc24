import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** CPU time is counted in ticks of this many ms; USER_HZ is 100 wherever Linux runs Node. */
const TICK = 10
const hasProc = existsSync('/proc/self/stat')

/** CPU time that the whole machine has spent so far, on all cores, in ms; what other virtual machines took of it included. */
export function machineTime(): number {
  if (!hasProc) return Number.NaN
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0, stolen = 0] = total.split(/ +/).slice(1).map(Number)
  return (user + nice + system + interrupts + soft + stolen) * TICK
}

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
