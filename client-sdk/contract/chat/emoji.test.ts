import { expect, test } from 'vitest'
import { emojiFrom } from './emoji.ts'
import { Emoji } from './schema.ts'

test.each([
  ['❤', '❤️'],
  ['❤️', '❤️'],
  ['☺', '☺️'],
  ['👍', '👍'],
  ['👍🏽', '👍🏽'],
  ['👨‍⚕', '👨‍⚕️'],
  ['🇺🇦', '🇺🇦'],
  ['👨‍👩‍👧', '👨‍👩‍👧'],
])('%s is the emoji %s', (written, emoji) => {
  expect(emojiFrom(written)).toBe(emoji)
  expect(Emoji.parse(written)).toBe(emoji)
})

test.each(['', 'a', '1', 'ok', '❤❤', '👍👍', '👍\uFE0F', '\uFE0F', '❤'.repeat(40)])('%j is no emoji, and is left as it is', (text) => {
  expect(emojiFrom(text)).toBe(text)
  expect(Emoji.safeParse(text).success).toBe(false)
})
