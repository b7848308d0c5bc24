import { expect, test } from 'vitest'
import { Currency, Day, Language, Territory, TimeZone, WebAddress } from './units.ts'

test.each(['https://example.com', 'HTTPS://Example.com/path?q=a@b#c', 'https://example.com:8443/@someone', 'https://example.com/сторінка'])(
  '%s is a web address',
  (address) => expect(WebAddress.parse(address)).toBe(address),
)

test.each([
  'http://example.com',
  'javascript:alert(1)',
  'https:example.com',
  'https:\\\\example.com',
  'https://example.com@elsewhere.com/',
  'https://user:password@example.com/',
  'https://example.com/a b',
  'https://localhost/',
  'https://127.0.0.1/',
  'https://example.com/\u0000',
  'https://example.com/\ud800',
  'https://example.com/\u202egnp.exe',
])('%j is no web address that everybody reads alike', (address) => expect(WebAddress.safeParse(address).success).toBe(false))

const units = {
  territory: { schema: Territory, good: ['GB', 'UA', '001', 'XK'], bad: ['UK', 'EU', 'ZZ', 'XA', 'DD', 'gb', '150', 'GBR', ''] },
  currency: { schema: Currency, good: ['EUR', 'JPY', 'UAH'], bad: ['EURO', 'eur', 'QQQ', ''] },
  language: { schema: Language, good: ['uk', 'en', 'pt-BR', 'fil'], bad: ['UK', 'xx', 'en-gb', 'english', ''] },
  'time zone': { schema: TimeZone, good: ['Europe/Kyiv', 'UTC'], bad: ['Europe/Nowhere', '+02:00', 'CET/../etc', ''] },
  day: { schema: Day, good: ['2026-11-21', '2028-02-29'], bad: ['2027-02-29', '0000-01-01', '2026-1-1', '12026-01-01'] },
}
const given = Object.entries(units).flatMap(([name, { schema, good, bad }]) => [
  ...good.map((value) => ({ name, schema, value, isOne: true })),
  ...bad.map((value) => ({ name, schema, value, isOne: false })),
])
test.each(given)('$value as a $name: $isOne', ({ schema, value, isOne }) => expect(schema.safeParse(value).success).toBe(isOne))
