import { z } from 'zod'
import { CampaignId, Guest, InviteCreator, Page, pageOf } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { listGuests } from './get-campaign.ts'
import { inviteCreator, uninviteCreator } from './guests.ts'

const CampaignRef = z.object({ campaignId: CampaignId })

const listRoute = route({
  id: 'campaign.guests',
  summary: 'Whom a campaign is shown to besides everybody, by address; for its team.',
  method: 'get',
  path: '/campaigns/{campaignId}/guests',
  allow: 'viewBrand',
  request: { params: CampaignRef, query: Page },
  responses: { 200: json(pageOf(Guest), 'A page of them') },
})

const inviteRoute = route({
  id: 'campaign.invite',
  method: 'post',
  path: '/campaigns/{campaignId}/guests',
  allow: 'runCampaigns',
  fails: ['campaign.full', 'campaign.illegalMove', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: CampaignRef, body: body(InviteCreator.pick({ email: true }), 'Whom to invite') },
  responses: { 201: json(CampaignRef, 'They may see it, whoever they are') },
})

const uninviteRoute = route({
  id: 'campaign.uninvite',
  method: 'delete',
  path: '/campaigns/{campaignId}/guests/{email}',
  allow: 'runCampaigns',
  fails: ['access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: InviteCreator.pick({ campaignId: true, email: true }) },
  responses: { 200: json(CampaignRef, 'They may not, unless they have applied') },
})

export const guestRoutes = router()
  .openapi(listRoute, async (c) => c.json(await listGuests(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(inviteRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await inviteCreator(c.var.ctx, input), 201)
  })
  .openapi(uninviteRoute, async (c) => {
    return c.json(await uninviteCreator(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }), 200)
  })
