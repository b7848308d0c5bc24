import { createHmac, hash } from 'node:crypto'
import type { Digest } from '../client-sdk/contract/chain.ts'

/** The chain's primitives from node:crypto. */
export const digest: Digest = {
  sha1: (bytes) => hash('sha1', bytes, 'buffer'),
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
}
