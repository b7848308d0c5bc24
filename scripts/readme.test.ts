import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].map((page) => [page, readFileSync(page, 'utf8')] as const)
const [[, readme]] = pages as [(typeof pages)[0]]
/** Tests by their names in quotes, after their files; a table's row may have several. */
const citedIn = (text: string) =>
  [...text.matchAll(/`([\w/.-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(([, file, names]) =>
    [...names!.matchAll(/“([^”]+)”/g)].map(([, name]) => [name!, file!] as const),
  )
const cited = pages.flatMap(([page, text]) => citedIn(text).map(([name, file]) => [page, name, file] as const))

test('the README names a test for each of its ten promises', () => {
  const promises = readme.split('\n').filter((line) => /^\| \d+\. \*\*/.test(line))
  expect(promises).toHaveLength(10)
  expect(promises.filter((line) => citedIn(line).length === 0)).toEqual([])
})

test('docs/deal.md names a test for each of its claims', () => {
  const [, table] = readFileSync('docs/deal.md', 'utf8').split('| claim | how | shown by |\n| --- | --- | --- |\n')
  const claims = table!.trim().split('\n')
  expect(claims.length).toBeGreaterThanOrEqual(12)
  expect(claims.filter((line) => citedIn(line).length === 0)).toEqual([])
})

test.each(cited)('in %s “%s” is a test in %s', (_page, name, file) => {
  expect(readFileSync(file, 'utf8')).toContain(name)
})

test.each(pages)('every page and folder that %s points to is there', (page, text) => {
  for (const [, path] of text.matchAll(/\]\(([\w./-]+)\)/g)) expect(() => readFileSync(join(dirname(page), path!))).not.toThrow()
})
