import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const readme = readFileSync('README.md', 'utf8')
const cited = [...readme.matchAll(/`([\w/.-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(([, file, names]) =>
  [...names!.matchAll(/“([^”]+)”/g)].map(([, name]) => [name!, file!] as const),
)

test('the README names a test for each of its eight promises', () => {
  expect(readme.match(/^\| \d\. \*\*/gm)).toHaveLength(8)
  expect(cited.length).toBeGreaterThanOrEqual(12)
})

test.each(cited)('the README’s “%s” is a test in %s', (name, file) => {
  expect(readFileSync(file, 'utf8')).toContain(name)
})

test('every folder and page that the README points to is there', () => {
  for (const [, path] of readme.matchAll(/\]\(([\w./-]+)\)/g)) expect(() => readFileSync(path!)).not.toThrow()
})
