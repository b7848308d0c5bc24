import { expect, test } from 'vitest'
import { type Problem, problems } from './problems.ts'
import { mutate, proofOf } from './testing-proofs.ts'
import { verifyProof } from './verify-proof.ts'

const SEEDS = Number(process.env.PARLEY_FUZZ_SEEDS ?? 300)
const FIRST = Number(process.env.PARLEY_FUZZ_SEED ?? 0)
const seeds = Array.from({ length: process.env.PARLEY_FUZZ_SEED ? 1 : SEEDS }, (_, i) => FIRST + i)
/** So many different proofs are changed: `npm run fuzz -- --what proofs --seed S` does one again. */
const PROOFS = 120
const known = new Map<number, ReturnType<typeof proofOf>>()
function proof(seed: number): ReturnType<typeof proofOf> {
  const its = known.get(seed % PROOFS) ?? proofOf(seed % PROOFS)
  known.set(seed % PROOFS, its)
  return its
}
const patience = 60_000 + SEEDS * 200

test(
  'every proof verifies as it was exported, by the key that sealed it and by no other',
  async () => {
    const other = 'A'.repeat(43)
    for (const seed of seeds.slice(0, Math.ceil(SEEDS / 4))) {
      const { bytes, kid } = proofOf(seed)
      expect(await verifyProof([bytes], { pinned: [other, kid] }), `seed ${seed}`).toMatchObject({ ok: true })
      expect(await verifyProof([bytes], { pinned: [other] }), `seed ${seed}`).toMatchObject({ ok: false, problem: 'key.notPinned' })
    }
  },
  patience,
)

test(
  'whatever is changed in a proof without the hub’s key is found, and said in which line',
  async () => {
    const found = new Map<Problem, number>()
    for (const seed of seeds) {
      const { bytes, kid } = proof(seed)
      const mutant = mutate(seed, bytes, proof(seed * 7 + 1))
      const verdict = await verifyProof([mutant.bytes], { pinned: [kid] })
      if (verdict.ok) expect.fail(`seed ${seed} was not found: ${mutant.what}`)
      expect(Object.keys(problems), `seed ${seed}`).toContain(verdict.problem)
      expect(verdict.line, `seed ${seed}`).toBeLessThanOrEqual(1 + mutant.bytes.filter((byte) => byte === 10).length + 1)
      found.set(verdict.problem, (found.get(verdict.problem) ?? 0) + 1)
    }
    console.log(`${seeds.length} changed proofs: ${Array.from(found, ([problem, n]) => `${problem} ${n}`).join(', ')}`)
    if (SEEDS >= 10_000 && seeds.length > 1) expect(new Set(found.keys())).toEqual(new Set(Object.keys(problems)))
  },
  patience,
)

test('a proof may come in pieces of any length', async () => {
  const { bytes, kid } = proof(0)
  const whole = await verifyProof([bytes], { pinned: [kid] })
  for (const size of [1, 7, 1_000]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
    expect(await verifyProof(pieces, { pinned: [kid] })).toEqual(whole)
  }
})
