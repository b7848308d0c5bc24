import { z } from 'zod'
import {
  AddMember,
  Changed,
  ConfigureRoom,
  CreateRoom,
  ListRooms,
  MarkRead,
  MuteRoom,
  RemoveMember,
  RoomDetails,
  RoomId,
  RoomSummary,
  Unread,
} from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { addMember } from './add-member.ts'
import { configureRoom } from './configure-room.ts'
import { createRoom } from './create-room.ts'
import { getRoom } from './get-room.ts'
import { listRooms } from './list-rooms.ts'
import { markRead, muteRoom } from './read-room.ts'
import { removeMember } from './remove-member.ts'

const RoomRef = z.object({ roomId: RoomId })
const MemberRef = RemoveMember.pick({ roomId: true, userId: true })

const listRoute = route({
  id: 'room.list',
  summary: 'The caller’s rooms, the last active first, with what is unread.',
  method: 'get',
  path: '/rooms',
  allow: 'signedIn',
  request: { query: ListRooms },
  responses: {
    200: json(
      z.object({ rooms: z.array(RoomSummary), cursor: z.string().nullable() }),
      "The caller's rooms, the last active first, with what is unread; `cursor` where there are more",
    ),
  },
})

const getRoute = route({
  id: 'room.get',
  summary: 'A room and who is in it.',
  method: 'get',
  path: '/rooms/{roomId}',
  allow: 'read',
  request: { params: RoomRef },
  responses: { 200: json(RoomDetails, 'The room and who is in it') },
})

const settingsRoute = route({
  id: 'room.configure',
  method: 'patch',
  path: '/rooms/{roomId}/settings',
  allow: 'configure',
  fails: ['access.changed', 'command.reused'],
  request: {
    headers: IdempotencyKey,
    params: RoomRef,
    body: body(ConfigureRoom.omit({ commandId: true, roomId: true }), 'What is to change'),
  },
  responses: { 200: json(Changed, 'It is so from this seq on') },
})

const readRoute = route({
  id: 'room.read',
  method: 'put',
  path: '/rooms/{roomId}/read',
  allow: 'read',
  request: { params: RoomRef, body: body(MarkRead.pick({ seq: true }), 'How far was read') },
  responses: { 200: json(Unread, 'What is unread then') },
})

const muteRoute = route({
  id: 'room.mute',
  method: 'put',
  path: '/rooms/{roomId}/mute',
  allow: 'read',
  request: { params: RoomRef, body: body(MuteRoom.pick({ muted: true }), 'Whether to hear of it') },
  responses: { 200: json(Unread, 'What is unread') },
})

const createRoomRoute = route({
  id: 'room.create',
  summary: 'Opens a room with its first members.',
  method: 'post',
  path: '/rooms',
  allow: 'administer',
  fails: ['resource.notFound', 'command.reused'],
  request: { headers: IdempotencyKey, body: body(CreateRoom.omit({ commandId: true }), 'The room and its first members') },
  responses: { 201: json(RoomRef, 'The room') },
})

const addRoute = route({
  id: 'room.addMember',
  summary: 'Makes somebody a member, or another thing in the room than they were.',
  method: 'put',
  path: '/rooms/{roomId}/members/{userId}',
  allow: 'manageMembers',
  fails: ['member.exists', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef, body: body(AddMember.pick({ role: true }), 'What they are to be') },
  responses: { 200: json(RoomRef, 'They are in the room') },
})

const removeRoute = route({
  id: 'room.removeMember',
  summary: 'Takes a member out of the room, or lets the caller go.',
  method: 'delete',
  path: '/rooms/{roomId}/members/{userId}',
  allow: 'read', // anybody may leave; the use case asks for more to remove others
  fails: ['member.lastOwner', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef },
  responses: { 200: json(RoomRef, 'They are out of the room') },
})

export const roomRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listRooms(c.var.ctx, c.req.valid('query')), 200))
  .openapi(getRoute, async (c) => c.json(await getRoom(c.var.ctx, c.req.valid('param')), 200))
  .openapi(settingsRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await configureRoom(c.var.ctx, input), 200)
  })
  .openapi(readRoute, async (c) =>
    c.json(Unread.parse(await markRead(c.var.ctx, { ...c.req.valid('json'), ...c.req.valid('param') })), 200),
  )
  .openapi(muteRoute, async (c) =>
    c.json(Unread.parse(await muteRoom(c.var.ctx, { ...c.req.valid('json'), ...c.req.valid('param') })), 200),
  )
  .openapi(createRoomRoute, async (c) => {
    const input = { ...c.req.valid('json'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await createRoom(c.var.ctx, input), 201)
  })
  .openapi(addRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await addMember(c.var.ctx, input), 200)
  })
  .openapi(removeRoute, async (c) => {
    const input = { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await removeMember(c.var.ctx, input), 200)
  })
