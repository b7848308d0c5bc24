import { z } from 'zod'
import { json, route, router } from '../route.ts'
import { asyncApi } from './document.ts'
import { page } from './page.ts'

const documentRoute = route({
  id: 'doc.asyncapi',
  summary: 'What goes over a socket, for programs.',
  method: 'get',
  path: '/asyncapi.json',
  allow: 'anyone',
  responses: { 200: json(z.record(z.string(), z.unknown()), 'What goes over a socket, as AsyncAPI 3') },
})
const pageRoute = route({
  id: 'doc.sockets',
  summary: 'What goes over a socket, for people.',
  method: 'get',
  path: '/asyncapi',
  allow: 'anyone',
  responses: { 200: { description: 'What goes over a socket, for people', content: { 'text/html': { schema: z.string() } } } },
})

/** Both are made when they are first asked for. `publicUrl`: where this server is reached. */
export function asyncApiRoutes(publicUrl: string) {
  let made: { document: Record<string, unknown>; html: string } | undefined
  const make = () => {
    const document = asyncApi(publicUrl)
    return { document, html: page(document) }
  }
  return router()
    .openapi(documentRoute, (c) => {
      made ??= make()
      return c.json(made.document, 200)
    })
    .openapi(pageRoute, (c) => {
      made ??= make()
      return c.html(made.html, 200)
    })
}
