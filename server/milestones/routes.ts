import { z } from 'zod'
import { DealPlace, MilestoneNumber, MoveMilestone } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IdempotencyKey, json, route, router } from '../route.ts'
import { moveMilestone } from './move-milestone.ts'

const moveRoute = route({
  id: 'milestone.move',
  method: 'post',
  path: '/applications/{applicationId}/milestones/{milestone}/moves',
  allow: 'moveApplication',
  fails: ['milestone.illegalMove', 'milestone.notYet', 'application.illegalMove', 'deadline.passed', 'access.changed', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params: MoveMilestone.pick({ applicationId: true }).extend({ milestone: z.coerce.number().pipe(MilestoneNumber) }),
    body: body(MoveMilestone.pick({ move: true, note: true }), 'What became of the payment'),
  },
  responses: { 200: json(DealPlace, 'Where it came to stand') },
})

export const milestoneRoutes = router().openapi(moveRoute, async (c) => {
  const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
  const place = await moveMilestone(c.var.ctx, input)
  return c.json(place, 200, etag(place))
})
