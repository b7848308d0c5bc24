import { createHash } from 'node:crypto'
import type { Document, Message, Operation } from './document.ts'
import { escaped, shape, typeOf } from './fields.ts'
import type { Schema } from './schemas.ts'

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d9e0,#3a4150);--soft:light-dark(#f4f5f8,#1d222c);--ink:light-dark(#1b1f27,#e4e7ee);--link:light-dark(#0b57d0,#8ab4f8)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:light-dark(#fff,#12161d)}
a{color:var(--link)}
nav ul{columns:14rem;padding:0;list-style:none}
section{border-top:1px solid var(--line);margin-top:2rem;padding-top:.5rem}
h3{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
code,pre{font:.875rem/1.45 ui-monospace,monospace;background:var(--soft);border-radius:.25rem}
code{padding:.1em .3em;overflow-wrap:anywhere}
pre{padding:.75rem;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
`
/** The page may use this style, and nothing else at all. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** The document for people: one page, without scripts and without anything from elsewhere. */
export function page(document: Document): string {
  const { info, servers, operations, components } = document
  const all = Object.entries(operations)
  const commands = all.filter(([, { action }]) => action === 'receive')
  const said = all.filter(([, { action }]) => action === 'send')
  const link = ([id, { title }]: [string, Operation]) => `<li><a href="#${escaped(id)}">${escaped(title)}</a>`
  const shapes = Object.entries(components.schemas)
  const limits = Object.entries(info['x-parley-limits']).map(([name, value]) => `<tr><td><code>${escaped(name)}</code><td>${value}`)
  const codes = Object.entries(info['x-parley-error-codes']).map(
    ([code, { status, retryable }]) => `<tr id="error-${code}"><td><code>${code}</code><td>${status}<td>${retryable ? 'yes' : 'no'}\n`,
  )
  const { host, pathname, protocol, description } = servers.hub
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)}: what goes over a socket</title>
<style>${STYLE}</style>
<h1>${escaped(info.title)}: what goes over a socket</h1>
<p>${prose(info.description)} Protocol ${escaped(info['x-parley-lowest-protocol'])} to ${escaped(info.version)}. For programs: <a href="asyncapi.json">AsyncAPI 3</a>.
<nav>
<h2>Commands</h2><ul>${commands.map(link).join('')}</ul>
<h2>What the server says</h2><ul>${said.map(link).join('')}</ul>
<p><a href="#handshake">Handshake</a> · <a href="#shapes">Shapes and events</a> · <a href="#limits">Limits</a> · <a href="#errors">Errors</a>
</nav>
<section id="handshake"><h2>Handshake</h2>
<p><code>${escaped(`${protocol}://${host}${pathname}`)}</code>
<p>${prose(description)} The auth payload:
${shape(components.schemas.Handshake!)}</section>
<h2>Commands</h2>
${commands.map(([id, operation]) => command(id, operation, components)).join('')}
<h2>What the server says</h2>
${said.map(([id, { title }]) => section(id, title, messageOf(components.messages[`said.${title}`]!, components.schemas))).join('')}
<section id="shapes"><h2>Shapes and events</h2>
${shapes.map(([name, schema]) => `<h3 id="shape-${escaped(name)}">${escaped(name)}</h3>${described(schema)}${shape(schema)}\n`).join('')}</section>
<section id="limits"><h2>Limits</h2><table>${limits.join('')}</table></section>
<section id="errors"><h2>Errors</h2><div class="wide"><table><tr><th>Code<th>HTTP status<th>Retryable\n${codes.join('')}</table></div></section>
</html>
`
}

const described = ({ description }: Schema) => (description ? `<p>${prose(String(description))}` : '')
/** What stands in backticks is code. */
const prose = (text: string) => escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>')
const section = (id: string, title: string, content: string) =>
  `<section id="${escaped(id)}"><h3>${escaped(title)}</h3>${content}</section>\n`
const json = (value: unknown) => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`

function command(id: string, operation: Operation, { messages, schemas }: Document['components']): string {
  const { title, summary } = operation
  const input = messages[title]!
  const reply = messages[`${title}.reply`]!
  const [good] = reply.payload.oneOf as [{ properties: { data: Schema } }]
  const { data } = good.properties
  const codes = operation['x-parley-errors']!.map((code) => `<a href="#error-${code}"><code>${code}</code></a>`)
  return section(
    id,
    title,
    `<p>${prose(summary)}
<p>Who may: <code>${escaped(operation['x-parley-allow'])}</code>, ${who(operation['x-parley-roles'])}.
<h4>Input</h4>${shaped(input.payload, schemas)}${json(input.examples[0]!.payload)}
<h4>Answer</h4>${shaped(data, schemas)}${json(reply.examples[0]!.payload)}
<h4>Errors</h4><p>${codes.join(' ')}`,
  )
}

const messageOf = ({ summary, payload, examples: [first] }: Message, schemas: Record<string, Schema>) =>
  `<p>${prose(summary)}${shaped(payload, schemas)}${json(first!.payload)}`
/** A message is shown whole; what is in it by its name, with a link. */
function shaped(payload: Schema, schemas: Record<string, Schema>): string {
  const named = typeof payload.$ref === 'string' ? schemas[payload.$ref.split('/').at(-1)!] : undefined
  return named ? `<p>${typeOf(payload)}${shape(named)}` : shape(payload)
}

/** By kind of room, or on the platform. */
function who(roles: unknown): string {
  if (roles === null) return 'anyone'
  if (Array.isArray(roles)) return escaped(roles.join(', '))
  const kinds = Object.entries(roles as Record<string, readonly string[]>)
  return kinds.map(([kind, its]) => `${its.map(escaped).join(', ')} in a room of kind ${escaped(kind)}`).join('; ')
}
