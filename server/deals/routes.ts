import { z } from 'zod'
import { Agreement, ApplicationId, Deal, OfferDiff, OfferNumber, ReadStory, RoomId, Story } from '../../client-sdk/contract/index.ts'
import { json, route, router } from '../route.ts'
import { agreementPage } from './agreement-page.ts'
import { diffOffers } from './diff-offers.ts'
import { getAgreement } from './get-agreement.ts'
import { getDeal } from './get-deal.ts'
import { PRINTED_EVENTS, readNewest, readStory } from './read-story.ts'
import { storyPage } from './story-page.ts'

const Which = z.object({ applicationId: ApplicationId })
const OfRoom = z.object({ roomId: RoomId })
const number = z.coerce.number().pipe(OfferNumber)
const html = (description: string) => ({ 200: { description, content: { 'text/html': { schema: z.string() } } } })

const dealRoute = route({
  id: 'deal.get',
  summary: 'All of a deal as it stands: versions of the terms, which one binds, the work and the payments.',
  method: 'get',
  path: '/applications/{applicationId}/deal',
  allow: 'viewApplication',
  request: { params: Which },
  responses: { 200: json(Deal, 'The deal, as of the seq `asOf` of its room') },
})

const diffRoute = route({
  id: 'offer.diff',
  summary: 'How two versions of the terms differ, term by term.',
  method: 'get',
  path: '/applications/{applicationId}/offers/{offer}/diff',
  allow: 'viewApplication',
  request: {
    params: Which.extend({ offer: number }),
    query: z.object({ against: number.optional().describe('The version to compare with; unless said, the one before') }),
  },
  responses: { 200: json(OfferDiff, 'What differs, in the order of the terms') },
})

const agreementRoute = route({
  id: 'agreement.get',
  summary: 'What binds both sides now, with everything that both have agreed to before.',
  method: 'get',
  path: '/applications/{applicationId}/agreement',
  allow: 'viewApplication',
  request: { params: Which },
  responses: { 200: json(Agreement, 'The agreement; before there is one, `resource.notFound`') },
})

const agreementPageRoute = route({
  id: 'agreement.print',
  summary: 'The agreement as a page to print or to keep, which needs nothing else.',
  method: 'get',
  path: '/applications/{applicationId}/agreement.html',
  allow: 'viewApplication',
  request: { params: Which },
  responses: html('The agreement'),
})

const storyRoute = route({
  id: 'timeline.read',
  summary: 'A deal’s whole story, the oldest first: every event of the deal, and how much was said in between.',
  method: 'get',
  path: '/rooms/{roomId}/timeline',
  allow: 'read',
  request: { params: OfRoom, query: ReadStory.omit({ roomId: true }) },
  responses: { 200: json(Story, 'A page') },
})

const storyPageRoute = route({
  id: 'timeline.print',
  summary: `A deal’s story as a page to print or to keep: its newest ${PRINTED_EVENTS} events.`,
  method: 'get',
  path: '/rooms/{roomId}/timeline.html',
  allow: 'read',
  request: { params: OfRoom },
  responses: html('The story'),
})

/** Pages to print, by their paths as Hono has them. */
export const PRINTED = [agreementPageRoute, storyPageRoute].map((page) => page.getRoutingPath())

export const dealRoutes = router()
  .openapi(dealRoute, async (c) => c.json(await getDeal(c.var.ctx, c.req.valid('param')), 200))
  .openapi(diffRoute, async (c) => c.json(await diffOffers(c.var.ctx, { ...c.req.valid('param'), ...c.req.valid('query') }), 200))
  .openapi(agreementRoute, async (c) => c.json(await getAgreement(c.var.ctx, c.req.valid('param')), 200))
  .openapi(agreementPageRoute, async (c) => c.html(agreementPage(await getAgreement(c.var.ctx, c.req.valid('param'))), 200))
  .openapi(storyRoute, async (c) => c.json(await readStory(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(storyPageRoute, async (c) => {
    const { roomId } = c.req.valid('param')
    return c.html(storyPage(roomId, await readNewest(c.var.ctx, roomId)), 200)
  })
