import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/**
 * What there is to try, and how often unless said. `rooms`: clients on bad networks and killed nodes; `market` and `deals`: four people at
 * once; `proofs`: changed ones, by both verifiers.
 */
const kinds: Record<string, { files: string[]; seeds: string }> = {
  rooms: { files: ['realtime/convergence/convergence.test.ts'], seeds: '2000' },
  market: { files: ['server/market/model.test.ts'], seeds: '1000' },
  deals: { files: ['server/deals/model.test.ts'], seeds: '10000' },
  proofs: { files: ['client-sdk/verify/mutations.test.ts', 'client-sdk/verify/second-verifier.test.ts'], seeds: '10000' },
}
const USAGE = `npm run fuzz -- [--what ${Object.keys(kinds).join('|')}] [--seeds N] [--seed S], N from 1, S a whole number as a failure printed it`

function options(): { files: string[]; seeds: string; seed: string | undefined } | null {
  try {
    const { values } = parseArgs({
      options: { what: { type: 'string', default: 'rooms' }, seeds: { type: 'string' }, seed: { type: 'string' } },
    })
    const kind = Object.hasOwn(kinds, values.what) ? kinds[values.what] : undefined
    const seeds = values.seeds ?? kind?.seeds ?? ''
    return kind && /^[1-9]\d*$/.test(seeds) && /^-?\d+$/.test(values.seed ?? '0') ? { files: kind.files, seeds, seed: values.seed } : null
  } catch {
    return null
  }
}

const given = options()
if (!given) {
  console.error(USAGE)
  process.exit(2)
}
const env = { ...process.env, PARLEY_FUZZ_SEEDS: given.seeds, ...(given.seed && { PARLEY_FUZZ_SEED: given.seed }) }
const { status } = spawnSync('vitest', ['run', ...given.files], { stdio: 'inherit', env })
process.exit(status ?? 1)
