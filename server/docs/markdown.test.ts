import { expect, test } from 'vitest'
import { markdown } from './markdown.ts'

test('paragraphs, headings, fences and tables become HTML, and what stands in them stays text', () => {
  expect(markdown('## A & b\n\n**Go** by `<x>`, see [errors](errors).')).toBe(
    '<h2>A &#38; b</h2>\n<p><strong>Go</strong> by <code>&#60;x&#62;</code>, see <a href="errors">errors</a>.',
  )
  expect(markdown('```sh\ncurl \\\n  "<url>"\n```')).toBe('<pre>curl \\\n  &#34;&#60;url&#62;&#34;</pre>')
  expect(markdown('| A | B |\n| --- | --- |\n| `x` | <b> |')).toBe(
    '<div class="wide"><table><tr><th>A<th>B\n<tr><td><code>x</code><td>&#60;b&#62;\n</table></div>',
  )
})

test('a link leads to places of this server alone', () => {
  expect(markdown('[x](javascript:alert(1)) [y](https://evil.example) [z](//evil.example)')).not.toContain('<a ')
})
