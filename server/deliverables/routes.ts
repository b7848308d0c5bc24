import { z } from 'zod'
import { DealPlace, DeliverableNumber, ReviewDeliverable, SubmitDeliverable } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IdempotencyKey, json, route, router } from '../route.ts'
import { reviewDeliverable, submitDeliverable } from './move-deliverable.ts'

const Which = SubmitDeliverable.pick({ applicationId: true }).extend({ deliverable: z.coerce.number().pipe(DeliverableNumber) })
const fails = ['application.illegalMove', 'deliverable.illegalMove', 'deadline.passed', 'access.changed', 'command.reused'] as const

const submitRoute = route({
  id: 'deliverable.submit',
  method: 'post',
  path: '/applications/{applicationId}/deliverables/{deliverable}/submissions',
  allow: 'deliver',
  fails,
  request: {
    headers: IdempotencyKey,
    params: Which,
    body: body(SubmitDeliverable.pick({ links: true, note: true }), 'Where the work is'),
  },
  responses: { 201: json(DealPlace, 'Where it came to stand: its `seq` is what a review names') },
})

const reviewRoute = route({
  id: 'deliverable.review',
  method: 'post',
  path: '/applications/{applicationId}/deliverables/{deliverable}/reviews',
  allow: 'decide',
  fails: [...fails, 'resource.stale', 'deliverable.noRounds', 'deliverable.roundsLeft'],
  request: {
    headers: IdempotencyKey,
    params: Which,
    body: body(ReviewDeliverable.pick({ submitted: true, move: true, note: true }), 'What is said of which submission'),
  },
  responses: { 201: json(DealPlace, 'Where it came to stand') },
})

export const deliverableRoutes = router()
  .openapi(submitRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await submitDeliverable(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
  .openapi(reviewRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await reviewDeliverable(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
