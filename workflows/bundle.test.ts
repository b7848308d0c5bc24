import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundleName, workflowBundle } from './bundle.ts'

const LONG = { timeout: 120_000 }
const OURS = join(import.meta.dirname, 'definitions')

let home: string
let cache: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-bundle-'))
  cache = join(home, 'cache')
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

test('it is made once, by all who ask at once, and is there whole', LONG, async () => {
  const all = await Promise.all([1, 2, 3].map(() => workflowBundle({ cache })))
  const codePath = join(cache, bundleName())
  expect(all).toEqual([{ codePath }, { codePath }, { codePath }])
  expect(readdirSync(cache)).toEqual([bundleName()])
  expect(readFileSync(codePath, 'utf8')).toContain('offerExpiry')
  writeFileSync(codePath, 'kept')
  expect(await workflowBundle({ cache })).toEqual({ codePath })
  expect(readFileSync(codePath, 'utf8')).toBe('kept')
})

test('it is another one as soon as a definition changes, and its tests are none', () => {
  const definitions = join(home, 'definitions')
  cpSync(OURS, definitions, { recursive: true })
  const before = bundleName(definitions)
  writeFileSync(join(definitions, 'any.test.ts'), '')
  expect([before, bundleName(definitions)]).toEqual([bundleName(), before])
  const file = join(definitions, 'offer-expiry.ts')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n// a word`)
  expect(bundleName(definitions)).not.toBe(before)
})

test('where it cannot be kept it is made all the same', LONG, async () => {
  writeFileSync(cache, 'no folder')
  chmodSync(cache, 0o400)
  expect(await workflowBundle({ cache })).toEqual({ code: expect.stringContaining('offerExpiry') })
})

test('the process that asks goes on meanwhile', LONG, async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 10)
  const begun = performance.now()
  await workflowBundle({ cache })
  clearInterval(timer)
  expect(turns).toBeGreaterThan((performance.now() - begun) / 100)
})

test('definitions that cannot be made into one are said in a line', LONG, async () => {
  const definitions = join(home, 'wrong')
  cpSync(OURS, definitions, { recursive: true })
  writeFileSync(join(definitions, 'index.ts'), "export * from './nowhere.ts'\n")
  const failure = await workflowBundle({ cache, definitions }).then(String, String)
  expect(failure).toMatch(/^Error: .*Error/)
  expect(failure).not.toContain('\n')
  expect(await workflowBundle({ cache, definitions }).then(String, String)).toBe(failure)
})
