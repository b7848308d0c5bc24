import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { type AppEnv, json, route, router } from '../route.ts'
import { type Document, openApi } from './document.ts'
import { errorsPage, page } from './page.ts'

const html = (description: string) => ({ 200: { description, content: { 'text/html': { schema: z.string() } } } })

const documentRoute = route({
  id: 'doc.openapi',
  summary: 'What REST is made of, for programs.',
  method: 'get',
  path: '/openapi.json',
  allow: 'anyone',
  responses: { 200: json(z.record(z.string(), z.unknown()), 'This description, as OpenAPI 3.1') },
})
const pageRoute = route({
  id: 'doc.rest',
  summary: 'What REST is made of, for people.',
  method: 'get',
  path: '/docs',
  allow: 'anyone',
  responses: html('Every operation of this description'),
})
const errorsRoute = route({
  id: 'doc.errors',
  summary: 'Every error code, for people.',
  method: 'get',
  path: '/errors',
  allow: 'anyone',
  responses: html('What may go wrong; a problem’s `type` leads here'),
})

/**
 * Of all routes of the app, once they are there: made when first asked for. `publicUrl`: where this server is reached. `isEmbedded`:
 * there are the demo people.
 */
export function openApiRoutes(app: OpenAPIHono<AppEnv>, publicUrl: string, isEmbedded = false) {
  let made: { document: Document; html: string } | undefined
  const make = () => {
    const document = openApi(app, publicUrl, isEmbedded)
    return { document, html: page(document) }
  }
  return router()
    .openapi(documentRoute, (c) => {
      made ??= make()
      return c.json({ ...made.document }, 200)
    })
    .openapi(pageRoute, (c) => {
      made ??= make()
      return c.html(made.html, 200)
    })
    .openapi(errorsRoute, (c) => c.html(errorsPage(), 200))
}
