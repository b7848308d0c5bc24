import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/**
 * Makes `client-sdk/dist/`, the package as it is published: `npm pack ./client-sdk/dist`. In the repository the package's entry is its source;
 * Node strips no types inside node_modules, so what is published is JavaScript, and its entries are named after it here.
 */
const here = (path: string): string => fileURLToPath(new URL(`../client-sdk/${path}`, import.meta.url))

rmSync(here('dist'), { recursive: true, force: true })
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
execFileSync(process.execPath, [tsc, '-p', here('tsconfig.build.json')], { stdio: 'inherit' })

const {
  private: _private,
  scripts: _scripts,
  devDependencies: _dev,
  exports: entries,
  imports,
  bin,
  ...manifest
} = JSON.parse(readFileSync(here('package.json'), 'utf8'))
const inJs = (sources: Record<string, string>, types: boolean): object =>
  Object.fromEntries(
    Object.entries(sources).map(([name, source]) => {
      const base = source.replace(/\.ts$/, '')
      return [name, types ? { types: `${base}.d.ts`, default: `${base}.js` } : `${base}.js`]
    }),
  )
/** Programs, each a file that needs nothing but Node. */
const programs = Object.entries<string>(bin).map(([name, source]) => {
  const program = source.replace(/\.ts$/, '.js')
  const outfile = here(`dist/${program}`)
  buildSync({ entryPoints: [here(source)], outfile, bundle: true, minify: true, platform: 'node', format: 'esm', target: 'node20' })
  chmodSync(outfile, 0o755)
  return [name, program]
})
const inside = Object.fromEntries(Object.entries<Record<string, string>>(imports).map(([name, sources]) => [name, inJs(sources, false)]))
const published = { ...manifest, sideEffects: false, exports: inJs(entries, true), imports: inside, bin: Object.fromEntries(programs) }
writeFileSync(here('dist/package.json'), `${JSON.stringify(published, null, 2)}\n`)
copyFileSync(here('README.md'), here('dist/README.md'))
