import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What the tests need of the machine beside Node's packages. */
export type Engine = {
  name: string
  /** Its program goes by one of these names. */
  programs: readonly string[]
  /** Debian's. */
  package: string
}
export const engines = {
  redis: { name: 'redis', programs: ['redis-server'], package: 'redis-server' },
  nginx: { name: 'nginx', programs: ['nginx'], package: 'nginx-light' },
  openssl: { name: 'openssl', programs: ['openssl'], package: 'openssl' },
  python: { name: 'python', programs: ['python3'], package: 'python3' },
  pip: { name: 'pip', programs: ['pip3'], package: 'python3-pip' },
  chromium: { name: 'chromium', programs: ['chromium', 'chromium-browser', 'google-chrome'], package: 'chromium' },
} as const satisfies Record<string, Engine>

/** Where servers' programs lie, though they may not be on a person's PATH. */
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin']

/** The engine's program, or undefined where this machine has none. */
export function findEngine({ programs }: Engine, path = process.env.PATH ?? ''): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...ALSO]
  return programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isProgram)
}

/** The engine's program, for tests: without it they cannot run, and must not pass. */
export function engineProgram(name: keyof typeof engines): string {
  const found = findEngine(engines[name])
  if (!found) throw new Error(remedy([engines[name]]))
  return found
}

/** One line for whoever has to bring what is missing. */
export function remedy(missing: readonly Engine[]): string {
  const names = missing.map(({ name }) => name).join(', ')
  const packages = missing.map((engine) => engine.package).join(' ')
  return `The tests need ${names}. On Debian and Ubuntu: apt-get install ${packages}; elsewhere put the programs on the PATH.`
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
