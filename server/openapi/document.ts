import { STATUS_CODES } from 'node:http'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { type ErrorCode, errors, LOWEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../client-sdk/contract/index.ts'
import { ref, type Schema, schemas } from '../docs/schemas.ts'
import { Problem } from '../problem.ts'
import type { AppEnv, Documented } from '../route.ts'
import { howTo } from './how-to.ts'
import { notes, samples } from './moves.ts'

type Content = Record<string, { schema: Schema; example?: unknown }>
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required: boolean; description?: string; schema: Schema }
export type Response = { description: string; headers: Record<string, { $ref: string }>; content?: Content }
export type Operation = {
  operationId: string
  summary: string
  /** Markdown. */
  description?: string
  tags: string[]
  security: unknown[]
  parameters: Parameter[]
  requestBody?: { description: string; required: boolean; content: Content }
  responses: Record<string, Response>
  'x-parley-allow': string
  'x-parley-roles': unknown
  'x-parley-errors': ErrorCode[]
}
export type Document = ReturnType<typeof openApi>
type Of = (type: z.ZodType, io?: 'input' | 'output') => Schema

/** OpenAPI 3.1 of an app's routes, by the same schemas that check what comes in. */
export function openApi(app: Pick<OpenAPIHono<AppEnv>, 'openAPIRegistry'>, publicUrl: string, isEmbedded = false) {
  const { shared, of } = schemas({}, 'draft-2020-12')
  shared.Problem = of(Problem)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const declared = definition.route as Documented
    paths[declared.path] = { ...paths[declared.path], [declared.method]: operation(declared, of) }
  }
  const description = `${ABOUT}\n\n${howTo(publicUrl, isEmbedded)}`
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version: String(PROTOCOL_VERSION), description, 'x-parley-lowest-protocol': LOWEST_PROTOCOL_VERSION },
    servers: [{ url: publicUrl }],
    tags: [...new Set(Object.values(paths).flatMap((its) => Object.values(its).flatMap(({ tags }) => tags)))].map((name) => ({ name })),
    paths,
    components: {
      schemas: shared,
      headers: HEADERS,
      securitySchemes: { session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token (RFC 6750).' } },
    },
  }
}

const ABOUT =
  'REST beside the socket: the same commands, rules and errors. Additions do not raise the version: ignore what you do not know.'
const PROTOCOL: Parameter = {
  name: 'Parley-Protocol',
  in: 'header',
  required: false,
  description: 'The protocol that the client speaks, so that one which is too old learns so',
  schema: { type: 'integer', minimum: LOWEST_PROTOCOL_VERSION, maximum: PROTOCOL_VERSION },
}
const HEADERS = {
  'X-Request-Id': { description: 'The id under which the log has this request', schema: { type: 'string' } },
  'Retry-After': { description: 'In seconds: before, the same again fails again', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: '`Bearer`', schema: { type: 'string' } },
}
const header = (name: keyof typeof HEADERS) => ({ [name]: { $ref: `#/components/headers/${name}` } })

function operation(declared: Documented, of: Of): Operation {
  const { path, request, responses, 'x-parley-errors': own } = declared
  const note = notes[declared.operationId]
  const isVersioned = path.startsWith('/api/')
  const codes = [...new Set<ErrorCode>([...(isVersioned ? (['request.invalid', 'client.upgradeRequired'] as const) : []), ...own])]
  const body = request?.body && {
    description: request.body.description ?? '',
    required: request.body.required ?? false,
    content: content(request.body.content, 'input', of, samples[declared.operationId]),
  }
  const headers = Array.isArray(request?.headers) ? undefined : request?.headers
  return {
    operationId: declared.operationId,
    summary: declared.summary,
    ...(note && { description: note }),
    tags: declared.tags,
    security: declared.security,
    parameters: [
      ...parameters(request?.params, 'path', of),
      ...parameters(request?.query, 'query', of),
      ...parameters(headers, 'header', of),
      ...(isVersioned ? [PROTOCOL] : []),
    ],
    ...(body && { requestBody: body }),
    responses: { ...problems(codes), ...answers(responses, of) },
    'x-parley-allow': declared['x-parley-allow'],
    'x-parley-roles': declared['x-parley-roles'],
    'x-parley-errors': codes,
  }
}

/** Optional to their schemas alone: without them a call is refused by a code of its own. */
const DEMANDED = new Set(['if-match'])

/** As they are read, since in a URL and in headers all is text. */
function parameters(type: unknown, where: Parameter['in'], of: Of): Parameter[] {
  if (!(type instanceof z.ZodObject)) return []
  return Object.entries<z.ZodType>(type.shape).map(([name, its]) => {
    const { description = its.description, ...schema } = of(its)
    const required = where === 'path' || DEMANDED.has(name) || !its.safeParse(undefined).success
    return {
      name: where === 'header' ? titled(name) : name,
      in: where,
      required,
      ...(typeof description === 'string' && { description }),
      schema,
    }
  })
}
/** `if-match` → `If-Match`. */
const titled = (name: string) => name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())

const content = (declared: object, io: 'input' | 'output', of: Of, sample?: unknown): Content =>
  Object.fromEntries(
    Object.entries(declared).flatMap(([type, { schema }]) =>
      schema instanceof z.ZodType ? [[type, { schema: of(schema, io), ...(sample !== undefined && { example: sample }) }]] : [],
    ),
  )

function answers(responses: Documented['responses'], of: Of): Record<string, Response> {
  const all = Object.entries(responses).map(([status, response]) => {
    const { description, content: declared } = response as { description: string; content?: object }
    return [
      status,
      { description, headers: header('X-Request-Id'), ...(declared && { content: content(declared, 'output', of) }) },
    ] as const
  })
  return Object.fromEntries(all)
}

/** These failures, by status. */
function problems(codes: readonly ErrorCode[]): Record<string, Response> {
  const byStatus = Map.groupBy(codes, (code) => errors[code].status)
  const all = Array.from(byStatus, ([status, its]) => {
    const description = `${STATUS_CODES[status]}: ${its.map((code) => `\`${code}\``).join(', ')}`
    const headers = {
      ...header('X-Request-Id'),
      ...(status === 401 && header('WWW-Authenticate')),
      ...(its.some((code) => errors[code].retryable) && header('Retry-After')),
    }
    return [String(status), { description, headers, content: { 'application/problem+json': { schema: ref('Problem') } } }] as const
  })
  return Object.fromEntries(all)
}
