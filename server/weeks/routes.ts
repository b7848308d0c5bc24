import { BrandWeek, CohortWeek, ListBrandWeeks, Page, pageOf } from '../../client-sdk/contract/index.ts'
import { json, route, router } from '../route.ts'
import { listBrandWeeks, listCohorts } from './list-weeks.ts'

const brandWeeksRoute = route({
  id: 'brand.weeks',
  summary: 'What each week was for a brand, to its own team, the newest first. A week is counted on the Monday after it.',
  method: 'get',
  path: '/brands/{brandId}/weeks',
  allow: 'viewBrand',
  request: { params: ListBrandWeeks.pick({ brandId: true }), query: Page },
  responses: { 200: json(pageOf(BrandWeek), 'A page') },
})

const cohortsRoute = route({
  id: 'cohort.list',
  summary: 'How many creators were new, active or returning in each week, the newest first.',
  method: 'get',
  path: '/admin/cohorts',
  allow: 'administer',
  request: { query: Page },
  responses: { 200: json(pageOf(CohortWeek), 'A page') },
})

export const weekRoutes = router()
  .openapi(brandWeeksRoute, async (c) => c.json(await listBrandWeeks(c.var.ctx, { ...c.req.valid('query'), ...c.req.valid('param') }), 200))
  .openapi(cohortsRoute, async (c) => c.json(await listCohorts(c.var.ctx, c.req.valid('query')), 200))
