import { escaped, prose } from './markdown.ts'
import type { Schema } from './schemas.ts'

/** The name of the shape that a schema points at, undefined where it says what it is itself. */
const target = ({ $ref }: Schema): string | undefined => (typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined)
const choices = (schema: Schema) => (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Schema[] | undefined
const itemsOf = ({ items }: Schema) => (items && !Array.isArray(items) ? (items as Schema) : undefined)

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

/** What JSON Schema says of a value besides its type. */
export function limitsOf(schema: Schema): string {
  const { minLength, maxLength, minItems, maxItems, minimum, maximum, exclusiveMinimum, pattern, format, description } = schema
  const least = exclusiveMinimum === undefined ? minimum : Number(exclusiveMinimum) + 1
  const own = [range(least, maximum, ''), range(minLength, maxLength, 'characters'), range(minItems, maxItems, 'items')]
  if (typeof pattern === 'string' && format === undefined) own.push(`as \`${pattern}\``)
  if (schema.default !== undefined) own.push(`\`${JSON.stringify(schema.default)}\` unless said`)
  const items = itemsOf(schema)
  const ofItems = items ? limitsOf(items) : ''
  const ofChoices = (choices(schema) ?? []).map(limitsOf)
  const words = own.filter((word) => word !== '').map(prose)
  return [words.join(', '), ...ofChoices, ofItems && `each ${ofItems}`, description && prose(String(description))]
    .filter(Boolean)
    .join('; ')
}

/** The largest whole number that is exact is no limit. */
function range(least: unknown, most: unknown, of: string): string {
  const [from, to] = [least, most].map((limit) => Math.abs(Number(limit ?? Number.MAX_SAFE_INTEGER)) !== Number.MAX_SAFE_INTEGER)
  if (from && to && least === most) return `${least} ${of}`.trim()
  if (from && to) return `${least} to ${most} ${of}`.trim()
  if (from || to) return `${from ? `at least ${least}` : `at most ${most}`} ${of}`.trim()
  return ''
}

/** The object that a field is, has a list of, or may be, with what its fields' paths begin with. */
function inside(schema: Schema, path: string): [Schema, string] | undefined {
  if (schema.properties) return [schema, `${path}.`]
  const items = itemsOf(schema)
  if (items?.properties) return [items, `${path}[].`]
  const among = choices(schema)?.filter(({ properties }) => properties)
  return among?.length === 1 ? [among[0]!, `${path}.`] : undefined
}

/** The fields of an object, those inside it too, by their paths. */
function fields(schema: Schema, path = ''): string {
  const required = new Set(schema.required as string[] | undefined)
  const rows = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, its]) => {
    const inner = inside(its, path + name)
    const presence = required.has(name) ? '' : ' <small>optional</small>'
    return `<tr><td><code>${escaped(path + name)}</code>${presence}<td>${typeOf(its)}<td>${limitsOf(its)}\n${inner ? fields(...inner) : ''}`
  })
  return rows.join('')
}

/** A shape as a table of fields, or in a line where it has none. */
export function shape(schema: Schema): string {
  const rows = fields(schema)
  if (rows === '')
    return schema.type === 'object'
      ? '<p>No fields.'
      : `<p>${[typeOf(schema), limitsOf({ ...schema, description: undefined })].filter(Boolean).join('; ')}`
  return `<div class="wide"><table><tr><th>Field<th>Type<th>Limits and meaning\n${rows}</table></div>`
}

/** What has a name is shown whole; what is in it by its name, with a link. */
export function shaped(schema: Schema, shared: Record<string, Schema>): string {
  const named = shared[target(schema) ?? '']
  if (!named) return shape(schema)
  const meaning = named.description ? `: ${prose(String(named.description))}` : ''
  return `<p>${typeOf(schema)}${meaning}${shape(named)}`
}
