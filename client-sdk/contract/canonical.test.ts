import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, type Json } from './canonical.ts'

test('the example of RFC 8785, 3.2.2, has the bytes of 3.2.4', () => {
  const input = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`) as Json
  const bytes =
    '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31' +
    '652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d'
  expect(Buffer.from(canonical(input)).toString('hex')).toBe(bytes)
})

test('keys are in order of their UTF-16 units, as in RFC 8785, 3.2.3', () => {
  const names = {
    '\u20ac': 'euro',
    '\r': 'carriage return',
    '\ufb33': 'dalet with dagesh',
    '1': 'one',
    '\ud83d\ude00': 'grinning face',
    '\u0080': 'control',
    '\u00f6': 'o with diaeresis',
  }
  const order = ['carriage return', 'one', 'control', 'o with diaeresis', 'euro', 'grinning face', 'dalet with dagesh']
  const places = order.map((name) => canonical(names).indexOf(name))
  expect(places).not.toContain(-1)
  expect(places).toEqual([...places].sort((a, b) => a - b))
})

// RFC 8785, appendix B: the bits of a double, and its text.
test.each([
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
])('the number %s is written %s', (bits, text) => {
  expect(canonical(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text)
})

test.each([
  ['NaN', Number.NaN],
  ['an infinity', Number.NEGATIVE_INFINITY],
  ['a lone surrogate', 'a\ud800'],
  ['a lone surrogate in a key', { 'a\udc00': 1 }],
  ['a bigint', 1n],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['undefined in an array', [1, undefined]],
])('%s is refused, however deep it lies', (_name, value) => {
  expect(() => canonical(value as Json)).toThrow(TypeError)
  expect(() => canonical([{ a: value as Json }])).toThrow(TypeError)
})

test('a member that is undefined is not there', () => {
  expect(canonical({ b: undefined, a: 1 })).toBe('{"a":1}')
})

const values = fc.jsonValue({ stringUnit: 'binary' }).map((value) => value as Json)

test('whatever JSON can say comes back as it was, and has one form', () => {
  fc.assert(
    fc.property(values, (value) => {
      const text = canonical(value)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonical(JSON.parse(text) as Json)).toBe(text)
    }),
  )
})

test('the order in which keys were set does not matter', () => {
  const shuffled = fc
    .uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), values), { selector: ([key]) => key })
    .chain((members) => fc.tuple(fc.constant(members), fc.shuffledSubarray(members, { minLength: members.length })))
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(canonical(Object.fromEntries(one))).toBe(canonical(Object.fromEntries(other)))
    }),
  )
})
