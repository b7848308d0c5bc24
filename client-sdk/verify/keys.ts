import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { ProofKey } from '../contract/proof.ts'

/** The thumbprint of an Ed25519 public key (RFC 7638). */
export const thumbprint = (x: string): string => createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')

/** Says whether a signature over these bytes was made with the key of this id; never, for a key that is not listed. */
export type Check = (keyId: string, bytes: Uint8Array, signature: string) => boolean
export function checkWith(keys: readonly ProofKey[]): Check {
  const known = new Map(keys.map(({ kid, x }) => [kid, publicKey(x)]))
  return (keyId, bytes, signature) => {
    const key = known.get(keyId)
    return key ? verify(null, bytes, key, Buffer.from(signature, 'base64url')) : false
  }
}

const P = 2n ** 255n - 19n
const Y8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
/** The y of the points whose order divides 8: for such a key there are signatures over anything, and not every OpenSSL refuses it. */
const SMALL: readonly bigint[] = [0n, 1n, P - 1n, Y8, P - Y8]

/** Null for what is no key: y is not less than p, no point has it, or it is of small order. */
function publicKey(x: string): KeyObject | null {
  const y = BigInt(`0x${Buffer.from(x, 'base64url').reverse().toString('hex')}`) & (2n ** 255n - 1n)
  if (y >= P || SMALL.includes(y)) return null
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    return null
  }
}
