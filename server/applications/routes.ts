import { z } from 'zod'
import {
  Application,
  ApplicationCard,
  ApplicationId,
  ApplicationPlace,
  Board,
  BrandId,
  CampaignId,
  ListApplications,
  ListBrandApplications,
  ListMyApplications,
  MoveApplication,
  MoveApplications,
  Moved,
  Page,
  pageOf,
  RoomId,
  SubmitApplication,
} from '../../client-sdk/contract/index.ts'
import { badTerms } from '../offers/routes.ts'
import { body, commandIdFrom, etag, IdempotencyKey, IfMatch, json, route, router, versionFrom } from '../route.ts'
import { getApplication } from './get-application.ts'
import { getBoard, listApplications, listBrandApplications, listMyApplications } from './list-applications.ts'
import { moveApplication } from './move-application.ts'
import { moveApplications } from './move-applications.ts'
import { openNotes } from './open-notes.ts'
import { submitApplication } from './submit-application.ts'

const OfCampaign = z.object({ campaignId: CampaignId })
const Which = z.object({ applicationId: ApplicationId })
const Cards = pageOf(ApplicationCard)

const submitRoute = route({
  id: 'application.submit',
  method: 'post',
  path: '/campaigns/{campaignId}/applications',
  allow: 'apply',
  fails: [
    'resource.notFound',
    'person.blocked',
    'campaign.notOpen',
    'deadline.passed',
    'application.exists',
    'application.incomplete',
    ...badTerms,
    'command.reused',
  ],
  request: {
    headers: IdempotencyKey,
    params: OfCampaign,
    body: body(SubmitApplication.omit({ commandId: true, campaignId: true }), 'What the creator says and, maybe, offers'),
  },
  responses: { 201: json(ApplicationPlace, 'The application and its room') },
})

const listRoute = route({
  id: 'application.list',
  summary: 'A campaign’s applications, for its team.',
  method: 'get',
  path: '/campaigns/{campaignId}/applications',
  allow: 'viewBrand',
  request: { params: OfCampaign, query: ListApplications.omit({ campaignId: true }) },
  responses: { 200: json(Cards, 'A page') },
})

const boardRoute = route({
  id: 'application.board',
  summary: 'A campaign’s applications by state, for its team: how many, and the newest of each.',
  method: 'get',
  path: '/campaigns/{campaignId}/board',
  allow: 'viewBrand',
  request: { params: OfCampaign, query: Page.pick({ limit: true }) },
  responses: { 200: json(Board, 'A column for each state that any is in; `limit` cards each') },
})

const moveManyRoute = route({
  id: 'application.moveMany',
  method: 'post',
  path: '/campaigns/{campaignId}/applications/moves',
  allow: 'decide',
  request: {
    headers: IdempotencyKey,
    params: OfCampaign,
    body: body(MoveApplications.omit({ commandId: true, campaignId: true }), 'The move, and the applications'),
  },
  responses: { 200: json(Moved, 'What became of each') },
})

const listOfBrandRoute = route({
  id: 'application.listOfBrand',
  summary: 'The applications to all of a brand’s campaigns, for its team.',
  method: 'get',
  path: '/brands/{brandId}/applications',
  allow: 'viewBrand',
  request: { params: z.object({ brandId: BrandId }), query: ListBrandApplications.omit({ brandId: true }) },
  responses: { 200: json(Cards, 'A page') },
})

const listMineRoute = route({
  id: 'application.listMine',
  summary: 'The caller’s own applications.',
  method: 'get',
  path: '/applications',
  allow: 'apply',
  request: { query: ListMyApplications },
  responses: { 200: json(Cards, 'A page') },
})

const getRoute = route({
  id: 'application.get',
  summary: 'All of an application, for either side.',
  method: 'get',
  path: '/applications/{applicationId}',
  allow: 'viewApplication',
  request: { params: Which },
  responses: { 200: json(Application, 'The application; its ETag is what a change asks for') },
})

const moveRoute = route({
  id: 'application.move',
  method: 'post',
  path: '/applications/{applicationId}/moves',
  allow: 'moveApplication',
  fails: ['precondition.required', 'resource.stale', 'application.illegalMove', 'deadline.passed', 'access.changed', 'command.reused'],
  request: {
    headers: IfMatch,
    params: Which,
    body: body(MoveApplication.pick({ move: true, reason: true }), 'The move'),
  },
  responses: { 200: json(ApplicationPlace, 'Where it stands now') },
})

const notesRoute = route({
  id: 'application.openNotes',
  method: 'post',
  path: '/applications/{applicationId}/notes',
  allow: 'decide',
  fails: ['access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: Which },
  responses: { 200: json(z.object({ roomId: RoomId }), 'The room of the notes, made now or before') },
})

export const applicationRoutes = router()
  .openapi(submitRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await submitApplication(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
  .openapi(listRoute, async (c) => c.json(await listApplications(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(boardRoute, async (c) => c.json(await getBoard(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(moveManyRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await moveApplications(c.var.ctx, input), 200)
  })
  .openapi(listOfBrandRoute, async (c) =>
    c.json(await listBrandApplications(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200),
  )
  .openapi(listMineRoute, async (c) => c.json(await listMyApplications(c.var.ctx, c.req.valid('query')), 200))
  .openapi(getRoute, async (c) => {
    const application = await getApplication(c.var.ctx, c.req.valid('param'))
    return c.json(application, 200, etag(application))
  })
  .openapi(moveRoute, async (c) => {
    const headers = c.req.valid('header')
    const which = { ...c.req.valid('param'), version: versionFrom(headers), commandId: commandIdFrom(headers) }
    const place = await moveApplication(c.var.ctx, { ...c.req.valid('json'), ...which })
    return c.json(place, 200, etag(place))
  })
  .openapi(notesRoute, async (c) => {
    const input = { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await openNotes(c.var.ctx, input), 200)
  })
