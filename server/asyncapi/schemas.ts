import { z } from 'zod'
import * as contract from '../../client-sdk/contract/index.ts'

export type Schema = { [key: string]: unknown }

/** What has a name in the contract has it here too, and is written once. */
const names = z.registry<{ id: string }>()
for (const [name, it] of Object.entries<unknown>(contract)) if (it instanceof z.ZodType && !names.has(it)) names.add(it, { id: name })

/** Turns zod's schemas into JSON Schema, draft 7, which is AsyncAPI's own; named ones go into `shared`. `given`: those that zod does not say. */
export function schemas(given: Record<string, Schema>): {
  shared: Record<string, Schema>
  of(type: z.ZodType, io?: 'input' | 'output'): Schema
} {
  const shared: Record<string, Schema> = { ...given }
  const share = (name: string, schema: Schema) => {
    if (Object.hasOwn(given, name)) return
    const known = shared[name]
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`${name} is written in one way and read in another`)
    shared[name] = schema
  }
  const of = (type: z.ZodType, io: 'input' | 'output' = 'output'): Schema => {
    // Inside a list, since only what is inside something is pointed at by its name.
    const { definitions, items } = z.toJSONSchema(z.array(type), {
      target: 'draft-7',
      io,
      metadata: names,
      unrepresentable: 'any',
      override,
    })
    for (const [name, its] of Object.entries(definitions ?? {})) share(name, pointed(its) as Schema)
    return pointed(items) as Schema
  }
  return { shared, of }
}

const LOWERCASE_UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** Readers ignore fields that they do not know; and not every regular expression of ours is one elsewhere. */
function override({ jsonSchema }: { jsonSchema: Schema }): void {
  delete jsonSchema.id
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
    return value.replace('#/definitions/', '#/components/schemas/')
  })
