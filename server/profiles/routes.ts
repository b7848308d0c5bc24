import { z } from 'zod'
import { Profile, PutProfile, Revision, UserId } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IfMatch, json, route, router, versionFrom } from '../route.ts'
import { getCreator, getOwnProfile } from './get-profile.ts'
import { putProfile } from './put-profile.ts'

const getProfileRoute = route({
  id: 'profile.get',
  summary: 'The profile of the creator who asks.',
  method: 'get',
  path: '/me/profile',
  allow: 'apply',
  fails: ['resource.notFound'],
  responses: { 200: json(Profile, 'The profile; its version is the ETag, `"0"` while it was never filled in') },
})

const putProfileRoute = route({
  id: 'profile.put',
  method: 'put',
  path: '/me/profile',
  allow: 'apply',
  fails: ['resource.notFound', 'resource.stale', 'precondition.required', 'catalogue.unknown', 'command.reused'],
  request: {
    headers: IfMatch,
    body: body(PutProfile.omit({ commandId: true, version: true }), 'All of it: what is left out becomes empty'),
  },
  responses: { 200: json(z.object({ version: Revision }), 'It is so; the ETag is of the new version') },
})

const getCreatorRoute = route({
  id: 'creator.get',
  summary: 'A creator’s profile, to the teams of the brands that they show it to.',
  method: 'get',
  path: '/creators/{userId}',
  allow: 'hire',
  fails: ['resource.notFound'],
  request: { params: z.object({ userId: UserId }) },
  responses: { 200: json(Profile, 'The profile') },
})

export const profileRoutes = router()
  .openapi(getProfileRoute, async (c) => {
    const profile = await getOwnProfile(c.var.ctx)
    return c.json(profile, 200, etag(profile))
  })
  .openapi(putProfileRoute, async (c) => {
    const headers = c.req.valid('header')
    const input = { ...c.req.valid('json'), version: versionFrom(headers), commandId: commandIdFrom(headers) }
    const profile = await putProfile(c.var.ctx, input)
    return c.json(profile, 200, etag(profile))
  })
  .openapi(getCreatorRoute, async (c) => {
    const profile = await getCreator(c.var.ctx, c.req.valid('param'))
    return c.json(profile, 200, etag(profile))
  })
