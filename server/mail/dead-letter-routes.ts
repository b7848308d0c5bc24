import { DeadLetter, MoveDeadLetter, Page, pageOf } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { listDeadLetters, moveDeadLetter } from './dead-letters.ts'

const listRoute = route({
  id: 'mail.listDead',
  summary: 'Mails that nobody took, the last one first, without their words.',
  method: 'get',
  path: '/admin/dead-letters',
  allow: 'administer',
  request: { query: Page },
  responses: { 200: json(pageOf(DeadLetter), 'A page') },
})

const moveRoute = route({
  id: 'mail.moveDead',
  summary: 'Sends a mail again that nobody took, or lets it go, for a reason that is kept in the audit stream.',
  method: 'post',
  path: '/admin/dead-letters/{mailId}/moves',
  allow: 'administer',
  fails: ['resource.notFound', 'deadline.passed', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params: MoveDeadLetter.pick({ mailId: true }),
    body: body(MoveDeadLetter.pick({ move: true, reason: true }), 'What is to become of it, and why'),
  },
  responses: { 200: json(DeadLetter.pick({ mailId: true }), 'It is no dead letter any more') },
})

export const deadLetterRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listDeadLetters(c.var.ctx, c.req.valid('query')), 200))
  .openapi(moveRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await moveDeadLetter(c.var.ctx, input), 200)
  })
