/** Safe in a page, as text and as an attribute's value. */
export const escaped = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** What stands in backticks is code. */
export const prose = (text: string): string => escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>')

/** As much of Markdown as our descriptions have: paragraphs, headings, fenced code and tables; in them code, bold and relative links. */
export const markdown = (text: string): string => text.split('\n\n').map(block).join('\n')

function block(text: string): string {
  const [, fenced] = /^```\w*\n(.*)\n```$/s.exec(text) ?? []
  if (fenced !== undefined) return `<pre>${escaped(fenced)}</pre>`
  if (text.startsWith('## ')) return `<h2>${inline(text.slice(3))}</h2>`
  if (text.startsWith('| ')) return table(text.split('\n'))
  return `<p>${inline(text)}`
}

/** The second line only parts the head from the rest. */
function table([head, , ...lines]: string[]): string {
  const row = (line: string | undefined, cell: string) =>
    `<tr>${(line ?? '')
      .slice(2, -2)
      .split(' | ')
      .map((words) => `<${cell}>${inline(words)}`)
      .join('')}\n`
  return `<div class="wide"><table>${row(head, 'th')}${lines.map((line) => row(line, 'td')).join('')}</table></div>`
}

const inline = (text: string): string =>
  prose(text)
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^\]]+)\]\(([a-z#.-]+)\)/gi, '<a href="$2">$1</a>')
