import { spawnSync } from 'node:child_process'
import { bringTemporal } from '../workflows/dev-server/bring.ts'
import { findTemporal } from '../workflows/dev-server/find.ts'
import { install } from './engines-install.ts'
import { type Engine, engines, findEngine, remedy } from './engines-path.ts'
import { installSchemathesis } from './schemathesis.ts'

/**
 * Sees to it that the machine has what the tests need: finds it, or installs it where it may, or says in a line what to do.
 * Two runs at once take turns by a lock on APT's folder, and the second finds everything there.
 */
const LOCKED = '--locked'
const APT = '/var/lib/apt'
/** An installation may take so long, in s. */
const PATIENCE = 900
const BUSY = 75

const missing = (): Engine[] => Object.values(engines).filter((engine) => !findEngine(engine))
const succeeds = (program: string, ...args: string[]) => spawnSync(program, args).status === 0
const mayInstall = () => process.getuid?.() === 0 && succeeds('apt-get', '--version') && succeeds('flock', '--version')

async function main(): Promise<void> {
  const wanted = missing()
  if (wanted.length === 0) return
  if (!mayInstall()) throw new Error(remedy(wanted))
  if (process.argv[2] !== LOCKED) return inTurn()
  try {
    await install(wanted.map((engine) => engine.package))
  } catch (error) {
    throw new Error(`${remedy(wanted)}\nThat was tried: ${error instanceof Error ? error.message : error}`)
  }
  const still = missing()
  if (still.length > 0) throw new Error(`${remedy(still)} What APT installed did not bring it.`)
}

/** Once more, when nobody else is at it. What went wrong then has been said there. */
function inTurn(): void {
  const again = [process.execPath, import.meta.filename, LOCKED]
  const options = ['--timeout', String(PATIENCE), '--conflict-exit-code', String(BUSY)]
  const { status } = spawnSync('flock', [...options, APT, ...again], { stdio: 'inherit' })
  if (status === BUSY) throw new Error(`${remedy(missing())} Another run has been installing for ${PATIENCE} s.`)
  if (status !== 0) process.exitCode = 1
}

try {
  await main()
  if (missing().length === 0) installSchemathesis()
  if ((await findTemporal()) === null) await bringTemporal()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
