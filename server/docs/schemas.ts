import { z } from 'zod'
import * as contract from '../../client-sdk/contract/index.ts'

export type Schema = { [key: string]: unknown }

type Io = 'input' | 'output'
type Names = Record<Io, z.core.$ZodRegistry<{ id: string }>>
let known: Names | undefined
/** What has a name in the contract has it here too, and is written once; but for what is read in another way than it is written. */
function contractNames(): Names {
  if (known) return known
  known = { output: z.registry<{ id: string }>(), input: z.registry<{ id: string }>() }
  for (const [name, it] of Object.entries<unknown>(contract)) {
    if (!(it instanceof z.ZodType) || known.output.has(it)) continue
    known.output.add(it, { id: name })
    const [written, read] = (['input', 'output'] as const).map((io) => JSON.stringify(jsonSchema(it, { io })))
    if (written === read) known.input.add(it, { id: name })
  }
  return known
}

/**
 * Turns zod's schemas into JSON Schema: AsyncAPI's own is draft 7, OpenAPI's is 2020-12. Named ones go into `shared`. `given`: those
 * that zod does not say.
 */
export function schemas(
  given: Record<string, Schema>,
  target: 'draft-7' | 'draft-2020-12' = 'draft-7',
): {
  shared: Record<string, Schema>
  of(type: z.ZodType, io?: Io): Schema
} {
  const shared: Record<string, Schema> = { ...given }
  const share = (name: string, schema: Schema) => {
    if (Object.hasOwn(given, name)) return
    const known = shared[name]
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`${name} is written in one way and read in another`)
    shared[name] = schema
  }
  const of = (type: z.ZodType, io: Io = 'output'): Schema => {
    // Inside a list, since only what is inside something is pointed at by its name.
    const { $defs, definitions = $defs, items } = jsonSchema(z.array(type), { target, io, metadata: contractNames()[io] })
    for (const [name, its] of Object.entries(definitions ?? {})) share(name, pointed(its) as Schema)
    return pointed(items) as Schema
  }
  return { shared, of }
}

function jsonSchema(type: z.ZodType, options: z.core.ToJSONSchemaParams) {
  return z.toJSONSchema(type, { ...options, unrepresentable: 'any', override })
}

const LOWERCASE_UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** Readers ignore fields that they do not know; and not every regular expression of ours is one elsewhere. */
function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: Schema }): void {
  delete jsonSchema.id
  // Ours is another registry than the one that `describe` writes to.
  const description = z.globalRegistry.get(zodSchema)?.description
  if (description !== undefined) jsonSchema.description = description
  // A UUID in lower case is two patterns for zod, and a format that nobody else knows.
  if (jsonSchema.format === 'lowercase') {
    delete jsonSchema.allOf
    Object.assign(jsonSchema, { format: 'uuid', pattern: LOWERCASE_UUID })
  }
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  if (typeof jsonSchema.pattern === 'string' && !isPattern(jsonSchema.pattern)) delete jsonSchema.pattern
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') !== null
  } catch {
    return false
  }
}

const pointed = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key !== '$ref' || typeof value !== 'string') return value
    return value.replace(/^#\/(definitions|\$defs)\//, '#/components/schemas/')
  })
