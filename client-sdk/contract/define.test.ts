import { expect, test } from 'vitest'
import { ListMessages, Moment, newId, SearchMessages } from './index.ts'

test.each([
  ['2024-02-29T12:00:00+02:30', '2024-02-29T09:30:00.000Z'],
  ['2024-01-01T00:00:00+23:59', '2023-12-31T00:01:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.9999Z', '9999-12-31T23:59:59.999Z'],
])('the moment %s is %s', (asked, at) => {
  expect(Moment.parse(asked)).toBe(at)
})

test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-15:00', 'yesterday', '2024-02-30T00:00:00Z', ''])(
  '%j is no moment to ask for',
  (at) => {
    expect(Moment.safeParse(at).success).toBe(false)
    for (const query of [{ after: at }, { before: at }]) expect(SearchMessages.safeParse({ q: 'x', ...query }).success).toBe(false)
    expect(ListMessages.safeParse({ roomId: newId(), at }).success).toBe(false)
  },
)
