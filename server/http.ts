import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { ParleyError } from '../client-sdk/contract/index.ts'
import { addressOf } from './address.ts'
import { applicationRoutes } from './applications/routes.ts'
import { asyncApiRoutes } from './asyncapi/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { brandRoutes } from './brands/routes.ts'
import { campaignRoutes } from './campaigns/routes.ts'
import { catalogueRoutes } from './catalogue/routes.ts'
import { chatRoutes } from './chat/routes.ts'
import { type House, nextRequestId } from './ctx.ts'
import { disputeRoutes } from './deals/dispute-routes.ts'
import { printPolicy } from './deals/print.ts'
import { dealRoutes, PRINTED } from './deals/routes.ts'
import { deliverableRoutes } from './deliverables/routes.ts'
import { formPolicy, pagePolicy } from './docs/layout.ts'
import { healthRoutes } from './health/routes.ts'
import { welcomeRoutes } from './health/welcome.ts'
import { logRoutes } from './log/routes.ts'
import { wellKnownRoutes } from './log/well-known.ts'
import type { Log } from './log.ts'
import { deadLetterRoutes } from './mail/dead-letter-routes.ts'
import { mailboxRoutes, mailPolicy } from './mail/mailbox.ts'
import { unsubscribeRoutes } from './mail/unsubscribe-routes.ts'
import type { Metrics } from './metrics/metrics.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { milestoneRoutes } from './milestones/routes.ts'
import { offerRoutes } from './offers/routes.ts'
import { openApiRoutes } from './openapi/routes.ts'
import { peopleRoutes } from './people/routes.ts'
import { settingsRoutes } from './people/settings-routes.ts'
import { named, problem } from './problem.ts'
import { profileRoutes } from './profiles/routes.ts'
import { proofRoutes } from './proof/routes.ts'
import { checkProtocol } from './protocol.ts'
import { roomRoutes } from './rooms/routes.ts'
import { type AppEnv, assertEveryRouteHasARule, type Engine, router, use } from './route.ts'
import { searchRoutes } from './search/routes.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { weekRoutes } from './weeks/routes.ts'
import { workflowRoutes } from './workflows/routes.ts'

type Options = {
  log: Log
  isAllowedOrigin(origin: string): boolean
  /** Besides PostgreSQL. */
  engines?: () => readonly Engine[]
  trustedProxies?: number
  /** Where the server is reached, for its description of itself. */
  publicUrl?: string
  /** Without it there are only health and the well-known keys, for a process without the role `api`. */
  api?: boolean
  /** The embedded mode: `/dev/mailbox` shows what mail waits, and the pages name the demo people. */
  embedded?: boolean
  /** What counts, and the token that shows it: null for a process that only its own machine reaches, without one nobody sees it. */
  metrics?: { metrics: Metrics; token: string | null | undefined }
}
export type RestApp = OpenAPIHono<AppEnv>

/** Of a request's body, in bytes. */
const MOST_BYTES = 256 * 1_024
const API = '/api/v1'
const LOCAL = 'http://127.0.0.1:3000'

/** The REST side of a node: what it answers needs no server, see `app.request`. Throws where a route has no rule. */
export function createApp(
  house: House,
  { log, isAllowedOrigin, engines = () => [], trustedProxies = 0, publicUrl = LOCAL, api = true, embedded = false, metrics }: Options,
): RestApp {
  const app = router()
  use(app, '*', begin(house, engines, trustedProxies, log, metrics?.metrics))
  for (const path of ['/', '/asyncapi', '/docs', '/errors', '/dev/mailbox']) use(app, path, pagePolicy)
  use(app, '/dev/mailbox/*', mailPolicy)
  use(app, '/unsubscribe/*', formPolicy)
  for (const path of PRINTED) use(app, `${API}${path}`, printPolicy)
  use(app, '*', secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, xFrameOptions: 'DENY' }))
  use(app, '*', cors({ ...CORS, origin: (origin) => (isAllowedOrigin(origin) ? origin : null) }))
  use(app, '*', bodyLimit({ maxSize: MOST_BYTES, onError: tooLarge }))
  use(app, `${API}/*`, checkProtocol)
  for (const routes of api ? features : []) app.route(API, routes)
  const pages = [welcomeRoutes(embedded), asyncApiRoutes(publicUrl), openApiRoutes(app, publicUrl, embedded)]
  const open = [...pages, healthRoutes, wellKnownRoutes]
  if (api) open.push(unsubscribeRoutes)
  if (embedded) open.push(mailboxRoutes)
  if (metrics && metrics.token !== undefined) open.push(metricsRoutes(metrics.metrics, metrics.token))
  for (const routes of open) app.route('/', routes)
  app.notFound((c) => fail(c, new ParleyError('resource.notFound', 'There is nothing here')))
  app.onError((error, c) => fail(c, error))
  assertEveryRouteHasARule(app)
  return app
}

const features = [
  sessionRoutes,
  peopleRoutes,
  settingsRoutes,
  profileRoutes,
  brandRoutes,
  weekRoutes,
  campaignRoutes,
  applicationRoutes,
  dealRoutes,
  offerRoutes,
  deliverableRoutes,
  milestoneRoutes,
  disputeRoutes,
  catalogueRoutes,
  roomRoutes,
  chatRoutes,
  searchRoutes,
  logRoutes,
  proofRoutes,
  workflowRoutes,
  deadLetterRoutes,
  auditRoutes,
]

const CORS = {
  allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Parley-Protocol'],
  allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposeHeaders: ['X-Request-Id', 'Retry-After', 'ETag'],
  maxAge: 600,
}

/** Around everything: what each request starts with, and its one line in the log. */
function begin(
  house: House,
  engines: () => readonly Engine[],
  trustedProxies: number,
  log: Log,
  metrics?: Metrics,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const started = performance.now()
    const requestId = nextRequestId()
    c.set('house', house)
    c.set('engines', engines)
    c.set('requestId', requestId)
    c.set('address', addressOf(c.req.header('X-Forwarded-For'), c.env?.incoming?.socket.remoteAddress, trustedProxies))
    c.set('failed', (error) => failedLate(log, { route: c.var.route ?? null, requestId }, error))
    await next()
    c.header('X-Request-Id', requestId)
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
    const { route, operation, ctx, code = 'ok' } = c.var
    const ms = Math.round((performance.now() - started) * 100) / 100
    metrics?.request(operation ?? null, code, ms)
    const line = { route: route ?? null, actor: ctx?.session?.userId ?? null, requestId, code, status: c.res.status, ms }
    if (code === 'server.failed') log.error('rest', { ...line, error: c.error })
    else log.info('rest', line)
  }
}

/** Its line is written already, with what it began as. */
function failedLate(log: Log, line: Record<string, unknown>, error: unknown): void {
  const known = named(error)
  if (known instanceof ParleyError) log.info('rest ended', { ...line, code: known.code })
  else log.error('rest ended', { ...line, code: 'server.failed', error })
}

function fail(c: Parameters<MiddlewareHandler<AppEnv>>[0], error: unknown): Response {
  const known = named(error)
  c.set('code', known instanceof ParleyError ? known.code : 'server.failed')
  return problem(c, known, c.var.requestId)
}

function tooLarge(): never {
  throw new ParleyError('request.tooLarge', `A request may have ${MOST_BYTES} bytes`)
}
