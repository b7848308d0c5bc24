import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** `npm run fuzz -- --seeds 10000`: many bad networks; `--seed S` plays one again, as a failure printed it. */
const USAGE = 'npm run fuzz -- [--seeds N] [--seed S], N from 1, S a whole number as a failure printed it'

function options(): { seeds: string; seed: string | undefined } | null {
  try {
    const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, seed: { type: 'string' } } })
    return /^[1-9]\d*$/.test(values.seeds) && /^-?\d+$/.test(values.seed ?? '0') ? { seeds: values.seeds, seed: values.seed } : null
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
const { status } = spawnSync('vitest', ['run', 'realtime/convergence/convergence.test.ts'], { stdio: 'inherit', env })
process.exit(status ?? 1)
