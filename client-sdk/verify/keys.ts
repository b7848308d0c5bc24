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

/** Null for what is no key. */
function publicKey(x: string): KeyObject | null {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  } catch {
    return null
  }
}
