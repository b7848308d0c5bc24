import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../persistence/cache-folder.ts'

const DEFINITIONS = join(import.meta.dirname, 'definitions')

/** The bundle of the definitions, made once for as long as they, and Temporal's own part in it, stay what they are. */
export async function workflowBundle(definitions = DEFINITIONS): Promise<{ codePath: string }> {
  const codePath = join(cacheFolder(), `workflows-${keyOf(definitions)}.js`)
  if (existsSync(codePath)) return { codePath }
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker')
  const { code } = await bundleWorkflowCode({ workflowsPath: join(definitions, 'index.ts'), logger: new DefaultLogger('WARN') })
  mkdirSync(dirname(codePath), { recursive: true })
  const making = `${codePath}-${process.pid}`
  writeFileSync(making, code)
  renameSync(making, codePath)
  return { codePath }
}

function keyOf(definitions: string): string {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string }
  const hash = createHash('sha256').update(version)
  for (const name of readdirSync(definitions).sort())
    if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(definitions, name)))
  return hash.digest('hex').slice(0, 16)
}
