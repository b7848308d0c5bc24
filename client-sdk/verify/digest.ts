import { createHash, createHmac } from 'node:crypto'
import type { Digest } from '../contract/chain.ts'

/** The chain's primitives from node:crypto, as any Node has them. */
export const digest: Digest = {
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
}
