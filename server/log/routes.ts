import { z } from 'zod'
import { Checkpoint, EraseMessages, Erasure, RoomId } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { eraseMessages } from './erase-messages.ts'
import { listCheckpoints } from './list-checkpoints.ts'

const params = z.object({ roomId: RoomId })

const eraseRoute = route({
  id: 'message.erase',
  summary: 'Erases for ever what was said, in messages or about a deal; its place stays.',
  method: 'post',
  path: '/rooms/{roomId}/erasures',
  allow: 'read', // one's own words; the use case asks for more to erase others' messages
  fails: ['access.changed', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params,
    body: body(EraseMessages.omit({ commandId: true, roomId: true }), 'What, by its seqs, and why'),
  },
  responses: { 201: json(Erasure, 'They are erased') },
})

const checkpointsRoute = route({
  id: 'checkpoint.list',
  summary: 'The signed checkpoints of a room’s log, by which its past can be checked.',
  method: 'get',
  path: '/rooms/{roomId}/checkpoints',
  allow: 'read',
  request: { params },
  responses: { 200: json(z.object({ checkpoints: z.array(Checkpoint) }), 'The newest checkpoints, newest first') },
})

export const logRoutes = router()
  .openapi(eraseRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await eraseMessages(c.var.ctx, input), 201)
  })
  .openapi(checkpointsRoute, async (c) => {
    return c.json({ checkpoints: await listCheckpoints(c.var.ctx, c.req.valid('param').roomId) }, 200)
  })
