import { shape, shaped } from '../docs/fields.ts'
import { allowed, errorTable, layout } from '../docs/layout.ts'
import { escaped, prose } from '../docs/markdown.ts'
import type { Schema } from '../docs/schemas.ts'
import type { Document, Message, Operation } from './document.ts'

/** The document for people: one page, without scripts and without anything from elsewhere. */
export function page(document: Document): string {
  const { info, servers, operations, components } = document
  const all = Object.entries(operations)
  const commands = all.filter(([, { action }]) => action === 'receive')
  const said = all.filter(([, { action }]) => action === 'send')
  const link = ([id, { title }]: [string, Operation]) => `<li><a href="#${escaped(id)}">${escaped(title)}</a>`
  const shapes = Object.entries(components.schemas)
  const limits = Object.entries(info['x-parley-limits']).map(([name, value]) => `<tr><td><code>${escaped(name)}</code><td>${value}`)
  const { host, pathname, protocol, description } = servers.hub
  return layout(
    `${info.title}: what goes over a socket`,
    `<p>${prose(info.description)} Protocol ${escaped(info['x-parley-lowest-protocol'])} to ${escaped(info.version)}. For programs: <a href="asyncapi.json">AsyncAPI 3</a>.
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
<section id="errors"><h2>Errors</h2>${errorTable('error-')}</section>
`,
  )
}

const described = ({ description }: Schema) => (description ? `<p>${prose(String(description))}` : '')
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
${allowed(operation['x-parley-allow'], operation['x-parley-roles'])}
<h4>Input</h4>${shaped(input.payload, schemas)}${json(input.examples[0]!.payload)}
<h4>Answer</h4>${shaped(data, schemas)}${json(reply.examples[0]!.payload)}
<h4>Errors</h4><p>${codes.join(' ')}`,
  )
}

const messageOf = ({ summary, payload, examples: [first] }: Message, schemas: Record<string, Schema>) =>
  `<p>${prose(summary)}${shaped(payload, schemas)}${json(first!.payload)}`
