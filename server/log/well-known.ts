import { checkpointKeys } from '../../persistence/checkpoints.ts'
import { Jwks } from '../jwks.ts'
import { json, route, router } from '../route.ts'

/** Caches may hold them for five minutes; a new key is published with the start that uses it. */
const CACHED = { 'Cache-Control': 'public, max-age=300' }

const tokenKeysRoute = route({
  id: 'key.listForTokens',
  summary: 'The public keys that access tokens are checked with.',
  method: 'get',
  path: '/.well-known/jwks.json',
  allow: 'anyone',
  responses: { 200: json(Jwks, 'The keys that access tokens are signed with (RFC 7517), the one in use first') },
})

const checkpointKeysRoute = route({
  id: 'key.listForCheckpoints',
  summary: 'The public keys that checkpoints are checked with.',
  method: 'get',
  path: '/.well-known/parley-checkpoint-keys.json',
  allow: 'anyone',
  responses: { 200: json(Jwks, 'Every key that ever signed checkpoints, oldest first') },
})

/** Public keys, where programs look for them. */
export const wellKnownRoutes = router()
  .openapi(tokenKeysRoute, (c) => c.json(c.var.house.tokens.jwks, 200, CACHED))
  .openapi(checkpointKeysRoute, async (c) => c.json({ keys: await checkpointKeys(c.var.house.db.pool) }, 200, CACHED))
