import type { Schema } from './schemas.ts'

const UUID = '018f0000-0000-7000-8000-00000000000a'
/** What a field of this name looks like, where its type says too little. */
const KNOWN: Record<string, unknown> = {
  text: 'Agreed: **two** posts by Friday.',
  title: 'Spring campaign',
  name: 'Ada',
  emoji: '👍',
  cover: 'I cook on camera, and my people cook along.',
  key: 'why-you',
  format: 'reel',
  amount: 150_000,
  min: 80_000,
  max: 150_000,
  cursor: 'WyIyMDI2LTAxLTMxIl0',
  message: 1,
  accessToken: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
  token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
  stream: UUID,
  hash: '0'.repeat(64),
  nonce: '0'.repeat(32),
  password: 'correct horse battery staple',
  refreshToken: 'ZXhhbXBsZS1yZWZyZXNoLXRva2Vu',
  requestId: 'a1b2c3-4d',
  code: 'Zm9yLXlvdXItZXllcy1vbmx5',
  channels: 'Own channels',
  scope: 'Other coffee brands',
  clauses: 'The creator marks each piece as advertising.',
  links: 'https://www.example.com/draft',
  note: 'A first draft',
  workflowId: `mail:${UUID}`,
  entity: UUID,
  activity: 'sendMail',
  failure: 'mail.failed: ECONNREFUSED',
  about: 'sendMail',
}
/** What is null in a first proposal, and of a term that is no list. */
const NULL = ['basedOn', 'item', 'validUntil']
/** What a shape of this name looks like, wherever it stands. */
const NAMED: Record<string, unknown> = {
  Currency: 'EUR',
  Territory: 'UA',
  Language: 'en',
  CatalogueKey: 'instagram',
  WebAddress: 'https://www.example.com/',
  CampaignCode: '4ZK7Q2M9X1BD',
}
const FORMATS: Record<string, unknown> = {
  uuid: UUID,
  'date-time': '2026-01-31T12:00:00.000Z',
  date: '2031-01-31',
  email: 'ada@example.com',
}

const isNullable = ({ anyOf, default: unlessSaid }: Schema): boolean =>
  unlessSaid === null || (Array.isArray(anyOf) && anyOf.some((one: Schema) => one.type === 'null'))

/** A value of this JSON Schema, the same each time. `shared`: what its `$ref`s name. */
export function example(schema: Schema, shared: Record<string, Schema>, field = ''): unknown {
  const one = (s: unknown, name = field) => example(s as Schema, shared, name)
  const { $ref, format, properties, items, minItems, minimum } = schema
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1)!
    return NAMED[name] ?? one(shared[name])
  }
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (NULL.includes(field) && isNullable(schema)) return null
  for (const choice of [schema.oneOf, schema.anyOf, schema.allOf]) if (Array.isArray(choice)) return one(choice[0])
  if (properties) return Object.fromEntries(Object.entries(properties).map(([name, its]) => [name, one(its, name)]))
  if (Array.isArray(schema.prefixItems)) return schema.prefixItems.map((its) => one(its))
  if (type === 'array') return items ? Array.from({ length: Math.max(1, Number(minItems ?? 1)) }, () => one(items)) : []
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format]
  if (Object.hasOwn(KNOWN, field) && (type === undefined || typeof KNOWN[field] === (type === 'integer' ? 'number' : type)))
    return KNOWN[field]
  if (type === 'integer' || type === 'number') return Math.max(1, Number(minimum ?? 1))
  return ({ string: 'text', boolean: true, null: null } as Schema)[String(type)] ?? {}
}
