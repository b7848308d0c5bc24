import { example } from '../docs/example.ts'
import { limitsOf, shape, shaped, typeOf } from '../docs/fields.ts'
import { allowed, errorTable, layout } from '../docs/layout.ts'
import { escaped, markdown, prose } from '../docs/markdown.ts'
import type { Schema } from '../docs/schemas.ts'
import type { Document, Operation, Parameter, Response } from './document.ts'

type Call = { method: string; path: string; operation: Operation }
type Shared = Record<string, Schema>

/** The document for people: one page. */
export function page({ info, paths, tags, components }: Document): string {
  const calls = Object.entries(paths).flatMap(([path, its]) =>
    Object.entries(its).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const of = (tag: string) => calls.filter(({ operation }) => operation.tags.includes(tag))
  const link = ({ method, path, operation: { operationId } }: Call) =>
    `<li><a href="#${escaped(operationId)}">${escaped(operationId)}</a> <code>${escaped(`${method} ${path}`)}</code>`
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]) => `<h3 id="shape-${escaped(name)}">${escaped(name)}</h3>${described(schema.description)}${shape(schema)}\n`,
  )
  const nav = tags.map(
    ({ name }) => `<h3><a href="#tag-${escaped(name)}">${escaped(name)}</a></h3><ul class="long">${of(name).map(link).join('')}</ul>`,
  )
  const sections = tags.map(({ name }) => {
    const its = of(name).map((call) => section(call, components.schemas))
    return `<h2 id="tag-${escaped(name)}">${escaped(name)}</h2>\n${its.join('')}`
  })
  return layout(
    `${info.title}: REST`,
    `${markdown(info.description)}
<p>This server speaks protocol ${escaped(info['x-parley-lowest-protocol'])} to ${escaped(info.version)}. For programs: <a href="openapi.json">OpenAPI 3.1</a>. What goes over a socket: <a href="asyncapi">here</a>. What may go wrong: <a href="errors">every error code</a>.
<nav><h2>Operations</h2>${nav.join('\n')}
<p><a href="#shapes">Shapes</a>
</nav>
${sections.join('')}
<h2 id="shapes">Shapes</h2>
${shapes.join('')}`,
  )
}

/** What may go wrong, for people: a problem's `type` leads here. */
export const errorsPage = (): string =>
  layout(
    'Parley: what may go wrong',
    `<p>A failure has a code, which is for programs and never changes meaning, and a message for people. What is retryable may work when the same is sent again, after <code>retryAfter</code> seconds where it says so. A program that meets a code it does not know goes by the HTTP status and <code>retryable</code>.
${errorTable()}`,
  )

function section({ method, path, operation }: Call, shared: Shared): string {
  const { operationId, summary, description, parameters, requestBody: body, responses } = operation
  const answered = Object.entries(responses).filter(([, { content }]) => !content?.['application/problem+json'])
  const codes = operation['x-parley-errors'].map((code) => `<a href="errors#${code}"><code>${code}</code></a>`)
  return `<section id="${escaped(operationId)}"><h3>${escaped(operationId)}</h3>
<p><code>${escaped(`${method} ${path}`)}</code>
<p>${prose(summary)}
${description ? `${markdown(description)}\n` : ''}${allowed(operation['x-parley-allow'], operation['x-parley-roles'])}
${parameters.length > 0 ? `<h4>Parameters</h4>${table(parameters)}` : ''}${body ? `<h4>Body</h4>${payload(body, shared)}` : ''}
${answered.map(([status, response]) => `<h4>${escaped(status)}</h4>${payload(response, shared)}`).join('\n')}
<h4>Errors</h4><p>${codes.join(' ')}</section>
`
}

function table(parameters: readonly Parameter[]): string {
  const rows = parameters.map(({ name, in: where, required, description, schema }) => {
    const presence = required ? '' : ' <small>optional</small>'
    const words = [limitsOf(schema), description && prose(description)].filter(Boolean).join('; ')
    return `<tr><td><code>${escaped(name)}</code>${presence}<td>${where}<td>${typeOf(schema)}<td>${words}\n`
  })
  return `<div class="wide"><table><tr><th>Name<th>In<th>Type<th>Limits and meaning\n${rows.join('')}</table></div>`
}

const described = (text: unknown) => (text ? `<p>${prose(String(text))}` : '')

/** What a body is, and one as it might be. */
function payload({ description, content = {} }: Pick<Response, 'description' | 'content'>, shared: Shared): string {
  const its = content['application/json']
  if (!its) return described(description)
  const sample = JSON.stringify(its.example ?? example(its.schema, shared), null, 2)
  return `${described(description)}${shaped(its.schema, shared)}<pre>${escaped(sample)}</pre>`
}
