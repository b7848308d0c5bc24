import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi'
import type { Hono, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { z } from 'zod'
import { descriptions } from '../client-sdk/contract/descriptions.ts'
import {
  CommandId,
  type CommandName,
  type ErrorCode,
  isPlatformRule,
  isRule,
  may,
  newId,
  ParleyError,
  type Rule,
  whoMay,
} from '../client-sdk/contract/index.ts'
import { sessionIsLive } from '../persistence/session-door.ts'
import { addressKey } from './address.ts'
import { type Ctx, context, type House, type SessionInfo } from './ctx.ts'
import { limited } from './limits.ts'
import { invalid } from './problem.ts'

/** Something Parley runs with or without, and why. */
export type Engine = { name: string; on: boolean; why: string }
export type AppEnv = {
  /** What @hono/node-server says of the connection; absent in `app.request`. */
  Bindings: { incoming?: { socket: { remoteAddress?: string } } } | undefined
  Variables: {
    house: House
    engines: () => readonly Engine[]
    requestId: string
    /** Whose connection it is, as far as we can tell. */
    address: string
    ctx: Ctx
    /** For the log line: where it went, and how it ended. */
    route: string
    operation: string | undefined
    code: ErrorCode | undefined
    /** Tells the log why an answer that has begun does not come to its end. */
    failed: (error: unknown) => void
  }
}
type App = Hono<AppEnv>

/** Guards, which stand before everything else of their route, and what each lets through. */
const guards = new WeakMap<object, Rule>()
const middlewares = new WeakSet<object>()

/** Routes of one feature. Bad input is refused in the same words everywhere. */
export const router = () =>
  new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.target, result.error)
    },
  })

/** `noun.verb`: the same as the socket's command, where there is one, whose description is then the summary. */
type Named = { id: CommandName; summary?: string } | { id: string; summary: string }
type Declared = Omit<RouteConfig, 'path' | 'middleware' | 'operationId' | 'tags' | 'summary' | 'description'> &
  Named & { allow: Rule; fails?: readonly ErrorCode[] }

/** What a route says of itself to the documentation. */
export type Documented = RouteConfig & {
  operationId: string
  summary: string
  tags: string[]
  security: { session: [] }[]
  'x-parley-allow': Rule
  'x-parley-roles': ReturnType<typeof whoMay>
  'x-parley-errors': ErrorCode[]
}

/**
 * The only way to declare a route: with a rule. Who may not pass learns so before any input is looked at. A room's rule
 * is asked in the use case, by `authorise`, since only there the room is known: here it takes a session. `fails`: what
 * else can go wrong, for the documentation.
 */
export function route<P extends string, R extends Declared & { path: P }>(config: R) {
  const { id, allow, fails = [], ...declared } = config
  const middleware = guard(allow, id)
  const codes = codesOf(allow, fails, declared.request)
  const documented = {
    summary: isCommand(id) ? descriptions.commands[id] : undefined,
    ...declared,
    operationId: id,
    tags: id.split('.').slice(0, 1),
    security: allow === 'anyone' ? [] : [{ session: [] }],
    'x-parley-allow': allow,
    'x-parley-roles': whoMay(allow),
    'x-parley-errors': codes,
    middleware,
  }
  return createRoute<P, Omit<R, 'id' | 'allow' | 'fails'> & { path: P; middleware: typeof middleware }>(documented as never)
}

const isCommand = (id: string): id is CommandName => Object.hasOwn(descriptions.commands, id)

/** All that a call may be answered with besides its answer. */
function codesOf(allow: Rule, fails: readonly ErrorCode[], request: RouteConfig['request']): ErrorCode[] {
  const codes: ErrorCode[] = []
  if (request) codes.push('request.invalid')
  if (request?.body) codes.push('request.tooLarge')
  if (allow !== 'anyone') codes.push('session.required', 'session.ended', 'rate.limited')
  if (allow !== 'anyone' && allow !== 'signedIn') codes.push('access.denied')
  if (!isPlatformRule(allow)) codes.push('resource.notFound')
  return [...new Set([...codes, ...fails, 'server.failed' as const, 'server.unavailable' as const])]
}

function guard(allow: Rule, id: string): MiddlewareHandler<AppEnv> {
  if (!isRule(allow)) throw new Error(`There is no permission rule ${String(allow)}`)
  const check: MiddlewareHandler<AppEnv> = async (c, next) => {
    const { house, requestId } = c.var
    c.set('route', `${c.req.method} ${routePath(c)}`)
    c.set('operation', id)
    const session = allow === 'anyone' ? null : await authenticate(house, c.req.header('Authorization'))
    c.set('ctx', context(house, session, requestId))
    if (session && !house.limits.commands.take(session.userId)) throw limited(house.limits, 'commands', session.userId)
    if (isCounted(allow, c.req.path)) spendAddress(house, addressKey(c.var.address))
    if (isPlatformRule(allow) && !may(allow, session?.role ?? null)) throw new ParleyError('access.denied', 'Your role does not allow that')
    await next()
  }
  guards.set(check, allow)
  return check
}

/** Without a session the address is all we know. Health checks and public keys cost too little to be refused. */
const isCounted = (allow: Rule, path: string) => allow === 'anyone' && /^\/(api|unsubscribe)\//.test(path)

function spendAddress({ limits }: House, address: string): void {
  if (!limits.addresses.take(address)) throw limited(limits, 'addresses', address)
}

/** The caller by their access token (RFC 6750), whose session is asked for at each request: a sign-out counts at once. */
async function authenticate(house: House, authorization: string | undefined): Promise<SessionInfo> {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (!token) throw new ParleyError('session.required', 'Sign in first: Authorization: Bearer <access token>')
  const session = await house.tokens.verify(token, house.now())
  if (!(await sessionIsLive(house.db.pool, session.sessionId)))
    throw new ParleyError('session.ended', 'This session has ended; sign in again')
  return session
}

/** Adds what runs around routes and answers nothing by itself. */
export function use(app: App, path: string, middleware: MiddlewareHandler<AppEnv>): void {
  middlewares.add(middleware)
  app.use(path, middleware)
}

/** Every route with its rule. Throws for one that was not declared with `route`: it must not start. */
export function rulesOf(app: App): { method: string; path: string; allow: Rule }[] {
  const rules = new Map<string, { method: string; path: string; allow: Rule }>()
  for (const { method, path, handler } of app.routes) {
    const name = `${method} ${path}`
    if (middlewares.has(handler) || rules.has(name)) continue // handlers of one route run in order, so these are behind its guard
    const allow = guards.get(handler)
    if (!allow) throw new Error(`${name} has no permission rule`)
    rules.set(name, { method, path, allow })
  }
  return [...rules.values()]
}

export const assertEveryRouteHasARule = (app: App): void => void rulesOf(app)

/** Sent again with the same one, a request has one effect and the same answer. Without one, each is new. */
export const IdempotencyKey = z.object({
  'idempotency-key': z.string().toLowerCase().pipe(CommandId).optional().describe('A UUID, made by the client once per order'),
})
export const commandIdFrom = (headers: z.output<typeof IdempotencyKey>): CommandId => headers['idempotency-key'] ?? newId<CommandId>()

/** Which version a change is of, as the thing's `ETag` says (RFC 9110, section 13.1.1). Without it nothing is changed: `precondition.required`. */
export const IfMatch = IdempotencyKey.extend({
  'if-match': z.string().optional().describe('The `ETag` of what is to change, with its quotes: `"3"`'),
})
/** A proxy that compresses weakens tags; ours count changes, so a weak one says as much. Throws `precondition.required` without one, and `request.invalid` for one that is no version. */
export function versionFrom(headers: z.output<typeof IfMatch>): number {
  const { 'if-match': tag } = headers
  if (tag === undefined) throw new ParleyError('precondition.required', 'Say which version is to change, as its ETag has it: If-Match: "3"')
  const [, version] = /^(?:W\/)?"(0|[1-9]\d{0,8})"$/.exec(tag.trim()) ?? []
  if (version === undefined)
    throw new ParleyError('request.invalid', 'if-match: must be one version with its quotes, as the ETag has it: "3"')
  return Number(version)
}
/** The header that names a version. */
export const etag = ({ version }: { version: number }) => ({ ETag: `"${version}"` })

/** An answer in JSON. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({ description, content: { 'application/json': { schema } } })
/** A body in JSON. */
export const body = <S extends z.ZodType>(schema: S, description: string) => ({ ...json(schema, description), required: true as const })
