import { ListMessages, MessagePage, Place, SendMessage } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { listMessages } from './list-messages.ts'
import { sendMessage } from './send-message.ts'

const listRoute = route({
  method: 'get',
  path: '/rooms/{roomId}/messages',
  allow: 'read',
  request: { params: ListMessages.pick({ roomId: true }), query: ListMessages.omit({ roomId: true }) },
  responses: { 200: json(MessagePage, 'Messages, newest first') },
})

const sendRoute = route({
  method: 'post',
  path: '/rooms/{roomId}/messages',
  allow: 'speak',
  fails: ['access.changed', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params: SendMessage.pick({ roomId: true }),
    body: body(SendMessage.omit({ commandId: true, roomId: true }), 'What to say'),
  },
  responses: { 201: json(Place, 'Where it came to stand') },
})

export const chatRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listMessages(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(sendRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await sendMessage(c.var.ctx, input), 201)
  })
