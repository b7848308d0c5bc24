import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../persistence/cache-folder.ts'
import { engines, findEngine } from './engines-path.ts'

/** Schemathesis tries REST against its own description. It is Python's: all its packages are pinned here. */
const LIST = join(import.meta.dirname, 'schemathesis.txt')
const MAIN = 'from schemathesis.cli import schemathesis; schemathesis()'
const REMEDY = 'The tests need Schemathesis: run node scripts/engines.ts, which brings it by pip.'
type Program = { file: string; args: string[]; env: Record<string, string | undefined> }

const python = () => findEngine(engines.python)
/** Outside of the checkout, in a folder of its own for each list and Python: one that is there is whole. */
function folder(file: string): string {
  const { stdout } = spawnSync(file, ['-c', 'import sys; print(sys.version)'], { encoding: 'utf8' })
  const key = createHash('sha256').update(readFileSync(LIST)).update(stdout).digest('hex').slice(0, 16)
  return join(cacheFolder(), `schemathesis-${key}`)
}

/** How to run it, for tests: without it they cannot run, and must not pass. */
export function schemathesisProgram(): Program {
  const file = python()
  if (!file || !existsSync(folder(file))) throw new Error(REMEDY)
  return { file, args: ['-c', MAIN], env: { ...process.env, PYTHONPATH: folder(file) } }
}

/** Brings it where it is not there yet. Two at once each make one, and the first stays. */
export function installSchemathesis(): void {
  const file = python()
  if (!file) throw new Error(REMEDY)
  const home = folder(file)
  if (existsSync(home)) return
  mkdirSync(dirname(home), { recursive: true })
  const making = mkdtempSync(`${home}-`)
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', making, '--requirement', LIST]
    const { status, error, stderr } = spawnSync(file, pip, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${REMEDY}\nThat was tried: ${error?.message ?? stderr.trim()}`)
    renameSync(making, home)
  } catch (error) {
    if (!existsSync(home)) throw error
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}
