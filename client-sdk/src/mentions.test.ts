import { expect, test } from 'vitest'
import type { ActorKey } from '../contract/ids.ts'
import { mentionable } from './mentions.ts'

const names = ['José Álvarez', 'Їжак Петренко', 'Anna-Maria Joss', 'Alva Johansson', 'Me Too', null]
const members = names.map((name, i) => ({ key: `k${i}` as ActorKey, role: 'creator' as const, since: i, name }))
const found = (prefix: string, limit = 9) => mentionable(members, 'k4', prefix, limit).map(({ member }) => member.name)

test.each([
  ['jo', ['José Álvarez', 'Alva Johansson', 'Anna-Maria Joss']],
  ['alv', ['Alva Johansson', 'José Álvarez']],
  ['ЇЖ', ['Їжак Петренко']],
  ['пет', ['Їжак Петренко']],
  ['mar', ['Anna-Maria Joss']],
  ['josé ál', ['José Álvarez']],
  ['me', []],
  ['ose', []],
])('W8 %s finds by the beginning of any word of a name, the whole name’s first', (prefix, expected) => {
  expect(found(prefix)).toEqual(expected)
})

test('W8 nothing typed yet offers everybody but us and the nameless, and what to put into the text', () => {
  expect(found('', 3)).toHaveLength(3)
  expect(found('')).toHaveLength(4)
  expect(mentionable(members, 'k4', 'alva', 1)[0]?.insert).toBe('<@k3>')
})
