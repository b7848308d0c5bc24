import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'

/** How long an answer waits for somebody who does not read it, in ms. */
const UNREAD = 60_000

/**
 * The server that people reach an app by, which does not listen yet. An answer that nobody reads is kept in memory, and what it reads
 * stays open: once nothing has gone over its connection for so long, that ends. Sockets look after themselves.
 */
export function front(app: { fetch: Parameters<typeof getRequestListener>[0] }, unread = UNREAD): Server {
  const http = createServer(getRequestListener(app.fetch))
  http.setTimeout(unread)
  return http
}
