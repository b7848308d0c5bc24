import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTemporal, isTemporal } from '../workflows/dev-server/find.ts'
import { aptGet, withoutServices } from './engines-install.ts'
import { engineProgram, engines, findEngine, remedy } from './engines-path.ts'
import { installSchemathesis, schemathesisProgram } from './schemathesis.ts'

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-engines-'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function program(name: string, text: string, mode = 0o755): string {
  const file = join(home, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
const engine = { name: 'a thing', programs: ['parley-thing', 'parley-thing-server'], package: 'thing' }

test('an engine is found on the PATH by any of its names, and only as a program', () => {
  expect(findEngine(engine, home)).toBeUndefined()
  mkdirSync(join(home, 'parley-thing'))
  program('parley-thing-server', '', 0o644)
  expect(findEngine(engine, home)).toBeUndefined()
  const server = program('parley-thing-server', '')
  expect(findEngine(engine, `/nowhere::${home}`)).toBe(server)
})

test('every engine of the tests is on this machine, also with an empty PATH for servers', () => {
  for (const name of Object.keys(engines) as (keyof typeof engines)[]) expect(existsSync(engineProgram(name))).toBe(true)
  expect(findEngine({ name: 'any', programs: ['ldconfig', 'sysctl'], package: '' }, '')).toBeDefined()
})

test('what is missing is said in one line, with the way to get it', () => {
  const line = remedy([engines.redis, engines.nginx])
  expect(line).toContain('need redis, nginx.')
  expect(line).toContain('apt-get install redis-server nginx-light;')
  expect(line).not.toContain('\n')
})

test("APT's lock is waited for; any other failure is passed on in its own words at once", async () => {
  const busyTwice = program(
    'busy',
    `#!/bin/sh\necho x >> '${home}/tries'\n[ "$(wc -l < '${home}/tries')" -gt 2 ] && echo "$@" && exit 0\necho 'E: Could not get lock /var/lib/apt/lists/lock' >&2\nexit 100\n`,
  )
  expect(await aptGet(['update'], { program: busyTwice, pause: 1 })).toMatch(/ update\n$/)
  expect(readFileSync(join(home, 'tries'), 'utf8')).toBe('x\nx\nx\n')
  await expect(
    aptGet(['update'], { program: program('always', '#!/bin/sh\necho Could not get lock >&2; exit 100\n'), patience: 0, pause: 1 }),
  ).rejects.toThrow('lock')
  const unknown = program('unknown', '#!/bin/sh\necho "E: Unable to locate package thing" >&2; exit 100\n')
  await expect(aptGet(['install', 'thing'], { program: unknown })).rejects.toThrow('apt-get install: E: Unable to locate package thing')
  await expect(aptGet(['update'], { program: join(home, 'absent') })).rejects.toThrow('ENOENT')
})

test('services are forbidden to start while something is installed, and allowed again however that ends', async () => {
  const policy = join(home, 'policy-rc.d')
  const look = async () => expect(readFileSync(policy, 'utf8')).toMatch(/\nexit 101\n$/)
  await withoutServices(look, policy)
  expect(existsSync(policy)).toBe(false)
  await expect(withoutServices(() => Promise.reject(new Error('no')), policy)).rejects.toThrow('no')
  expect(existsSync(policy)).toBe(false)
  await withoutServices(async () => {
    await withoutServices(look, policy) // as if a run before had been killed
    expect(existsSync(policy)).toBe(false)
  }, policy)
  writeFileSync(policy, 'exit 0')
  await withoutServices(async () => expect(readFileSync(policy, 'utf8')).toBe('exit 0'), policy)
  expect(readFileSync(policy, 'utf8')).toBe('exit 0')
})

test('Schemathesis is there in the version that is pinned, with every package that it needs', () => {
  const [, version] = /^schemathesis==(.+)$/m.exec(readFileSync(join(import.meta.dirname, 'schemathesis.txt'), 'utf8'))!
  const { file, args, env } = schemathesisProgram()
  const { stdout } = spawnSync(file, [...args, '--version'], { env, encoding: 'utf8' })
  expect(stdout).toContain(version)
  installSchemathesis() // it is whole: nothing to do
})

test("Temporal's development server is there, found on the PATH or brought", async () => {
  const program = await findTemporal()
  expect(program && (await isTemporal(program))).toBe(true)
})

test('where Schemathesis is not, its tests fail with the way to get it', () => {
  const { XDG_CACHE_HOME } = process.env
  process.env.XDG_CACHE_HOME = home
  try {
    expect(schemathesisProgram).toThrow('The tests need Schemathesis: run node scripts/engines.ts')
  } finally {
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME
  }
})
