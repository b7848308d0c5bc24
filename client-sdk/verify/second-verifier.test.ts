import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineProgram } from '../../scripts/engines-path.ts'
import { dishonest } from './testing-dishonest.ts'
import { malformedFiles } from './testing-odd-files.ts'
import { oddRooms } from './testing-odd-rooms.ts'
import { mutate, proofOf } from './testing-proofs.ts'
import { firstVerdict, secondVerifier } from './testing-second-verifier.ts'

const SEEDS = Number(process.env.PARLEY_FUZZ_SEEDS ?? 150)
const FIRST = Number(process.env.PARLEY_FUZZ_SEED ?? 0)
const seeds = Array.from({ length: process.env.PARLEY_FUZZ_SEED ? 1 : SEEDS }, (_, i) => FIRST + i)
/** In ms: a seed takes a tenth of this where nothing else is done. */
const timeout = 60_000 + SEEDS * 1_000

let second: ReturnType<typeof secondVerifier>
beforeAll(() => {
  second = secondVerifier()
})
afterAll(() => second[Symbol.dispose]())

/** What both say; it is the same. */
async function verdictOf(what: string, asked: { bytes: Uint8Array; kid: string }) {
  const [ours, theirs] = await Promise.all([firstVerdict(asked), second.verdict(asked)])
  expect(ours, what).toEqual(theirs)
  return theirs
}

test('the second verifier knows RFC 8032’s vectors, and which JSON is canonical', () => {
  const args = ['-B', '-m', 'unittest', '-q', 'verify_proof_test']
  const { status, stderr } = spawnSync(engineProgram('python'), args, { cwd: join(import.meta.dirname, '../../scripts'), encoding: 'utf8' })
  expect(stderr).toMatch(/Ran \d+ tests/)
  expect(status, stderr).toBe(0)
})

test('both verifiers say the same of every proof, of what others make of it, and of what a hub signs that lies', { timeout }, async () => {
  const lies = new Set<string>()
  let [proof, other] = [proofOf(FIRST), proofOf(FIRST + 1)]
  for (const seed of seeds) {
    expect(await verdictOf(`seed ${seed}`, proof)).toMatchObject({ ok: true })
    const mutant = mutate(seed, proof.bytes, other)
    expect(await verdictOf(`seed ${seed}: ${mutant.what}`, { ...mutant, kid: proof.kid })).toMatchObject({ ok: false })
    const lie = dishonest(seed, proof.bytes, other)
    const verdict = await verdictOf(`seed ${seed}, a lie: ${lie.what}`, lie)
    lies.add(verdict.ok ? 'ok' : verdict.problem)
    ;[proof, other] = [other, proofOf(seed + 2)]
  }
  if (seeds.length >= 100) expect([...lies]).toEqual(expect.arrayContaining(['ok', 'deal.differs', 'acceptance.notOpen', 'terms.differ']))
})

test.each(malformedFiles())('malformed, say both: $what', async ({ what, says, ...file }) => {
  expect(await verdictOf(what, file)).toMatchObject(says)
})

test.each(oddRooms())('signed by the hub, and odd: $what', async ({ what, says, ...file }) => {
  expect(await verdictOf(what, file)).toMatchObject(says)
})
