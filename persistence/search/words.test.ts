import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { question } from './question.ts'
import * as ukrainian from './ukrainian.ts'
import { searchable, searchables, wordsIn } from './words.ts'

vi.mock('./ukrainian.ts', { spy: true }) // as it is, but what it is asked is seen

test.each([
  ['Brand’s co-branding, v2.0: ÉCLAIR', 'brand s co branding v2 0 eclair'],
  ['**bold** ~~gone~~ `code` [link](https://shop.example/a_b)', 'bold gone code link https shop example a b'],
  ['hi <@00000000-0000-4000-8000-000000000001>, <@someone>', 'hi someone'],
  ['п’ять обʼєктів', 'пят обект'],
  ['бренд та ринок', 'бренд the ринк'],
  ['ＦＵＬＬ ﬁne 🦜 Straße', 'full fine straße'],
  ['x'.repeat(100), 'x'.repeat(64)],
])('%j is searched by %j', (text, words) => {
  expect(searchable(text)).toBe(words)
})

test.each([
  ['final "brand report" -draft', '"final" "brand report" -"draft"', ['final', 'brand', 'report']],
  ['co-brand OR ринку або -"та це"', '"co brand" or "ринк" or -"the the"', ['co', 'brand', 'ринк']],
  ['"left open', '"left open"', ['left', 'open']],
  ['*** <@00000000-0000-4000-8000-000000000001>', '', []],
])('%j asks %j', (typed, query, sought) => {
  expect(question(typed)).toEqual({ query, sought })
})

test('a word is where it is said to be, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const words = wordsIn(text)
      for (const [i, { start, end, key }] of words.entries()) {
        expect(start).toBeGreaterThanOrEqual(words[i - 1]?.end ?? 0)
        expect(text.slice(start, end)).toMatch(/^[\p{L}\p{N}]/u)
        expect(key).toMatch(/^[\p{L}\p{N}]+$/u)
      }
      expect(question(text).sought.every((key) => key.length <= 128)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('a long word is searched by its first 64 letters, and no more of it is ever looked at', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'абєїлнсьяz\u0301\u0316\ufdfa𝐀'), minLength: 65, maxLength: 4_000 })
  vi.mocked(ukrainian.fold).mockClear()
  vi.mocked(ukrainian.stem).mockClear()
  fc.assert(
    fc.property(letters, (rest) => {
      const word = `л${rest}`
      expect(searchable(word)).toBe(searchable([...word].slice(0, 64).join('')))
    }),
  )
  const asked = [ukrainian.fold, ukrainian.stem].map((it) => vi.mocked(it).mock.calls.map(([word]) => [...word].length))
  for (const lengths of asked) expect(Math.max(...lengths)).toBe(64)
})

test('between the long texts of many, others get their turn', async () => {
  let turns = 0
  let counting = true
  const count = () => {
    turns++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  const texts = Array.from({ length: 20 }, (_, i) => `${i} ${'слово '.repeat(100)}`)
  expect(await searchables(texts)).toEqual(texts.map(searchable))
  counting = false
  expect(turns).toBeGreaterThanOrEqual(19)
})
