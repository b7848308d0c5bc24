import { Catalogue, CatalogueEntry, PutEntry } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { getCatalogue } from './catalogue.ts'
import { putEntry } from './put-entry.ts'

const getCatalogueRoute = route({
  id: 'catalogue.get',
  summary: 'The platforms and categories that campaigns and profiles may name.',
  method: 'get',
  path: '/catalogue',
  allow: 'signedIn',
  responses: { 200: json(Catalogue, 'What there is to choose from, with what is retired') },
})

const putEntryRoute = route({
  id: 'catalogue.put',
  method: 'put',
  path: '/catalogue/{list}/{key}',
  allow: 'administer',
  fails: ['command.reused'],
  request: {
    headers: IdempotencyKey,
    params: PutEntry.pick({ list: true, key: true }),
    body: body(PutEntry.pick({ name: true, retired: true }), 'The entry as it is to be'),
  },
  responses: { 200: json(CatalogueEntry.pick({ key: true }), 'It is so') },
})

export const catalogueRoutes = router()
  .openapi(getCatalogueRoute, async (c) => c.json(await getCatalogue(c.var.ctx), 200))
  .openapi(putEntryRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await putEntry(c.var.ctx, input), 200)
  })
