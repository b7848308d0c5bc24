import { z } from 'zod'
import { ApplicationId, DealPlace, Dispute, Page, pageOf, Resolution } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IdempotencyKey, json, route, router } from '../route.ts'
import { listDisputes } from './list-disputes.ts'
import { resolveDispute } from './resolve-dispute.ts'

const listRoute = route({
  id: 'dispute.list',
  summary: 'Deals that wait for an administrator, the longest waiting first.',
  method: 'get',
  path: '/disputes',
  allow: 'administer',
  request: { query: Page },
  responses: { 200: json(pageOf(Dispute), 'A page') },
})

const resolveRoute = route({
  id: 'deal.resolve',
  method: 'post',
  path: '/applications/{applicationId}/resolutions',
  allow: 'administer',
  fails: ['resource.notFound', 'application.illegalMove', 'deliverable.illegalMove', 'milestone.illegalMove', 'command.reused'],
  request: { headers: IdempotencyKey, params: z.object({ applicationId: ApplicationId }), body: body(Resolution, 'What is decided') },
  responses: { 200: json(DealPlace, 'Where it came to stand') },
})

export const disputeRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listDisputes(c.var.ctx, c.req.valid('query')), 200))
  .openapi(resolveRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await resolveDispute(c.var.ctx, input)
    return c.json(place, 200, etag(place))
  })
