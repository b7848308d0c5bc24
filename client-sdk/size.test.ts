import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Bytes. */
const BUDGET = 25_000

test('the SDK with all that it uses is at most 25 kB compressed, and needs nothing of Node', async () => {
  const entryPoints = [join(import.meta.dirname, 'src/index.ts')]
  const { outputFiles, metafile, warnings } = await build({
    entryPoints,
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
  console.log(`SDK: ${contents.length} bytes, gzip ${compressed}, brotli ${brotliCompressSync(contents).length}`)
  expect(compressed).toBeLessThanOrEqual(BUDGET)
  expect(warnings).toEqual([])
  expect(text).not.toMatch(/["'`]node:/)
  const packages = Object.keys(metafile.inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
  expect([...new Set(packages)]).toEqual(['@noble/hashes'])
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
})
