import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { ParleyError } from '../../client-sdk/contract/index.ts'
import { route, router } from '../route.ts'
import type { Metrics } from './metrics.ts'

const metricsRoute = route({
  id: 'health.metrics',
  summary: 'What this process counts, for Prometheus. Takes the token of METRICS_TOKEN.',
  method: 'get',
  path: '/metrics',
  allow: 'anyone',
  fails: ['session.required'],
  responses: { 200: { description: 'In the text format', content: { 'text/plain': { schema: z.string() } } } },
})

const digest = (text: string) => createHash('sha256').update(text).digest()

/** `token`: null for everybody, which is for a process that only its own machine reaches. */
export function metricsRoutes(metrics: Metrics, token: string | null) {
  const isKnown = (authorization = '') => token === null || timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))
  return router().openapi(metricsRoute, async (c) => {
    if (!isKnown(c.req.header('Authorization'))) throw new ParleyError('session.required', 'Send the token of METRICS_TOKEN')
    return c.text(await metrics.text(), 200, { 'Content-Type': metrics.contentType })
  })
}
