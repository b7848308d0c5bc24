import { expect, test } from 'vitest'
import { name } from './names.ts'

const kept = [
  'Nora Lindqvist',
  'Данило Коваль',
  '田中 愛子',
  'Fjord Coffee Кава',
  'José',
  'Ümit-Ali O’Neill',
  'Café ☕️ 🏳️‍🌈 & Co.',
  'می‌خواهم',
  'नमस्ते',
  'Zoë 2.0',
]
test.each(kept)('%s is a name', (text) => {
  expect(name(80).parse(`  ${text} `)).toBe(text.normalize('NFC'))
})

const refused = {
  'turns what follows around': 'abc\u202egnp.exe',
  'hides a space': 'Fjord\u200bCoffee',
  'hides a joiner in Latin': 'Fjord\u200dCoffee',
  'mixes Cyrillic into a Latin word': 'Fj\u043erd',
  'mixes Greek into a Latin word': '\u0391pple',
  'has a line break': 'one\ntwo',
  'is a filler that shows nothing': '\u3164',
  'is blank': ' \t ',
  'is no text': 'a\ud800',
  towers: `Z${'\u0301'.repeat(6)}`,
  'is of no character': '\u{10ffff}',
  'is too long': 'a'.repeat(81),
}
test.each(Object.entries(refused))('what %s is no name', (_why, text) => {
  expect(name(80).safeParse(text).success).toBe(false)
})

test('the same name written in two ways is the same', () => {
  expect(name(80).parse('Zoe\u0308')).toBe(name(80).parse('Zo\u00eb'))
})
