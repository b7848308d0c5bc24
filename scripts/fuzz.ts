import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/**
 * What there is to try, and how often unless said. `rooms`: clients on bad networks and killed nodes; `market` and `deals`: four people at
 * once; `proofs`: changed ones, by both verifiers; `deadlines`: so many offers that run out while everything is killed.
 */
const kinds: Record<string, { files: string[]; seeds: string; offers?: string }> = {
  rooms: { files: ['realtime/convergence/convergence.test.ts'], seeds: '2000' },
  market: { files: ['server/market/model.test.ts'], seeds: '1000' },
  deals: { files: ['server/deals/model.test.ts'], seeds: '10000' },
  proofs: { files: ['client-sdk/verify/mutations.test.ts', 'client-sdk/verify/second-verifier.test.ts'], seeds: '10000' },
  deadlines: { files: ['workflows/deadlines.test.ts'], seeds: '1', offers: '2000' },
}
const USAGE = `npm run fuzz -- [--what ${Object.keys(kinds).join('|')}] [--seeds N] [--seed S] [--offers N], N from 1, S a whole number as a failure printed it`

function options(): { files: string[]; seeds: string; seed: string | undefined; offers: string | undefined } | null {
  try {
    const { values } = parseArgs({
      options: {
        what: { type: 'string', default: 'rooms' },
        seeds: { type: 'string' },
        seed: { type: 'string' },
        offers: { type: 'string' },
      },
    })
    const kind = Object.hasOwn(kinds, values.what) ? kinds[values.what] : undefined
    const seeds = values.seeds ?? kind?.seeds ?? ''
    const offers = values.offers ?? kind?.offers
    const isNumber = [seeds, offers ?? '1'].every((text) => /^[1-9]\d*$/.test(text)) && /^-?\d+$/.test(values.seed ?? '0')
    return kind && isNumber ? { files: kind.files, seeds, seed: values.seed, offers } : null
  } catch {
    return null
  }
}

const given = options()
if (!given) {
  console.error(USAGE)
  process.exit(2)
}
const env = {
  ...process.env,
  PARLEY_FUZZ_SEEDS: given.seeds,
  ...(given.seed && { PARLEY_FUZZ_SEED: given.seed }),
  ...(given.offers && { PARLEY_FUZZ_OFFERS: given.offers }),
}
const { status } = spawnSync('vitest', ['run', ...given.files], { stdio: 'inherit', env })
process.exit(status ?? 1)
