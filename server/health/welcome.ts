import { z } from 'zod'
import { layout } from '../docs/layout.ts'
import { route, router } from '../route.ts'

/** For whoever opens the server's address in a browser. The app itself is a client of its own. */
const page = (isEmbedded: boolean) =>
  layout(
    'Parley',
    `<p>This server is running. People meet on it through apps made with its client SDK.
<ul>
<li><a href="/docs">REST interface</a> (<a href="/openapi.json">OpenAPI 3.1</a>)
<li><a href="/asyncapi">What goes over a socket</a> (<a href="/asyncapi.json">AsyncAPI 3</a>)
<li><a href="/errors">What may go wrong</a>
<li><a href="/readyz">Health and engines</a>
<li><a href="/.well-known/parley-checkpoint-keys.json">Keys that sign the log's checkpoints</a>
${isEmbedded ? '<li><a href="/dev/mailbox">Mail that would have been sent</a>, such as invitations and their codes\n' : ''}</ul>
`,
  )

const welcomeRoute = route({
  id: 'doc.welcome',
  summary: 'What this is, for whoever opens the address.',
  method: 'get',
  path: '/',
  allow: 'anyone',
  responses: { 200: { description: 'What this is', content: { 'text/html': { schema: z.string() } } } },
})

/** `isEmbedded`: whether this machine alone gets in, and mail can be read here. */
export function welcomeRoutes(isEmbedded: boolean) {
  const html = page(isEmbedded)
  return router().openapi(welcomeRoute, (c) => c.html(html, 200))
}
