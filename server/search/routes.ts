import { z } from 'zod'
import { RoomId, SearchMessages, SearchPage } from '../../client-sdk/contract/index.ts'
import { json, route, router } from '../route.ts'
import { searchMessages } from './search-messages.ts'

const roomRoute = route({
  id: 'search.room',
  summary: 'Finds messages of one room, newest first.',
  method: 'get',
  path: '/rooms/{roomId}/search',
  allow: 'read',
  request: { params: z.object({ roomId: RoomId }), query: SearchMessages.omit({ roomId: true }) },
  responses: { 200: json(SearchPage, 'Messages of this room, newest first') },
})

const allRoute = route({
  id: 'search.all',
  summary: 'Finds messages of all the caller’s rooms, newest first.',
  method: 'get',
  path: '/search',
  allow: 'signedIn',
  request: { query: SearchMessages.omit({ roomId: true, from: true }) },
  responses: { 200: json(SearchPage, "Messages of all the caller's rooms, newest first") },
})

export const searchRoutes = router()
  .openapi(roomRoute, async (c) => c.json(await searchMessages(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(allRoute, async (c) => c.json(await searchMessages(c.var.ctx, c.req.valid('query')), 200))
