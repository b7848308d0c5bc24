import fc from 'fast-check'
import { expect, test } from 'vitest'
import { question } from './question.ts'
import { searchable, wordsIn } from './words.ts'

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
