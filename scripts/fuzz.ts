import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** `npm run fuzz -- --seeds 10000`: many bad networks; `--seed S` plays one again, as a failure printed it. */
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, seed: { type: 'string' } } })
const env = { ...process.env, PARLEY_FUZZ_SEEDS: values.seeds, ...(values.seed && { PARLEY_FUZZ_SEED: values.seed }) }
const { status } = spawnSync('vitest', ['run', 'realtime/convergence.test.ts'], { stdio: 'inherit', env })
process.exit(status ?? 1)
