import { z } from 'zod'
import {
  Changed,
  type ChangeMessage,
  EditMessage,
  Emoji,
  ListMessages,
  Message,
  MessagePage,
  Place,
  SendMessage,
  Seq,
  Version,
} from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { deleteMessage } from './delete-message.ts'
import { editMessage } from './edit-message.ts'
import { getMessage, listMessages, listVersions } from './list-messages.ts'
import { listPins, pinMessage, unpinMessage } from './pin-message.ts'
import { react, unreact } from './react.ts'
import { sendMessage } from './send-message.ts'

const RoomRef = SendMessage.pick({ roomId: true })
const MessageRef = RoomRef.extend({ message: z.coerce.number().pipe(Seq) })
const ReactionRef = MessageRef.extend({ emoji: Emoji })
const changed = { 200: json(Changed, 'It is so from this seq on') }
const fails = ['access.changed', 'command.reused', 'message.deleted'] as const

const listRoute = route({
  id: 'message.list',
  summary: 'A room’s messages, newest first.',
  method: 'get',
  path: '/rooms/{roomId}/messages',
  allow: 'read',
  request: { params: RoomRef, query: ListMessages.omit({ roomId: true }) },
  responses: { 200: json(MessagePage, 'Messages, newest first') },
})

const getRoute = route({
  id: 'message.get',
  summary: 'One message, as it stands.',
  method: 'get',
  path: '/rooms/{roomId}/messages/{message}',
  allow: 'read',
  request: { params: MessageRef },
  responses: { 200: json(Message, 'The message, as it stands') },
})

const sendRoute = route({
  id: 'chat.send',
  method: 'post',
  path: '/rooms/{roomId}/messages',
  allow: 'speak',
  fails: ['access.changed', 'command.reused', 'mention.notMember', 'chat.slowMode'],
  request: { headers: IdempotencyKey, params: RoomRef, body: body(SendMessage.omit({ commandId: true, roomId: true }), 'What to say') },
  responses: { 201: json(Place, 'Where it came to stand') },
})

const editRoute = route({
  id: 'chat.edit',
  method: 'patch',
  path: '/rooms/{roomId}/messages/{message}',
  allow: 'speak',
  fails: [...fails, 'mention.notMember', 'message.editsFull'],
  request: { headers: IdempotencyKey, params: MessageRef, body: body(EditMessage.pick({ text: true }), 'What it is to say instead') },
  responses: changed,
})

const deleteRoute = route({
  id: 'chat.delete',
  method: 'delete',
  path: '/rooms/{roomId}/messages/{message}',
  allow: 'read', // one's own; the use case asks for more to take back others'
  fails,
  request: { headers: IdempotencyKey, params: MessageRef },
  responses: changed,
})

const versionsRoute = route({
  id: 'message.versions',
  summary: 'All that a message has said, the oldest first.',
  method: 'get',
  path: '/rooms/{roomId}/messages/{message}/versions',
  allow: 'read',
  request: { params: MessageRef },
  responses: { 200: json(z.object({ versions: z.array(Version) }), 'All that it has said, the oldest first') },
})

const reactionRoute = <M extends 'put' | 'delete'>(method: M) =>
  route({
    id: method === 'put' ? 'chat.react' : 'chat.unreact',
    method,
    path: '/rooms/{roomId}/messages/{message}/reactions/{emoji}',
    allow: 'react',
    fails: [...fails, 'message.reactionsFull'],
    request: { headers: IdempotencyKey, params: ReactionRef },
    responses: changed,
  })

const pinsRoute = route({
  id: 'pin.list',
  summary: 'The pinned messages of a room.',
  method: 'get',
  path: '/rooms/{roomId}/pins',
  allow: 'read',
  request: { params: RoomRef },
  responses: { 200: json(z.object({ messages: z.array(Message) }), 'In the order in which they were pinned') },
})

const pinRoute = <M extends 'put' | 'delete'>(method: M) =>
  route({
    id: method === 'put' ? 'chat.pin' : 'chat.unpin',
    method,
    path: '/rooms/{roomId}/pins/{message}',
    allow: 'pin',
    fails: [...fails, 'room.pinsFull'],
    request: { headers: IdempotencyKey, params: MessageRef },
    responses: changed,
  })

type Headers = z.output<typeof IdempotencyKey>
const change = <P extends Omit<ChangeMessage, 'commandId'>>(headers: Headers, params: P) => ({
  ...params,
  commandId: commandIdFrom(headers),
})

export const chatRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listMessages(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(getRoute, async (c) => c.json(await getMessage(c.var.ctx, c.req.valid('param')), 200))
  .openapi(sendRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await sendMessage(c.var.ctx, input), 201)
  })
  .openapi(editRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...change(c.req.valid('header'), c.req.valid('param')) }
    return c.json(await editMessage(c.var.ctx, input), 200)
  })
  .openapi(deleteRoute, async (c) => c.json(await deleteMessage(c.var.ctx, change(c.req.valid('header'), c.req.valid('param'))), 200))
  .openapi(versionsRoute, async (c) => c.json({ versions: await listVersions(c.var.ctx, c.req.valid('param')) }, 200))
  .openapi(reactionRoute('put'), async (c) => c.json(await react(c.var.ctx, change(c.req.valid('header'), c.req.valid('param'))), 200))
  .openapi(reactionRoute('delete'), async (c) => c.json(await unreact(c.var.ctx, change(c.req.valid('header'), c.req.valid('param'))), 200))
  .openapi(pinsRoute, async (c) => c.json({ messages: await listPins(c.var.ctx, c.req.valid('param')) }, 200))
  .openapi(pinRoute('put'), async (c) => c.json(await pinMessage(c.var.ctx, change(c.req.valid('header'), c.req.valid('param'))), 200))
  .openapi(pinRoute('delete'), async (c) => c.json(await unpinMessage(c.var.ctx, change(c.req.valid('header'), c.req.valid('param'))), 200))
