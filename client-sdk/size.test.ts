import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Bytes. */
const BUDGET = 25_000
/** And so many more for the market, and for deals: half of that are the contract's rules, as the hub has them. */
const MARKET_BUDGET = 7_000
const DEAL_BUDGET = 10_000

async function bundle(code: string) {
  const { outputFiles, metafile, warnings } = await build({
    stdin: { contents: code, resolveDir: join(import.meta.dirname, 'src') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  const { contents, text } = outputFiles[0]!
  const compressed = gzipSync(contents, { level: 9 }).length
  expect(warnings).toEqual([])
  expect(text).not.toMatch(/["'`]node:/)
  const files = Object.keys(metafile.inputs)
  const packages = files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
  expect(packages).toEqual([])
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
  return { compressed, files, sizes: `${contents.length} bytes, gzip ${compressed}, brotli ${brotliCompressSync(contents).length}` }
}
/** Of the program that checks proofs, as it is. */
const VERIFIER_BUDGET = 25_000
test('what checks proofs is one file of at most 25 kB, and needs nothing but Node', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, 'verify/main.ts')],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  })
  console.log(`parley-verify: ${outputFiles[0]!.contents.length} bytes`)
  expect(outputFiles[0]!.contents.length).toBeLessThanOrEqual(VERIFIER_BUDGET)
  expect(Object.keys(metafile.inputs).filter((file) => file.includes('node_modules'))).toEqual([])
  const used = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  expect(new Set(used)).toEqual(new Set(['node:crypto', 'node:fs', 'node:util'])) // no network
})

const base = `export * from './index.ts'`

test('the SDK with all that it uses is at most 25 kB compressed, and needs nothing of Node nor of any package', async () => {
  const { compressed, sizes } = await bundle(base)
  console.log(`SDK: ${sizes}`)
  expect(compressed).toBeLessThanOrEqual(BUDGET)
})

test('the market adds at most 7 kB to it, and nothing to the SDK of those who do without', async () => {
  const alone = await bundle(base)
  expect(alone.files.filter((file) => file.includes('/market/'))).toEqual([])
  const both = await bundle(`${base}; export * from './market/market.ts'`)
  console.log(`with the market: ${both.sizes}: ${both.compressed - alone.compressed} more`)
  expect(both.compressed - alone.compressed).toBeLessThanOrEqual(MARKET_BUDGET)
})

test('deals add at most 10 kB to it, and nothing to the SDK of those who do without', async () => {
  const alone = await bundle(base)
  expect(alone.files.filter((file) => /\/deals?\//.test(file))).toEqual([])
  const both = await bundle(`${base}; export * from './deal/deal.ts'`)
  console.log(`with deals: ${both.sizes}: ${both.compressed - alone.compressed} more`)
  expect(both.compressed - alone.compressed).toBeLessThanOrEqual(DEAL_BUDGET)
})
