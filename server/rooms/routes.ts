import { z } from 'zod'
import { AddMember, CreateRoom, RemoveMember, RoomDetails, RoomId, RoomSummary } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { addMember } from './add-member.ts'
import { createRoom } from './create-room.ts'
import { getRoom } from './get-room.ts'
import { listRooms } from './list-rooms.ts'
import { removeMember } from './remove-member.ts'

const RoomRef = z.object({ roomId: RoomId })
const MemberRef = RemoveMember.pick({ roomId: true, userId: true })

const listRoute = route({
  method: 'get',
  path: '/rooms',
  allow: 'signedIn',
  responses: { 200: json(z.object({ rooms: z.array(RoomSummary) }), "The caller's rooms, the last active first") },
})

const getRoute = route({
  method: 'get',
  path: '/rooms/{roomId}',
  allow: 'read',
  request: { params: RoomRef },
  responses: { 200: json(RoomDetails, 'The room and who is in it') },
})

const createRoomRoute = route({
  method: 'post',
  path: '/rooms',
  allow: 'administer',
  fails: ['access.denied', 'resource.notFound', 'command.reused'],
  request: { headers: IdempotencyKey, body: body(CreateRoom.omit({ commandId: true }), 'The room and its first members') },
  responses: { 201: json(RoomRef, 'The room') },
})

const addRoute = route({
  method: 'put',
  path: '/rooms/{roomId}/members/{userId}',
  allow: 'manageMembers',
  fails: ['member.exists', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef, body: body(AddMember.pick({ role: true }), 'What they are to be') },
  responses: { 200: json(RoomRef, 'They are in the room') },
})

const removeRoute = route({
  method: 'delete',
  path: '/rooms/{roomId}/members/{userId}',
  allow: 'read', // anybody may leave; the use case asks for more to remove others
  fails: ['member.lastOwner', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef },
  responses: { 200: json(RoomRef, 'They are out of the room') },
})

export const roomRoutes = router()
  .openapi(listRoute, async (c) => c.json({ rooms: await listRooms(c.var.ctx) }, 200))
  .openapi(getRoute, async (c) => c.json(await getRoom(c.var.ctx, c.req.valid('param')), 200))
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
