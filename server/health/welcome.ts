import { z } from 'zod'
import { route, router } from '../route.ts'

/** For whoever opens the server's address in a browser. The app itself is a client of its own. */
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Parley</title>
<h1>Parley</h1>
<p>This server is running. People meet on it through apps made with its client SDK.</p>
<ul>
<li><a href="/docs">REST interface</a> (<a href="/openapi.json">OpenAPI 3.1</a>)</li>
<li><a href="/asyncapi">What goes over a socket</a> (<a href="/asyncapi.json">AsyncAPI 3</a>)</li>
<li><a href="/errors">What may go wrong</a></li>
<li><a href="/readyz">Health and engines</a></li>
<li><a href="/.well-known/parley-checkpoint-keys.json">Keys that sign the log's checkpoints</a></li>
</ul>
</html>
`

const welcomeRoute = route({
  id: 'doc.welcome',
  summary: 'What this is, for whoever opens the address.',
  method: 'get',
  path: '/',
  allow: 'anyone',
  responses: { 200: { description: 'What this is', content: { 'text/html': { schema: z.string() } } } },
})

export const welcomeRoutes = router().openapi(welcomeRoute, (c) => c.html(PAGE, 200))
