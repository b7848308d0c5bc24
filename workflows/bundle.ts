import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cacheFolder } from '../persistence/cache-folder.ts'
import { run } from './child.ts'

const DEFINITIONS = join(import.meta.dirname, 'definitions')
/** Where an image has it from the time when it was built. */
const BUILT = join(import.meta.dirname, 'built')
/** In ms. */
const PATIENCE = 120_000

type Bundle = { codePath: string } | { code: string }
type Options = { cache?: string; definitions?: string }

/**
 * The bundle of the definitions, made once for as long as they, and Temporal's own part in it, stay what they are. It is made in a process of
 * its own, since that takes seconds. Two at once each make one, and they are the same. Where it cannot be kept it is made each time.
 */
export async function workflowBundle({ cache = cacheFolder(), definitions = DEFINITIONS }: Options = {}): Promise<Bundle> {
  const name = bundleName(definitions)
  const kept = [BUILT, cache].map((folder) => join(folder, name)).find(existsSync)
  if (kept) return { codePath: kept }
  const code = await run(process.execPath, [join(import.meta.dirname, 'make-bundle.ts'), definitions], { timeout: PATIENCE })
  try {
    return { codePath: keep(code, cache, name) }
  } catch {
    return { code }
  }
}

/** It is there whole or not at all. */
export function keep(code: string, folder: string, name: string): string {
  const path = join(folder, name)
  const making = `${path}-${randomUUID()}`
  mkdirSync(folder, { recursive: true })
  try {
    writeFileSync(making, code)
    renameSync(making, path)
    return path
  } finally {
    rmSync(making, { force: true })
  }
}

/** By what it is made of. */
export function bundleName(definitions = DEFINITIONS): string {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }
  const hash = createHash('sha256').update(version)
  for (const name of readdirSync(definitions, { recursive: true, encoding: 'utf8' }).sort())
    if (name.endsWith('.ts') && !name.endsWith('.test.ts')) hash.update(`${name}\0`).update(readFileSync(join(definitions, name)))
  return `workflows-${hash.digest('hex').slice(0, 16)}.js`
}
