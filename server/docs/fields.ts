import type { Schema } from './schemas.ts'

/** Safe in a page, as text and as an attribute's value. */
export const escaped = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** The name of the shape that a schema points at, undefined where it says what it is itself. */
const target = ({ $ref }: Schema): string | undefined => (typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined)
const choices = (schema: Schema) => (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Schema[] | undefined
const LIMITS = { minLength: 'at least', maxLength: 'at most', minimum: 'from', maximum: 'to', minItems: 'at least', maxItems: 'at most' }

/** A type in words, with links to the shapes that have a name. */
export function typeOf(schema: Schema): string {
  const name = target(schema)
  if (name) return `<a href="#shape-${escaped(name)}">${escaped(name)}</a>`
  if ('const' in schema) return `<code>${escaped(JSON.stringify(schema.const))}</code>`
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `<code>${escaped(JSON.stringify(value))}</code>`).join(' or ')
  const several = choices(schema)
  if (several) return several.map(typeOf).join(' or ')
  const tuple = (schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined)) as Schema[] | undefined
  if (tuple) return `[${tuple.map(typeOf).join(', ')}]`
  if (schema.type === 'array') return `list of ${typeOf(schema.items as Schema)}`
  return escaped(schema.format ?? (Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything')))
}

/** What JSON Schema says of a value besides its type. The largest whole number that is exact is no limit. */
export function limitsOf(schema: Schema): string {
  const own = Object.entries(LIMITS).flatMap(([key, words]) => {
    const limit = key === 'minimum' && schema.exclusiveMinimum !== undefined ? Number(schema.exclusiveMinimum) + 1 : schema[key]
    return limit === undefined || Math.abs(Number(limit)) === Number.MAX_SAFE_INTEGER ? [] : [`${words} ${limit}`]
  })
  if (schema.default !== undefined) own.push(`${JSON.stringify(schema.default)} unless said`)
  const ofItems = schema.items && !Array.isArray(schema.items) ? limitsOf(schema.items as Schema) : ''
  return [own.join(', '), ofItems && `each ${ofItems}`, schema.description].filter(Boolean).map(escaped).join('; ')
}

/** The fields of an object, those inside it too, by their paths. */
function fields(schema: Schema, path = ''): string {
  const required = new Set(schema.required as string[] | undefined)
  const rows = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, its]) => {
    const inner = (its.properties ?? (its.items as Schema | undefined)?.properties) ? (its.properties ? its : (its.items as Schema)) : null
    const deeper = inner ? fields(inner, `${path}${name}${inner === its ? '.' : '[].'}`) : ''
    const presence = required.has(name) ? '' : ' <small>optional</small>'
    return `<tr><td><code>${escaped(path + name)}</code>${presence}<td>${typeOf(its)}<td>${limitsOf(its)}\n${deeper}`
  })
  return rows.join('')
}

/** A shape as a table of fields, or in a line where it has none. */
export function shape(schema: Schema): string {
  const rows = fields(schema)
  if (rows === '') return schema.type === 'object' ? '<p>No fields.' : `<p>${[typeOf(schema), limitsOf(schema)].filter(Boolean).join('; ')}`
  return `<div class="wide"><table><tr><th>Field<th>Type<th>Limits\n${rows}</table></div>`
}

/** What has a name is shown whole; what is in it by its name, with a link. */
export function shaped(schema: Schema, shared: Record<string, Schema>): string {
  const named = shared[target(schema) ?? '']
  return named ? `<p>${typeOf(schema)}${shape(named)}` : shape(schema)
}
