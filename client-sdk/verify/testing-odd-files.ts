import { kid, type Odd, parts } from './testing-odd.ts'
import { resealed } from './testing-own-hub.ts'

const bytesOf = (lines: readonly (string | Uint8Array)[], end = '\n'): Uint8Array =>
  Uint8Array.from(Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from(end)])))
/** Text in which `~` stands for these bytes. */
const withBytes = (text: string, ...bytes: number[]): Uint8Array => {
  const [head = '', tail = ''] = text.split('~')
  return Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)])
}

/** Files whose bytes, lines or JSON are not as the page says: each is malformed, in a line that is known. */
export function malformedFiles(): Odd[] {
  const lines = Buffer.from(resealed(parts)).toString().trimEnd().split('\n')
  const n = lines.length
  const checkpoint = parts.entries.length + 2
  const malformed = (what: string, line: number, bytes: Uint8Array): Odd => ({
    what,
    bytes,
    kid,
    says: { ok: false, problem: 'file.malformed', line, seq: null },
  })
  /** One line written otherwise. */
  const spelled = (what: string, line: number, by: (text: string) => string | Uint8Array): Odd => {
    const text = lines[line - 1]!
    const other = by(text)
    if (other === text) throw new Error(`Nothing is changed: ${what}`)
    return malformed(what, line, bytesOf([...lines.slice(0, line - 1), other, ...lines.slice(line)]))
  }
  const seqAs = (seq: string) => spelled(`seq is ${seq.slice(0, 30)}`, 3, (text) => text.replace('"seq":2,', `"seq":${seq},`))
  const dealAs = (what: string, deal: string) => spelled(`the deal is ${what}`, n - 1, () => `{"deal":${deal}}`)
  const nested = (deep: number) => '['.repeat(deep) + ']'.repeat(deep)
  const numbers = [
    '2.0',
    '2e0',
    '20e-1',
    '02',
    '+2',
    '-0',
    '0',
    '-2',
    '0x2',
    '2.5',
    ' 2',
    '9007199254740992',
    '9007199254740993',
    '1e400',
    '1e999999999',
  ]
  const values = [
    '"2"',
    'true',
    'null',
    '[2]',
    '{}',
    'NaN',
    'Infinity',
    '-Infinity',
    'undefined',
    '',
    '2,"seq":2',
    '1'.repeat(400),
    '1'.repeat(5000),
  ]
  const letters: [string, (text: string) => string | Uint8Array][] = [
    ['a letter is escaped', (text) => text.replace('"type":"r', '"type":"\\u0072')],
    ['a slash is escaped', (text) => text.replace('"type":"', '"type":"\\/')],
    ['a line separator is escaped', (text) => text.replace('"type":"', '"type":"\\u2028')],
    ['a pair of surrogates is escaped', (text) => text.replace('"type":"', '"type":"\\ud83c\\udfac')],
    ['a surrogate is alone', (text) => text.replace('"type":"', '"type":"\\ud800')],
    ['a surrogate is alone as a name', (text) => text.replace('{"entry":{', '{"entry":{"\\udfff":1,')],
    ['an escape is upper case', (text) => text.replace('"type":"', '"type":"\\u001F')],
    ['a tabulator is escaped by its number', (text) => text.replace('"type":"', '"type":"\\u0009')],
    ['U+0000 stands as it is', (text) => text.replace('"type":"', '"type":"\0')],
    ['a tabulator stands as it is', (text) => text.replace('"type":"', '"type":"\t')],
    ['a surrogate is encoded', (text) => withBytes(text.replace('"type":"', '"type":"~'), 0xed, 0xa0, 0x80)],
    ['U+0000 is encoded too long', (text) => withBytes(text.replace('"type":"', '"type":"~'), 0xc0, 0x80)],
    ['there is a byte that UTF-8 has not', (text) => withBytes(text.replace('"type":"', '"type":"~'), 0xff)],
    ['a letter is beyond U+10FFFF', (text) => withBytes(text.replace('"type":"', '"type":"~'), 0xf4, 0x90, 0x80, 0x80)],
    ['a letter is cut', (text) => withBytes(text.replace('"type":"', '"type":"~'), 0xe2, 0x82)],
    ['a byte order mark begins it', (text) => `\ufeff${text}`],
    ['a space ends it', (text) => `${text} `],
    ['a no-break space ends it', (text) => `${text}\u00a0`],
    ['a carriage return ends it', (text) => `${text}\r`],
    ['a line separator ends it', (text) => `${text}\u2028`],
    ['a comma trails', (text) => text.replace(/}}$/, ',}}')],
    ['a comment follows', (text) => `${text}//`],
    ['another object follows', (text) => `${text}{}`],
    ['members are in another order', (text) => text.replace(/("version":\d+),("withheld":null)/, '$2,$1')],
    ['a member is too many', (text) => text.replace('{"entry":{', '{"entry":{"a":1,')],
    ['a member is missing', (text) => text.replace('"withheld":null', '').replace(',}', '}')],
    ['the whole has another member', (text) => text.replace(/}$/, ',"f":1}')],
    ['it is an array', (text) => `[${text}]`],
    ['it is null', () => 'null'],
    ['it is no object’s kind', () => '{"constructor":{}}'],
    ['it is __proto__', () => '{"__proto__":{}}'],
    ['it is the kind alone', () => '{"entry":null}'],
    ['it is an array of entries', () => '{"entry":[]}'],
    ['a hash is upper case', (text) => text.replace(/"hash":"[0-9a-f]*/, (hash) => hash.toUpperCase().replace('"HASH', '"hash'))],
    ['a hash is short', (text) => text.replace(/"hash":"../, '"hash":"')],
    ['a moment has no milliseconds', (text) => text.replace(/\.\d{3}Z/, 'Z')],
    ['a moment has an offset', (text) => text.replace(/(\.\d{3})Z/, '$1+00:00')],
    ['a digit is Arabic', (text) => text.replace('"at":"2', '"at":"\u0662')],
    ['nobody acts', (text) => text.replace(/"actor":"[^"]*"/, '"actor":null')],
    ['a part has no salt', (text) => text.replace(/"dealSalt":"[^"]*"/, '"dealSalt":null')],
    [
      'a salt has no part',
      (text) => text.replace('"personal":null,"personalSalt":null', `"personal":null,"personalSalt":"${'a'.repeat(32)}"`),
    ],
    [
      'a type that counts has no deal part',
      (text) => text.replace(/"deal":"(\\"|[^"])*","dealSalt":"[^"]*"/, '"deal":null,"dealSalt":null'),
    ],
    ['a deal part has a space', (text) => text.replace('"deal":"{', '"deal":"{ ')],
    ['a deal part ends with a line feed', (text) => text.replace('}","dealSalt"', '}\\n","dealSalt"')],
    ['a deal part names a member twice', (text) => text.replace('"deal":"{', '"deal":"{\\"member\\":1,')],
  ]
  const role = parts.entries.findIndex(({ type }) => type === 'room.roleChanged') + 2
  return [
    malformed('no bytes', 1, new Uint8Array()),
    malformed('a line feed', 1, Buffer.from('\n')),
    malformed('only the header', 2, bytesOf(lines.slice(0, 1))),
    malformed('no last line feed', n, bytesOf(lines).slice(0, -1)),
    malformed('an empty line at the end', n + 1, bytesOf([...lines, ''])),
    malformed('an empty line within', 4, bytesOf(lines.toSpliced(3, 0, ''))),
    malformed('a space at the end', n + 1, Buffer.concat([bytesOf(lines), Buffer.from(' ')])),
    malformed('carriage returns', 1, bytesOf(lines, '\r\n')),
    malformed('a byte order mark', 1, bytesOf([`\ufeff${lines[0]}`, ...lines.slice(1)])),
    malformed('the header twice', 2, bytesOf([lines[0]!, ...lines])),
    malformed('no header', 1, bytesOf(lines.slice(1))),
    malformed('no entries', 2, bytesOf([lines[0]!, ...lines.slice(checkpoint - 1)])),
    malformed('a checkpoint twice', checkpoint + 1, bytesOf(lines.toSpliced(checkpoint, 0, lines[checkpoint - 1]!))),
    malformed(
      'checkpoints the other way round',
      checkpoint + 1,
      bytesOf(lines.with(checkpoint - 1, lines[checkpoint]!).with(checkpoint, lines[checkpoint - 1]!)),
    ),
    malformed('an entry after the checkpoints', n - 1, bytesOf(lines.toSpliced(n - 2, 0, lines[checkpoint - 2]!))),
    malformed('the deal twice', n, bytesOf(lines.toSpliced(n - 2, 0, lines[n - 2]!))),
    malformed('no deal', n - 1, bytesOf(lines.toSpliced(n - 2, 1))),
    malformed('no seal', n, bytesOf(lines.slice(0, -1))),
    malformed('the seal twice', n + 1, bytesOf([...lines, lines[n - 1]!])),
    malformed('two files', n + 1, bytesOf([...lines, ...lines])),
    ...[...numbers, ...values].map(seqAs),
    ...letters.map(([what, by]) => spelled(what, role, by)),
    dealAs('text', '"deal"'),
    dealAs('an array', '[]'),
    dealAs('a number', '1'),
    dealAs('nested 65 deep', `{"a":${nested(63)}}`),
    dealAs('nested 1000 deep', `{"a":${nested(1000)}}`),
    dealAs('nested without an end', `{"a":${'['.repeat(1_000_000)}`),
    dealAs('nested a million deep', `{"a":${nested(1_000_000)}}`),
    dealAs('objects nested 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    dealAs('a long number', '9'.repeat(15_000_000)),
    dealAs('longer than a line may be', `{"a":"${'a'.repeat(17_000_000)}"}`),
    spelled('a key is of another kind', 1, (text) => text.replace('"OKP"', '"EC"')),
    spelled('a key says more', 1, (text) => text.replace('"kty"', '"d":"","kty"')),
    spelled('a key has bits over', 1, (text) => text.replace(/"x":"(.{42})./, '"x":"$1B')),
    spelled('no keys', 1, (text) => text.replace(/"keys":\[.*\]/, '"keys":[]')),
    spelled('the version is 2', 1, (text) => text.replace(/"version":1}}$/, '"version":2}}')),
    spelled('a signature is padded', n, (text) => text.replace(/("signature":"[^"]*)"/, '$1=="')),
    spelled('a signature has bits over', n, (text) => text.replace(/("signature":"[^"]*)."/, '$1B"')),
    spelled('a signature is of other letters', n, (text) => text.replace(/("signature":".{84})./, '$1+')),
  ]
}
