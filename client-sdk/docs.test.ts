import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('everything that the SDK exports is documented', { timeout: 120_000 }, () => {
  const typedoc = join(import.meta.dirname, 'node_modules/typedoc/bin/typedoc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  expect(`${stdout}${stderr}`.replace(/\S*Found 0.*/, '')).not.toMatch(/warning|error/i)
  expect(status).toBe(0)
})
