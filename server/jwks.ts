import { z } from 'zod'

const Jwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
})
/** Public keys as the well-known URLs show them, and as `TOKEN_KEYS_BEFORE` takes them (RFC 7517, RFC 8037). */
export const Jwks = z.object({ keys: z.array(Jwk) })
