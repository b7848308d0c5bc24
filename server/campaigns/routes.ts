import { z } from 'zod'
import {
  BrandId,
  Campaign,
  CampaignCard,
  CampaignId,
  CampaignListing,
  CampaignPlace,
  CreateCampaign,
  DiscoverCampaigns,
  type ErrorCode,
  ListCampaigns,
  MoveCampaign,
  Page,
  pageOf,
  RedeemCode,
  UpdateCampaign,
} from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IdempotencyKey, IfMatch, json, route, router, versionFrom } from '../route.ts'
import { copyCampaign } from './copy-campaign.ts'
import { createCampaign } from './create-campaign.ts'
import { getCampaign } from './get-campaign.ts'
import { guestRoutes } from './guest-routes.ts'
import { redeemCode } from './guests.ts'
import { discoverCampaigns, listCampaigns, listSaved } from './list-campaigns.ts'
import { moveCampaign } from './move-campaign.ts'
import { saveCampaign } from './save-campaign.ts'
import { updateCampaign } from './update-campaign.ts'

const BrandRef = z.object({ brandId: BrandId })
const CampaignRef = z.object({ campaignId: CampaignId })
const writes = ['access.changed', 'command.reused'] as const satisfies ErrorCode[]
const changes = [
  ...writes,
  'precondition.required',
  'resource.stale',
  'campaign.illegalMove',
  'campaign.incomplete',
  'deadline.passed',
] as const
const whichChange = { commandId: true, campaignId: true, version: true } as const

const createCampaignRoute = route({
  id: 'campaign.create',
  method: 'post',
  path: '/brands/{brandId}/campaigns',
  allow: 'runCampaigns',
  fails: [...writes, 'catalogue.unknown', 'deadline.passed'],
  request: {
    headers: IdempotencyKey,
    params: BrandRef,
    body: body(CreateCampaign.omit({ commandId: true, brandId: true }), 'What it says; what is left out is blank'),
  },
  responses: { 201: json(CampaignPlace, 'The draft') },
})

const listRoute = route({
  id: 'campaign.list',
  summary: 'A brand’s campaigns for its team, the last changed first.',
  method: 'get',
  path: '/brands/{brandId}/campaigns',
  allow: 'viewBrand',
  request: { params: BrandRef, query: ListCampaigns.omit({ brandId: true }) },
  responses: { 200: json(pageOf(CampaignCard), 'A page of them') },
})

const discoverRoute = route({
  id: 'campaign.discover',
  summary: 'Open campaigns that the caller may see, as a creator.',
  method: 'get',
  path: '/campaigns',
  allow: 'apply',
  request: { query: DiscoverCampaigns },
  responses: { 200: json(pageOf(CampaignListing), 'A page of them') },
})

const getRoute = route({
  id: 'campaign.get',
  summary: 'All of a campaign, as the caller may see it.',
  method: 'get',
  path: '/campaigns/{campaignId}',
  allow: 'viewCampaign',
  request: { params: CampaignRef },
  responses: { 200: json(Campaign, 'The campaign; its `ETag` names its version') },
})

const updateRoute = route({
  id: 'campaign.update',
  method: 'patch',
  path: '/campaigns/{campaignId}',
  allow: 'runCampaigns',
  fails: [...changes, 'catalogue.unknown'],
  request: {
    headers: IfMatch,
    params: CampaignRef,
    body: body(UpdateCampaign.omit(whichChange), 'What is to change; what is left out stays'),
  },
  responses: { 200: json(CampaignPlace, 'It is so') },
})

const moveRoute = route({
  id: 'campaign.move',
  method: 'post',
  path: '/campaigns/{campaignId}/moves',
  allow: 'runCampaigns',
  fails: changes,
  request: { headers: IfMatch, params: CampaignRef, body: body(MoveCampaign.omit(whichChange), 'Where to') },
  responses: { 200: json(CampaignPlace, 'Where it stands') },
})

const copyRoute = route({
  id: 'campaign.copy',
  method: 'post',
  path: '/campaigns/{campaignId}/copy',
  allow: 'runCampaigns',
  fails: writes,
  request: { headers: IdempotencyKey, params: CampaignRef },
  responses: { 201: json(CampaignPlace, 'The new draft') },
})

const savedRoute = <M extends 'put' | 'delete'>(method: M) =>
  route({
    id: method === 'put' ? 'campaign.save' : 'campaign.unsave',
    summary: method === 'put' ? 'Keeps a campaign among the caller’s.' : 'Keeps it no longer.',
    method,
    path: '/campaigns/{campaignId}/saved',
    allow: 'apply',
    fails: ['resource.notFound'],
    request: { params: CampaignRef },
    responses: { 200: json(CampaignRef, 'It is so') },
  })

const listSavedRoute = route({
  id: 'campaign.saved',
  summary: 'What the caller keeps, the last kept first.',
  method: 'get',
  path: '/me/saved-campaigns',
  allow: 'apply',
  request: { query: Page },
  responses: { 200: json(pageOf(CampaignListing), 'A page of them') },
})

const redeemRoute = route({
  id: 'campaign.redeem',
  method: 'post',
  path: '/campaigns/redeem',
  allow: 'apply',
  fails: ['resource.notFound'],
  request: { body: body(RedeemCode, 'As the brand gave it') },
  responses: { 200: json(CampaignRef, 'The campaign, which the caller may see now') },
})

export const campaignRoutes = router()
  .openapi(createCampaignRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await createCampaign(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
  .openapi(listRoute, async (c) => c.json(await listCampaigns(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(discoverRoute, async (c) => c.json(await discoverCampaigns(c.var.ctx, c.req.valid('query')), 200))
  .openapi(redeemRoute, async (c) => c.json(await redeemCode(c.var.ctx, c.req.valid('json')), 200))
  .openapi(getRoute, async (c) => {
    const campaign = await getCampaign(c.var.ctx, c.req.valid('param'))
    return c.json(campaign, 200, etag(campaign))
  })
  .openapi(updateRoute, async (c) => {
    const headers = c.req.valid('header')
    const which = { ...c.req.valid('param'), version: versionFrom(headers), commandId: commandIdFrom(headers) }
    const place = await updateCampaign(c.var.ctx, { ...c.req.valid('json'), ...which })
    return c.json(place, 200, etag(place))
  })
  .openapi(moveRoute, async (c) => {
    const headers = c.req.valid('header')
    const which = { ...c.req.valid('param'), version: versionFrom(headers), commandId: commandIdFrom(headers) }
    const place = await moveCampaign(c.var.ctx, { ...c.req.valid('json'), ...which })
    return c.json(place, 200, etag(place))
  })
  .openapi(copyRoute, async (c) => {
    const place = await copyCampaign(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) })
    return c.json(place, 201, etag(place))
  })
  .openapi(savedRoute('put'), async (c) => c.json(await saveCampaign(c.var.ctx, { ...c.req.valid('param'), saved: true }), 200))
  .openapi(savedRoute('delete'), async (c) => c.json(await saveCampaign(c.var.ctx, { ...c.req.valid('param'), saved: false }), 200))
  .openapi(listSavedRoute, async (c) => c.json(await listSaved(c.var.ctx, c.req.valid('query')), 200))

campaignRoutes.route('/', guestRoutes)
