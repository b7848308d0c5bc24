import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonical, type Json } from '../contract/canonical.ts'
import { thumbprint } from './keys.ts'
import { plain } from './plain.ts'
import { keyFrom, partsOf, rechained, sealed, told } from './testing-lines.ts'
import { proofOf } from './testing-proofs.ts'
import { randomFrom } from './testing-random.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-verify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const { bytes, kid } = proofOf(2) // there is an agreement in it
const file = join(folder, 'a proof.jsonl')
beforeAll(() => writeFileSync(file, bytes))

const MAIN = join(import.meta.dirname, 'main.ts')
function run(
  args: readonly string[],
  { input, node = process.execPath, program = MAIN }: { input?: Uint8Array; node?: string; program?: string } = {},
) {
  const { status, stdout, stderr } = spawnSync(node, [program, ...args], { ...(input && { input }), cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('it says what is proved, in words or in JSON, of a file or of what comes in', () => {
  const words = run([file, '--key', kid])
  expect(words).toMatchObject({ status: 0, stderr: '' })
  const { room, deal } = partsOf(bytes)
  const { terms } = deal!.offers.find(({ offer }) => offer === deal!.binding)!
  for (const said of [room, kid, deal!.applicationId, deal!.state, canonical(terms.fee), canonical(terms.payments)])
    expect(words.stdout).toContain(said)
  const json = run(['--json', '--key', 'A'.repeat(43), '--key', kid, '-'], { input: bytes })
  expect(json.status).toBe(0)
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, room, deal: { state: deal!.state } })
})

test('it says what is wrong, where, and what that means', () => {
  expect(run([file, '--key', 'A'.repeat(43)])).toEqual({
    status: 1,
    stdout: expect.stringMatching(
      /^Does not verify: key\.notPinned\n {2}where +line \d+\n {2}meaning +The seal is by a key that you do not trust\.\n$/,
    ),
    stderr: '',
  })
  const seen = run([file, '--key', kid, '--seen', `3:${'0'.repeat(64)}`, '--json'])
  expect([seen.status, JSON.parse(seen.stdout)]).toMatchObject([1, { ok: false, problem: 'checkpoint.differs', seq: 3 }])
})

test('an id of a key may begin with a dash', () => {
  const dashed = Array.from({ length: 1_000 }, (_, i) => keyFrom(randomFrom(i), '2026-01-01T00:00:00.000Z')).find(({ jwk }) =>
    jwk.kid.startsWith('-'),
  )!
  expect(dashed.jwk.kid).toBe(thumbprint(dashed.jwk.x))
  const parts = partsOf(bytes)
  const its = sealed({ ...parts, keys: [...parts.keys, dashed.jwk] }, dashed)
  for (const args of [['--key', dashed.jwk.kid], [`--key=${dashed.jwk.kid}`]])
    expect(run(['-', ...args], { input: its })).toMatchObject({ status: 0 })
})

test.each([
  ['nothing', [], /^There is no FILE/],
  ['no key', [file], /^A --key is missing/],
  ['no file', ['--key', kid], /^There is no FILE/],
  ['two files', [file, 'b\u001b[31m', '--key', kid], /^One FILE at a time: what is “b\\u\{1b\}\[31m”/],
  ['a key that is none', [file, '--key', 'x'], /^“x” is no id of a key/],
  ['a key without its id', [file, '--key'], /^.*--key.*argument missing/],
  ['a checkpoint that is none', [file, '--key', kid, '--seen', '3'], /^“3” is no checkpoint/],
  ['something unknown', [file, '--key', kid, '--colour'], /^.*--colour/],
])('asked wrongly, it says what is wrong, and how to ask: %s', (_name, args, wrong) => {
  const { status, stdout, stderr } = run(args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(wrong)
  expect(stderr).toContain('\n\nparley-verify FILE --key KID')
})

test('asked for help, it says how to ask', () => {
  expect(run(['--help'])).toEqual({ status: 0, stdout: expect.stringMatching(/^parley-verify FILE --key KID/), stderr: '' })
})

test('a file that cannot be read is no proof that fails', () => {
  expect(run(['no\u001b[31msuch', '--key', kid])).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^no\\u\{1b\}\[31msuch cannot be read: /),
  })
  expect(run([folder, '--key', kid])).toMatchObject({ status: 2, stdout: '' })
})

test('nothing of a file can steer a terminal', () => {
  const hub = keyFrom(randomFrom(9), '2026-01-01T00:00:00.000Z')
  const its = partsOf(proofOf(1).bytes)
  const evil = '\u001b]0;x\u0007\u009b31m\u202e\u2028\n'
  const erased = its.entries.findIndex(({ type }) => type === 'log.erased')
  const deal = canonical({ ...JSON.parse(its.entries[erased]!.deal!), reason: evil } as Json)
  const to = { ...its.entries[0]!, type: 'application.statusChanged', deal: canonical({ to: evil, version: 2 } as Json) }
  const entries = rechained(its.room, [
    ...its.entries.with(erased, { ...its.entries[erased]!, deal }),
    { ...to, seq: its.entries.length + 1 },
  ])
  const input = sealed({ ...its, keys: [hub.jwk], entries, checkpoints: [], deal: told(its.room, entries) }, hub)
  const words = run(['-', '--key', hub.jwk.kid], { input })
  const json = run(['-', '--json', '--key', hub.jwk.kid], { input })
  for (const { status, stdout } of [words, json]) {
    expect(status).toBe(0)
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/)
  }
  expect(words.stdout).toContain(`${plain(evil)}, version 2`)
  expect(JSON.parse(json.stdout)).toMatchObject({ deal: { state: evil }, erased: [{ reason: evil }] })
})

test('as it is published it is one file that the machine’s own Node runs', { timeout: 60_000 }, () => {
  const program = join(folder, 'parley-verify.mjs')
  const esbuild = join(import.meta.dirname, '../../node_modules/.bin/esbuild')
  execFileSync(esbuild, [MAIN, '--bundle', '--minify', '--platform=node', '--format=esm', '--target=node20', `--outfile=${program}`], {
    stdio: 'pipe',
  })
  const path = (process.env.PATH ?? '').split(':').filter((part) => !part.includes('node_modules'))
  const node = execFileSync('/usr/bin/env', ['sh', '-c', 'command -v node'], { env: { PATH: path.join(':') }, encoding: 'utf8' }).trim()
  expect(run([file, '--key', kid], { node, program })).toMatchObject({ status: 0, stderr: '' })
  expect(run([file, '--key', kid], { node, program }).stdout).toBe(run([file, '--key', kid]).stdout)
})
